import type { Sometimes } from "../../scenario/schema.js";
import { loadScenario } from "../../scenario/load.js";
import { soak, type Soaked } from "./soak.js";
import { runSimulated } from "./simulated-run.js";

/** What came of a scenario with one seed. */
export interface CheckedRun {
  /** How it failed, the matrix and how to run it again; undefined when it held. */
  readonly problem: string | undefined;
  readonly met: readonly Sometimes[];
}

/** Runs the scenario once, strictly. */
export async function checkScenario(file: string, seed: number): Promise<CheckedRun> {
  const { outcome, judgement } = await runSimulated(loadScenario(file), seed, { strict: true });
  const { verdict, reason, matrix } = outcome;
  const again = `Again: npm run simulate -- --scenario ${file} --seed ${seed} --strict`;
  return { problem: verdict === "true" ? undefined : `${reason}\n${matrix}\n${again}`, met: judgement?.met ?? [] };
}

/** Runs `count` random plans, with the seeds from 1 on, until one fails. */
export function checkPlans({ count, codec }: { count: number; codec: boolean }): Promise<Soaked> {
  return soak({ from: 1, count, codec });
}
