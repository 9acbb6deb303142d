import { ANNOUNCED } from "../../cluster/simulated/announcements.js";
import { describePlan, drawPlan, type Plan } from "../../scenario/random/plan.js";
import { runPlan, type PlanOutcome } from "../../cluster/simulated/run-plan.js";
import { shrink } from "../../scenario/random/shrink.js";
import { viewOf } from "../../cluster/simulated/simulated-cluster.js";
import { neverMet, tally, type Tally } from "../../experiment/sometimes.js";
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
  /** In how many runs happened what is to happen sometimes. */
  readonly sometimes: readonly Tally[];
  /** The first plan that failed, with a report on its shrunk form; undefined when none failed. */
  readonly failure: { readonly seed: number; readonly report: string } | undefined;
}

/** Fewer random plans need not meet everything: two of five meet no suspicion that is denied. */
const FEWEST = 20;

/** The report on the plan that failed, or what never happened in all of many; undefined where all is well. */
export function problemOf({ failure, sometimes }: Soaked): string | undefined {
  return failure?.report ?? neverMet(sometimes, FEWEST);
}

/** Runs random plans, one for each seed, until one fails or `count` have run. Real time is in seconds. */
export async function soak({ from, count, codec }: SoakOptions): Promise<Soaked> {
  const progress = new Progress();
  let bites = 0;
  const runs: Pick<PlanOutcome, "met">[] = [];
  const soaked = (failure: Soaked["failure"]): Soaked => {
    progress.clear();
    const sometimes = tally({ sometimes: [...ANNOUNCED] }, runs);
    return { runs: runs.length, bites, seconds: progress.seconds, sometimes, failure };
  };
  for (let run = 0; run < count; run++) {
    const plan = drawPlan(from + run);
    const outcome = failedIfEmpty(runPlan(plan, { codec }));
    bites += outcome.bites;
    runs.push({ met: outcome.met });
    if (outcome.failure !== undefined)
      return soaked({ seed: plan.seed, report: await failureReport(outcome, { codec }) });
    progress.show(() => `${run + 1} of ${count} plans, ${Math.round((run + 1) / progress.seconds)} a second`);
  }
  return soaked(undefined);
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
