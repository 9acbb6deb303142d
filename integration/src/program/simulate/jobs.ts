import { readFileSync } from "node:fs";
import { SimulatedCluster } from "../../cluster/simulated/simulated-cluster.js";
import { runScenario } from "../../scenario/interpreter.js";
import { parseScenario } from "../../scenario/load.js";
import { ScenarioProblem } from "../../scenario/problem.js";
import { soak, type Soaked } from "./soak.js";

/** Runs the scenario once. Resolves to what did not hold, whole, or to undefined. */
export async function checkScenario(folder: string, file: string, seed: number): Promise<string | undefined> {
  try {
    const scenario = parseScenario(readFileSync(`${folder}/${file}`, "utf8"), file);
    const { verdict, message, matrix } = await runScenario(scenario, seed, (options) => SimulatedCluster.open(options));
    if (verdict === "true") return undefined;
    return `${message}\n${matrix}\nAgain: npm run simulate -- --scenario integration/scenarios/${file} --seed ${seed}`;
  } catch (error) {
    if (error instanceof ScenarioProblem) return error.message;
    throw error;
  }
}

/** Runs so many random plans, until one fails. */
export function checkPlans(count: number, { codec }: { readonly codec: boolean }): Soaked {
  return soak({ from: 1, count, codec });
}
