import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Address } from "gossip-peer";
import type { OpenCluster, ScenarioCluster } from "../../scenario/cluster.js";
import type { Scenario } from "../../scenario/load.js";
import type { NotRun, Together } from "../../report/junit.js";
import type { Repeated } from "../../report/page.js";
import { distributionText, outcomeText, sometimesLines } from "../../report/summary.js";
import { PAGE, writeJunit, writeReport } from "../../report/write.js";
import { distributions, type Distribution } from "../../experiment/distributions.js";
import { runExperiment, worst, type Display, type Outcome, type Platform } from "../../experiment/experiment.js";
import { judge, type Judgement } from "../../experiment/judge.js";
import { neverMet, tally, type Tally } from "../../experiment/sometimes.js";
import { JournalFile } from "../../fault/journal.js";
import { BesideCommand } from "./beside.js";

/** A scenario, and how to run it and report on it. */
export interface Batch {
  readonly scenario: Scenario;
  /** The text of the scenario file. */
  readonly text: string;
  readonly on: Platform;
  readonly open: OpenCluster;
  /** The name of the Compose project; undefined on all other platforms. */
  readonly project?: string | undefined;
  /** The seed of the first run; each later run has the next one. */
  readonly seed: number;
  readonly repeat: number;
  readonly strict?: boolean | undefined;
  /** Whether no further run begins after one whose verdict is not true. */
  readonly failFast?: boolean;
  /** The command that runs beside each experiment. */
  readonly beside?: string | undefined;
  /** The folder for the reports; made if it does not exist. */
  readonly folder: string;
  /** The command line that repeats the run with this seed. */
  readonly commandOf: (seed: number) => string;
  readonly signal: AbortSignal;
  /** Opens the display of one run; it is disposed of when the run has ended. */
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
  /** The reason of the first run with the worst verdict, or what never happened in several runs that all held. */
  readonly reason: string;
  readonly runs: readonly Run[];
  /** How many runs did not begin. */
  readonly left: number;
  readonly distributions: readonly Distribution[];
  /** In how many runs happened what the scenario wants to happen sometimes. */
  readonly sometimes: readonly Tally[];
}

/**
 * Runs a scenario `repeat` times, one after the other, and writes a report of each run and of all together. After the
 * signal is aborted no further run begins; where runs are left, all together are unknown at best.
 */
export async function runBatch(batch: Batch): Promise<BatchOutcome> {
  const { repeat, seed, folder, signal, say } = batch;
  const runs: Run[] = [];
  const goesOn = (): boolean => !signal.aborted && !(batch.failFast === true && worstOf(runs) !== "true");
  for (let round = 0; round < repeat && (round === 0 || goesOn()); round++) {
    const own = repeat === 1 ? folder : join(folder, `run-${round + 1}`);
    const run = await runOnce(batch, seed + round, own);
    say(outcomeText(run.outcome, run.judgement));
    runs.push(run);
  }
  const together = summed(batch, runs);
  const shown = runs.find(({ outcome }) => outcome.verdict === worstOf(runs));
  if (repeat > 1 && shown !== undefined) {
    writeTogether(batch, shown, together);
    say([`\n${distributionText(together.distributions)}`, ...sometimesLines(together.sometimes)].join("\n"));
    if (together.verdict !== shown.outcome.verdict) say(`${together.verdict.toUpperCase()}  ${together.reason}`);
  }
  return together;
}

/**
 * All runs together. Several that hold are unknown where some did not run, and where something never happened that is to
 * happen sometimes.
 */
function summed({ scenario, repeat }: Batch, runs: readonly Run[]): BatchOutcome {
  const judgements = runs.flatMap(({ judgement }) => judgement ?? []);
  const sometimes = tally(scenario, judgements);
  const left = repeat - runs.length;
  const common = { runs, left, distributions: distributions(judgements), sometimes };
  const verdict = worstOf(runs);
  const never = verdict === "true" ? neverMet(sometimes) : undefined;
  if (verdict === "true" && left > 0)
    return { verdict: "unknown", reason: `${left} of ${repeat} did not run`, ...common };
  if (never !== undefined) return { verdict: "unknown", reason: `${scenario.file}: ${never}`, ...common };
  const reason = runs.find(({ outcome }) => outcome.verdict === verdict)?.outcome.reason ?? "nothing was run";
  return { verdict, reason, ...common };
}

function worstOf(runs: readonly Run[]): Outcome["verdict"] {
  return worst(runs.map(({ outcome }) => outcome.verdict));
}

async function runOnce(batch: Batch, seed: number, folder: string): Promise<Run> {
  const { scenario, text, on, open, project, strict, beside, signal, keep } = batch;
  mkdirSync(folder, { recursive: true });
  using journal = new JournalFile(join(folder, "journal.jsonl"));
  const display = batch.display({ scenario, on, seed });
  let outcome: Outcome;
  try {
    const more = {
      ...(keep === undefined ? {} : { keep: afterClosing(keep, display) }),
      ...(beside === undefined ? {} : { beside: (peers: readonly Address[]) => new BesideCommand(beside, peers) }),
    };
    outcome = await runExperiment({ scenario, seed, on, open, project, strict, journal, signal, display, ...more });
  } finally {
    display[Symbol.dispose]?.();
  }
  const judgement = outcome.record === undefined ? undefined : judge(outcome.record);
  if (journal.problem !== undefined) batch.say(`the journal is not whole: ${journal.problem}`);
  orSay(batch.say, () => {
    writeReport(folder, outcome, judgement, { text, command: batch.commandOf(seed), at: new Date() });
  });
  return { outcome, judgement, folder };
}

/** Writes what is no part of the verdict: where that fails, as on a full disk, the verdict is told all the same. */
export function orSay(say: (text: string) => void, write: () => void): void {
  try {
    write();
  } catch (error) {
    say(`the report was not written, or not all of it: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Closes the display before `keep`, which prints where the peers are: a picture would overwrite that. */
function afterClosing(keep: NonNullable<Batch["keep"]>, display: Partial<Disposable>): NonNullable<Batch["keep"]> {
  return (cluster) => {
    display[Symbol.dispose]?.();
    return keep(cluster);
  };
}

/** What JUnit shows of all runs together; nothing for a single run. */
export function togetherOf({ runs, sometimes }: BatchOutcome): Together[] {
  const [first] = runs;
  return first === undefined || runs.length === 1 ? [] : [{ ...first.outcome, sometimes }];
}

/** What JUnit shows of runs that did not begin; nothing where there are none. */
export function leftOf({ scenario, on }: Pick<Batch, "scenario" | "on">, count: number, reason: string): NotRun[] {
  return count === 0 ? [] : [{ scenario, on, count, reason }];
}

/** Writes the report of all runs. Its page shows the first run with the worst verdict, the one most worth reading. */
function writeTogether(batch: Batch, shown: Run, together: BatchOutcome): void {
  const { runs, distributions: all, sometimes } = together;
  const repeated: Repeated = {
    distributions: all,
    sometimes,
    runs: runs.map(({ outcome, folder }) => ({ outcome, href: `${basename(folder)}/${PAGE}` })),
  };
  const command = `${batch.commandOf(batch.seed)} --repeat ${batch.repeat}`;
  orSay(batch.say, () => {
    writeReport(batch.folder, shown.outcome, shown.judgement, { text: batch.text, command, at: new Date(), repeated });
    writeJunit(
      batch.folder,
      runs.map(({ outcome }) => outcome),
      togetherOf(together),
      leftOf(batch, together.left, together.reason),
    );
  });
}
