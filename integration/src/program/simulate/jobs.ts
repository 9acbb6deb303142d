import { SimulatedCluster } from "../../cluster/simulated/simulated-cluster.js";
import { runScenario } from "../../scenario/interpreter.js";
import { loadScenario } from "../../scenario/load.js";
import { ScenarioProblem } from "../../scenario/problem.js";
import { soak, type Soaked } from "./soak.js";

/**
 * Runs the scenario once. Resolves to undefined when it held, else to the failure, the matrix and how to run it again.
 */
export async function checkScenario(file: string, seed: number): Promise<string | undefined> {
  try {
    const { verdict, message, matrix } = await runScenario(loadScenario(file), seed, (options) =>
      SimulatedCluster.open(options),
    );
    if (verdict === "true") return undefined;
    return `${message}\n${matrix}\nAgain: npm run simulate -- --scenario ${file} --seed ${seed}`;
  } catch (error) {
    if (error instanceof ScenarioProblem) return error.message;
    throw error;
  }
}

/** Runs `count` random plans, with the seeds from 1 on, until one fails. */
export function checkPlans({ count, codec }: { count: number; codec: boolean }): Promise<Soaked> {
  return soak({ from: 1, count, codec });
}
