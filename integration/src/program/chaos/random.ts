import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { SimulatedCluster } from "../../cluster/simulated/simulated-cluster.js";
import type { Platform } from "../../experiment/experiment.js";
import type { FaultKind } from "../../fault/fault.js";
import { rowOf } from "../../fault/kinds.js";
import { runScenario } from "../../scenario/interpreter.js";
import { parseScenario, type Scenario } from "../../scenario/load.js";
import { ScenarioProblem } from "../../scenario/problem.js";
import { drawFeasible } from "../../scenario/random/feasible.js";
import { ALL_LOTS, type Lot } from "../../scenario/random/lots.js";
import { describePlan, type Plan } from "../../scenario/random/plan.js";
import { scenarioText } from "../../scenario/random/plan-scenario.js";
import { shrink } from "../../scenario/random/shrink.js";

/** The name of the file with the plan, in the folder of a report, and of that with what is left of it. */
const PLAN = "scenario.yaml";
const SHRUNK = "shrunk.yaml";
/** How many scenarios are run in the simulator to cut one down: each takes a tenth of a second or so. */
const MOST_TRIES = 200;

/** The words by which `--faults` chooses what is drawn. */
export const DRAWN_WORDS = [...new Set(ALL_LOTS.map(({ word }) => word))];
/** What ends others is drawn whatever is asked for: it has an effect only where there is something to end. */
const ENDING = new Set(["start", "resume", "heal"]);

/** A random experiment: its plan, the same as a scenario, and what it was drawn from. */
export interface RandomExperiment {
  readonly plan: Plan;
  readonly text: string;
  readonly scenario: Scenario;
  readonly choice: Choice;
}

export interface RandomOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly peers?: number | undefined;
  readonly on: Platform;
  readonly choice: Choice;
  /** The command line that runs the same again. */
  readonly command: string;
}

/** The lots of these words, with those that end what the others do, and the reason for each word that is left out. */
export interface Choice {
  readonly lots: readonly Lot[];
  readonly leftOut: ReadonlyMap<string, string>;
}

/** Chooses what is drawn. `lacks` are the kinds that the platform cannot have, each with the reason. */
export function lotsFor(words: readonly string[], lacks: ReadonlyMap<FaultKind, string>): Choice {
  const wanted = ALL_LOTS.filter(({ word }) => words.includes(word) || ENDING.has(word));
  const leftOut = new Map<string, string>();
  const lots = wanted.filter(({ kind, word }) => {
    const why = rowOf(kind).noStep ?? lacks.get(kind);
    if (why !== undefined) leftOut.set(word, why);
    return why === undefined;
  });
  return { lots, leftOut };
}

/** Draws an experiment. Throws a ScenarioProblem where the lots have nothing that breaks anything. */
export function drawExperiment(options: RandomOptions): RandomExperiment {
  const { seed, minutes, peers, on, choice, command } = options;
  // In a project a peer that starts may get the address of another that is down.
  const mostDown = on === "compose" ? 1 : undefined;
  const plan = drawFeasible({ seed, peers, durationMs: minutes * 60_000, lots: choice.lots, mostDown });
  if (plan.events.length === 0)
    throw new ScenarioProblem("nothing that is drawn breaks anything here: choose other --faults, or more peers");
  const text = scenarioText(plan, [`Drawn by: ${command}`]);
  return { plan, text, scenario: parseScenario(text, PLAN), choice };
}

/** Writes the plan into the folder, which is made if needed. Returns the scenario under the name of its file. */
export function writePlan(folder: string, { text, scenario }: RandomExperiment): Scenario {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, PLAN);
  writeFileSync(file, text, { flag: "wx" });
  return { ...scenario, file };
}

/** The plan as text for people, and where it is written. */
export function planText({ plan, choice }: RandomExperiment, file: string): string {
  const reasons = [...choice.leftOut].map(([word, why]) => `left out: ${word}: ${why}`);
  return [describePlan(plan), ...reasons, `scenario: ${file}`, ""].join("\n");
}

/**
 * Runs the plan in the simulator, and says what came of it. Where it fails there as well it is cut down, and what is
 * left is written into the folder. Does nothing once the signal is aborted.
 */
export async function simulateAgain(
  { plan, text }: RandomExperiment,
  folder: string,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<void> {
  const isOver = (): boolean => signal.aborted;
  if (isOver()) return;
  if ((await failureOf(text, plan.seed)) === undefined) {
    say("\nIn the simulator the same plan holds: look at the machine, the engine and the logs.");
    return;
  }
  say("\nIn the simulator the same plan fails, too. It is cut down …");
  const smallest = await shrink(
    plan,
    async (smaller) => {
      await turn(); // gives Ctrl-C a turn of the event loop
      return !isOver() && (await failureOf(scenarioText(smaller, []), plan.seed)) !== undefined;
    },
    MOST_TRIES,
  );
  const file = join(folder, SHRUNK);
  const small = scenarioText(smallest, [`Cut down from ${PLAN}.`]);
  writeFileSync(file, small);
  const failure = (await failureOf(small, plan.seed)) ?? "";
  const again = `Again: npm run simulate -- --scenario ${file} --seed ${plan.seed}`;
  say(["It still fails:", failure, describePlan(smallest), again].join("\n"));
}

/** How a scenario fails in the simulator; undefined where it holds, or cannot be carried out. */
async function failureOf(text: string, seed: number): Promise<string | undefined> {
  try {
    const { verdict, message } = await runScenario(parseScenario(text, SHRUNK), seed, (options) =>
      SimulatedCluster.open(options),
    );
    return verdict === "false" ? message : undefined;
  } catch (error) {
    if (error instanceof ScenarioProblem) return undefined;
    throw error;
  }
}
