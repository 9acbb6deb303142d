import { SimulatedCluster } from "../../cluster/simulated/simulated-cluster.js";
import { runExperiment, type Outcome } from "../../experiment/experiment.js";
import { judge, type Judgement } from "../../experiment/judge.js";
import type { Scenario } from "../../scenario/load.js";

/** A run of a scenario in virtual time, and how it is judged; undefined where it could not begin. */
export interface SimulatedRun {
  readonly outcome: Outcome;
  readonly judgement: Judgement | undefined;
}

/** Runs an experiment on a simulated cluster, of which nothing is written. */
export async function runSimulated(scenario: Scenario, seed: number, { strict = false } = {}): Promise<SimulatedRun> {
  const outcome = await runExperiment({
    scenario,
    seed,
    on: "simulator",
    open: (options) => SimulatedCluster.open(options),
    strict,
    journal: { write: () => undefined },
    signal: new AbortController().signal,
  });
  return { outcome, judgement: outcome.record && judge(outcome.record) };
}
