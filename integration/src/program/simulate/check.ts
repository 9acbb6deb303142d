import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { Worker } from "jest-worker";
import { neverMet, tally, tallyText } from "../../experiment/sometimes.js";
import { loadScenario, type Scenario } from "../../scenario/load.js";
import { scenarioFiles } from "../scenario-files.js";
import type { CheckedRun } from "./jobs.js";
import { Progress } from "./progress.js";
import { problemOf as soakProblem, type Soaked } from "./soak.js";

export interface CheckOptions {
  /** The files of the scenarios; all of the project where there are none. */
  readonly files: readonly string[];
  /** How many seeds each scenario runs with. */
  readonly seeds: number;
  /** How many random plans run. */
  readonly plans: number;
  /** The number of those plans in which every message goes through the codec and protobuf. */
  readonly codecPlans: number;
}

/** The functions of jobs.ts, which run in worker processes. */
interface Jobs {
  checkScenario(file: string, seed: number): Promise<CheckedRun>;
  checkPlans(options: { count: number; codec: boolean }): Promise<Soaked>;
}

/** A scenario or a set of plans that was checked, and the first problem found; undefined when there is none. */
interface Checked {
  readonly what: string;
  readonly problem: string | undefined;
}

/**
 * Runs every scenario with each seed, and random plans, in one worker process for each processor. Prints PASS or FAIL
 * for each scenario and each set of plans as it ends, and resolves to how many passed and failed. Throws a
 * ScenarioProblem when a file is none.
 */
export async function check(options: CheckOptions): Promise<{ passed: number; failed: number }> {
  const { files, seeds, plans, codecPlans } = options;
  const scenarios = files.length > 0 ? files.map(loadScenario) : allScenarios();
  const worker = new Worker(new URL("jobs.js", import.meta.url), {
    exposedMethods: ["checkScenario", "checkPlans"],
    numWorkers: availableParallelism(),
  }) as Worker & Jobs;
  const totals = { passed: 0, failed: 0 };
  const progress = new Progress();
  try {
    const all = [
      ...scenarios.map((scenario) => withEachSeed(worker, scenario, seeds)),
      ...(plans > codecPlans ? [ofPlans(worker, { count: plans - codecPlans, codec: false })] : []),
      ...(codecPlans > 0 ? [ofPlans(worker, { count: codecPlans, codec: true })] : []),
    ];
    await Promise.all(
      all.map(async (each) => {
        const { what, problem } = await each;
        progress.clear();
        totals[problem === undefined ? "passed" : "failed"]++;
        process.stdout.write(`${problem === undefined ? "PASS" : "FAIL"} ${what}\n${problem ? `${problem}\n` : ""}`);
        const done = totals.passed + totals.failed;
        if (done < all.length) progress.show(() => `${done} of ${all.length}`);
      }),
    );
  } finally {
    await worker.end();
  }
  return totals;
}

async function withEachSeed(jobs: Jobs, scenario: Scenario, seeds: number): Promise<Checked> {
  const { title, file } = scenario;
  const runs = await Promise.all(Array.from({ length: seeds }, (_, at) => jobs.checkScenario(file, at + 1)));
  const tallies = tally(scenario, runs);
  const missing = seeds > 1 ? [] : tallies.filter(({ met }) => met === 0).map((each) => `; ${tallyText(each)}`);
  return {
    what: `${title}, ${seeds} seeds (${basename(file)})${missing.join("")}`,
    problem: runs.find(({ problem }) => problem !== undefined)?.problem ?? neverMet(tallies),
  };
}

async function ofPlans(jobs: Jobs, { count, codec }: { count: number; codec: boolean }): Promise<Checked> {
  const soaked = await jobs.checkPlans({ count, codec });
  const { bites, seconds } = soaked;
  const how = codec ? ", every message through the codec" : "";
  return {
    what: `${count} random plans${how}: ${bites} faults bit, ${seconds.toFixed(1)} s`,
    problem: soakProblem(soaked),
  };
}

/** All scenarios of the project that may run on the simulator. */
function allScenarios(): Scenario[] {
  const scenarios = scenarioFiles().map(loadScenario);
  return scenarios.filter(({ on }) => on === undefined || "simulator" in on);
}
