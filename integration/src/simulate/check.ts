import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { SimulatedCluster } from "../cluster/simulated-cluster.js";
import { runScenario } from "../scenario/interpreter.js";
import { parseScenario, type Scenario } from "../scenario/load.js";
import { ScenarioProblem } from "../scenario/problem.js";
import { Progress } from "./progress.js";
import { soak } from "./soak.js";

const FOLDER = new URL("../../scenarios/", import.meta.url);

export interface CheckOptions {
  /** With how many seeds each scenario runs. */
  readonly seeds: number;
  readonly plans: number;
  /** How many of the plans have every message go through the codec and protobuf. */
  readonly codecPlans: number;
}

/** Runs every scenario with each seed, and random plans; says of each whether it passed. */
export async function check({ seeds, plans, codecPlans }: CheckOptions): Promise<{ passed: number; failed: number }> {
  const totals = { passed: 0, failed: 0 };
  const say = (what: string, problem: string | undefined): void => {
    totals[problem === undefined ? "passed" : "failed"]++;
    process.stdout.write(`${problem === undefined ? "PASS" : "FAIL"} ${what}\n${problem ? `${problem}\n` : ""}`);
  };
  for (const scenario of allScenarios()) {
    say(`${scenario.title}, ${seeds} seeds (${scenario.file})`, await failureOf(scenario, seeds));
  }
  for (const { count, codec } of [
    { count: plans - codecPlans, codec: false },
    { count: codecPlans, codec: true },
  ]) {
    const { bites, seconds, failure } = soak({ from: 1, count, codec });
    const how = codec ? ", every message through the codec" : "";
    say(`${count} random plans${how}: ${bites} faults bit, ${seconds.toFixed(1)} s`, failure?.report);
  }
  return totals;
}

/** All that are meant for the simulator. */
function allScenarios(): Scenario[] {
  const files = readdirSync(fileURLToPath(FOLDER)).filter((file) => file.endsWith(".yaml"));
  const scenarios = files.sort().map((file) => parseScenario(readFileSync(new URL(file, FOLDER), "utf8"), file));
  return scenarios.filter(({ on }) => on === undefined || "simulator" in on);
}

/** The first failure, whole. */
async function failureOf(scenario: Scenario, seeds: number): Promise<string | undefined> {
  const progress = new Progress();
  try {
    for (let seed = 1; seed <= seeds; seed++) {
      progress.show(() => `${scenario.file}: seed ${seed} of ${seeds}`);
      const { verdict, message, matrix } = await runScenario(scenario, seed, (options) =>
        SimulatedCluster.open(options),
      );
      if (verdict !== "true") return `${message}\n${matrix}\nAgain: ${replay(scenario, seed)}`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof ScenarioProblem) return error.message;
    throw error;
  } finally {
    progress.clear();
  }
}

function replay({ file }: Scenario, seed: number): string {
  return `npm run simulate -- --scenario integration/scenarios/${file} --seed ${seed}`;
}
