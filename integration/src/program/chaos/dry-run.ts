import { PaperCluster } from "../../cluster/paper/paper-cluster.js";
import { DEFAULT_PROJECT } from "../../cluster/compose/default-project.js";
import { onlyElsewhere, worst, type Outcome } from "../../experiment/experiment.js";
import { steadyBefore, stepText, withSteadyState } from "../../experiment/steady.js";
import type { Chosen, Occasion } from "../../scenario/cluster.js";
import { optionsOf, runOn } from "../../scenario/interpreter.js";
import type { Scenario } from "../../scenario/load.js";
import type { StepListener } from "../../scenario/sequence.js";
import { said, titleOf } from "./display.js";
import { sayer, type Options } from "./options.js";
import { orMisused, type Planned } from "./planned.js";
import { peersThere, placeOf } from "./platforms.js";
import { planText } from "./random.js";

/** A step that would be carried out, and whom its words would stand for. */
interface Step extends Occasion {
  readonly chosen: readonly Chosen[];
}

/** What one run would do, as far as it can be told without any peer. */
interface DryRun {
  readonly scenario: string;
  readonly on: Planned["on"];
  readonly peers: number;
  readonly seed: number;
  readonly steps: readonly Step[];
  /** Unknown where it could not be carried out, with the reason. */
  readonly verdict: Outcome["verdict"];
  readonly reason: string;
}

/**
 * Prints what everything planned would do, and to whom. No cluster is made. Resolves to the worst verdict: unknown where
 * something could not be carried out, else true. Rejects with a ScenarioProblem where a scenario is wrong by itself.
 */
export async function dryRun(planned: readonly Planned[], options: Options): Promise<Outcome["verdict"]> {
  const say = sayer(options);
  const runs: DryRun[] = [];
  for (const each of planned) {
    const { scenario: written, on, seed, repeat, random, file } = each;
    if (random !== undefined) say(planText(random, `${file}, which is not written`));
    const peers = (await orMisused(peersThere(on, options.project ?? DEFAULT_PROJECT))) ?? written.peers;
    const scenario = { ...written, peers };
    for (let round = 0; round < repeat; round++) {
      const run = await onPaper(scenario, on, seed + round);
      runs.push(run);
      say(`${titleOf({ scenario, on, seed: run.seed })}: would`);
      for (const step of run.steps) say(`   ${said(step)}`);
      if (run.verdict !== "true") say(`   ${run.reason}`);
    }
  }
  if (options.json === true) process.stdout.write(`${JSON.stringify(runs, undefined, 2)}\n`);
  return worst(runs.map(({ verdict }) => verdict));
}

export async function onPaper(scenario: Scenario, on: Planned["on"], seed: number): Promise<DryRun> {
  const common = { scenario: scenario.file, on, peers: scenario.peers, seed };
  const elsewhere = onlyElsewhere(scenario, on);
  if (elsewhere !== undefined) return { ...common, steps: [], verdict: "unknown", reason: elsewhere };
  const steps = new Steps(scenario);
  const cluster = new PaperCluster(optionsOf(scenario, seed), placeOf(on));
  const { verdict, message } = await runOn(cluster, withSteadyState(scenario), seed, steps);
  return { ...common, steps: steps.all, verdict, reason: message };
}

/** Collects the steps of a run, in the order in which they began. */
class Steps implements StepListener {
  readonly #scenario: Scenario;
  readonly all: { what: string; line: number | undefined; chosen: readonly Chosen[] }[] = [];

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
  }

  begins(step: Parameters<StepListener["begins"]>[0], line: number): Occasion {
    const isOfFile = step === this.#scenario.steps[0] || step !== steadyBefore(this.#scenario);
    const begun = { what: stepText(step), line: isOfFile ? line : undefined, chosen: [] };
    this.all.push(begun);
    return begun;
  }

  chose(step: { chosen: readonly Chosen[] } & Occasion, chosen: readonly Chosen[]): void {
    step.chosen = chosen;
  }

  ends(): void {}

  fails(): void {}
}
