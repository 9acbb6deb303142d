import { describePlan, drawPlan, type Plan } from "../../scenario/random/plan.js";
import { runPlan, type PlanOutcome } from "../../cluster/simulated/run-plan.js";
import { shrink } from "../../scenario/random/shrink.js";
import { viewOf } from "../../cluster/simulated/simulated-cluster.js";
import { LEGEND, matrix } from "../../view/matrix.js";
import { Progress } from "./progress.js";

export interface SoakOptions {
  /** The first seed. */
  readonly from: number;
  readonly count: number;
  /** Whether every message goes through the codec and protobuf. */
  readonly codec: boolean;
}

type Coded = Pick<SoakOptions, "codec">;

export interface Soaked {
  readonly runs: number;
  /** How many faults had an effect, over all runs. */
  readonly bites: number;
  readonly seconds: number;
  /** The first plan that failed, with a report on its shrunk form; undefined when none failed. */
  readonly failure: { readonly seed: number; readonly report: string } | undefined;
}

/** Runs random plans, one for each seed, until one fails or `count` have run. Real time is in seconds. */
export async function soak({ from, count, codec }: SoakOptions): Promise<Soaked> {
  const progress = new Progress();
  let bites = 0;
  for (let run = 0; run < count; run++) {
    const plan = drawPlan(from + run);
    const outcome = failedIfEmpty(runPlan(plan, { codec }));
    bites += outcome.bites;
    if (outcome.failure !== undefined) {
      progress.clear();
      return {
        runs: run + 1,
        bites,
        seconds: progress.seconds,
        failure: { seed: plan.seed, report: await failureReport(outcome, { codec }) },
      };
    }
    progress.show(() => `${run + 1} of ${count} plans, ${Math.round((run + 1) / progress.seconds)} a second`);
  }
  progress.clear();
  return { runs: count, bites, seconds: progress.seconds, failure: undefined };
}

/** Makes a run a failure in which no fault had any effect, since it proves nothing. */
function failedIfEmpty(outcome: PlanOutcome): PlanOutcome {
  const isEmpty = outcome.failure === undefined && outcome.bites === 0 && outcome.plan.events.length > 0;
  return isEmpty ? { ...outcome, failure: "none of the faults had any effect: the run proves nothing" } : outcome;
}

async function failureReport({ plan, failure, peers, lastEvents }: PlanOutcome, { codec }: Coded): Promise<string> {
  const smallest = await shrink(plan, (smaller) => runPlan(smaller, { codec }).failure !== undefined);
  const again = runPlan(smallest, { codec });
  const isSmaller = smallest.events.length < plan.events.length;
  return [
    `FAIL ${failure ?? ""}`,
    "",
    describePlan(plan),
    ...(isSmaller ? ["", "Cut down, it still fails:", again.failure ?? "", describePlan(smallest)] : []),
    "",
    `Who saw whom at the end (${LEGEND}):`,
    ...matrix((isSmaller ? again.peers : peers).map(viewOf)),
    "",
    "What happened last:",
    ...(isSmaller ? again.lastEvents : lastEvents),
    "",
    `Again: ${replay(plan, { codec })}`,
  ].join("\n");
}

function replay({ seed }: Plan, { codec }: Coded): string {
  return `npm run soak -- --from ${seed} --count 1${codec ? " --codec" : ""}`;
}
