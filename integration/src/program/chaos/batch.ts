import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { OpenCluster, ScenarioCluster } from "../../scenario/cluster.js";
import type { Scenario } from "../../scenario/load.js";
import type { Repeated } from "../../report/page.js";
import { distributionText, outcomeText } from "../../report/summary.js";
import { PAGE, writeJunit, writeReport } from "../../report/write.js";
import { distributions, type Distribution } from "../../experiment/distributions.js";
import { runExperiment, worst, type Display, type Outcome, type Platform } from "../../experiment/experiment.js";
import { judge, type Judgement } from "../../experiment/judge.js";
import { JournalFile } from "../../fault/journal.js";

/** A scenario and how it is to be run. */
export interface Batch {
  readonly scenario: Scenario;
  /** The file as it is. */
  readonly text: string;
  readonly on: Platform;
  readonly open: OpenCluster;
  /** The Compose project, where it runs on one. */
  readonly project?: string | undefined;
  /** Of the first run; each that follows has the next. */
  readonly seed: number;
  readonly repeat: number;
  /** Where the reports go. */
  readonly folder: string;
  /** The command line that repeats the run with this seed. */
  readonly commandOf: (seed: number) => string;
  readonly signal: AbortSignal;
  /** Where a run is shown for as long as it goes on. */
  readonly display: (title: Pick<Outcome, "scenario" | "on" | "seed">) => Display & Partial<Disposable>;
  readonly keep?: ((cluster: ScenarioCluster) => Promise<void>) | undefined;
  readonly say: (text: string) => void;
}

export interface Run {
  readonly outcome: Outcome;
  readonly judgement: Judgement | undefined;
  readonly folder: string;
}

export interface BatchOutcome {
  readonly verdict: Outcome["verdict"];
  /** Of the first run with the worst verdict. */
  readonly reason: string;
  readonly runs: readonly Run[];
  readonly distributions: readonly Distribution[];
}

/**
 * Runs a scenario as often as asked for, one after the other, and writes what came of it; ends early when it is told
 * to.
 */
export async function runBatch(batch: Batch): Promise<BatchOutcome> {
  const { repeat, seed, folder, signal, say } = batch;
  const runs: Run[] = [];
  for (let round = 0; round < repeat && (round === 0 || !signal.aborted); round++) {
    const own = repeat === 1 ? folder : join(folder, `run-${round + 1}`);
    const run = await runOnce(batch, seed + round, own);
    say(outcomeText(run.outcome, run.judgement));
    runs.push(run);
  }
  const all = distributions(runs.flatMap(({ judgement }) => judgement ?? []));
  const verdict = worst(runs.map(({ outcome }) => outcome.verdict));
  const shown = runs.find(({ outcome }) => outcome.verdict === verdict);
  if (repeat > 1 && shown !== undefined) {
    writeTogether(batch, runs, shown, all);
    say(`\n${distributionText(all)}`);
  }
  return { verdict, reason: shown?.outcome.reason ?? "nothing was run", runs, distributions: all };
}

async function runOnce(batch: Batch, seed: number, folder: string): Promise<Run> {
  const { scenario, text, on, open, project, signal, keep } = batch;
  mkdirSync(folder, { recursive: true });
  using journal = new JournalFile(join(folder, "journal.jsonl"));
  const display = batch.display({ scenario, on, seed });
  let outcome: Outcome;
  try {
    const kept = keep === undefined ? {} : { keep: withScreenBack(keep, display) };
    outcome = await runExperiment({ scenario, seed, on, open, project, journal, signal, display, ...kept });
  } finally {
    display[Symbol.dispose]?.();
  }
  const judgement = outcome.record === undefined ? undefined : judge(outcome.record);
  writeReport(folder, outcome, judgement, { text, command: batch.commandOf(seed), at: new Date() });
  return { outcome, judgement, folder };
}

/** `keep` with the display ended first: it has something to say, and no picture may be over it. */
function withScreenBack(keep: NonNullable<Batch["keep"]>, display: Partial<Disposable>): NonNullable<Batch["keep"]> {
  return (cluster) => {
    display[Symbol.dispose]?.();
    return keep(cluster);
  };
}

/** The page of all runs shows the first of the worst, since that is the one to look at. */
function writeTogether(batch: Batch, runs: readonly Run[], shown: Run, all: readonly Distribution[]): void {
  const repeated: Repeated = {
    distributions: all,
    runs: runs.map(({ outcome, folder }) => ({ outcome, href: `${basename(folder)}/${PAGE}` })),
  };
  const command = `${batch.commandOf(batch.seed)} --repeat ${batch.repeat}`;
  writeReport(batch.folder, shown.outcome, shown.judgement, { text: batch.text, command, at: new Date(), repeated });
  writeJunit(
    batch.folder,
    runs.map(({ outcome }) => outcome),
  );
}
