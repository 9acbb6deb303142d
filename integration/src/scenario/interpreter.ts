import { Violation } from "gossip-peer/simulator";
import { durationMs } from "../fault/quantities.js";
import { Unsupported } from "../fault/unsupported.js";
import { matrix } from "../view/matrix.js";
import type { OpenCluster, ScenarioCluster, ScenarioClusterOptions } from "./cluster.js";
import { checkOf, type Check } from "./expectations.js";
import { FaultApplier } from "./fault-applier.js";
import type { Scenario } from "./load.js";
import { ScenarioProblem } from "./problem.js";
import { isBudget, type ExpectStep, type Step, type StepOf } from "./schema.js";
import { select } from "./selectors.js";
import { areNames, numbers, seedsOf, Stage } from "./stage.js";

export interface Verdict {
  /** "unknown": a fault could not be had here, so that nothing was proved. */
  readonly verdict: "true" | "false" | "unknown";
  readonly seed: number;
  /** The step that failed, or that could not be carried out. */
  readonly failedStep?: { readonly file: string; readonly line: number };
  /** The title when the verdict is true; else what was expected, within which budget, and what was found instead. */
  readonly message: string;
  /** The matrix of who sees whom at the end. */
  readonly matrix: string;
  /** How long the run took, in ms of the cluster's time. */
  readonly tookMs: number;
}

/**
 * A listener to the progress of a run. It hears of the steps inside a repetition each time, and not of the repetition
 * itself.
 */
export interface StepListener {
  /**
   * The step begins. `limitMs` is how long it may take or has to last, in ms of the cluster's time; undefined for a
   * step that is done at once.
   */
  begins(step: Step, line: number, limitMs: number | undefined): void;
  /** The step has succeeded. */
  ends(step: Step): void;
  /** The step was not met, could not be carried out, or was interrupted. No other step begins after that. */
  fails(step: Step): void;
}

/** An expectation that was not met. */
class Unmet extends Error {}

/** Runs a scenario, as `runOn` does, on a cluster that is opened for it and closed again. */
export async function runScenario(scenario: Scenario, seed: number, open: OpenCluster): Promise<Verdict> {
  try {
    return await runOnItsOwn(scenario, seed, open);
  } catch (error) {
    // The cluster that the scenario asks for cannot be had.
    if (!(error instanceof Unsupported)) throw error;
    const [{ file }, line] = [scenario, 1];
    const message = `${file}:${line}: seed ${seed}: ${error.message}`;
    return { verdict: "unknown", seed, failedStep: { file, line }, message, matrix: "", tookMs: 0 };
  }
}

async function runOnItsOwn(scenario: Scenario, seed: number, open: OpenCluster): Promise<Verdict> {
  await using cluster = await open(optionsOf(scenario, seed));
  return await runOn(cluster, scenario, seed);
}

/**
 * Runs the steps of a scenario on a cluster that is there already and stays. Rejects with a ScenarioProblem when the
 * scenario is wrong by itself, as when a selector stands for nobody or a fault has no effect.
 */
export async function runOn(
  cluster: ScenarioCluster,
  scenario: Scenario,
  seed: number,
  listener?: StepListener,
): Promise<Verdict> {
  const run = new Run(scenario, new Stage(cluster, scenario, seed), listener);
  const begunMs = cluster.nowMs;
  const problem = await run.problem();
  const common = { seed, matrix: matrix(await cluster.views()).join("\n"), tookMs: cluster.nowMs - begunMs };
  if (problem === undefined) return { verdict: "true", message: scenario.title, ...common };
  const { verdict, line, what } = problem;
  const { file } = scenario;
  return { verdict, failedStep: { file, line }, message: `${file}:${line}: seed ${seed}: ${what}`, ...common };
}

/** The options of the cluster that a scenario asks for. Throws a ScenarioProblem when nobody is to be started. */
export function optionsOf(scenario: Scenario, seed: number): ScenarioClusterOptions {
  const { peers, start, timing = {}, network = {} } = scenario;
  const all = numbers(peers);
  const isGiven = ([, value]: [string, unknown]): boolean => value !== undefined;
  const started = start === undefined ? all : startedBy(scenario, start, all);
  return {
    seed,
    peers,
    started,
    seedsOf: seedsOf(scenario),
    seedsByName: areNames(scenario),
    needsTls: hasStep(scenario.steps, isOfTls),
    needsClocks: hasStep(scenario.steps, (step) => "clock" in step),
    timing: Object.fromEntries(Object.entries(timing).filter(isGiven)),
    network: Object.fromEntries(Object.entries(network).filter(isGiven)),
  };
}

/** Whether one of the steps is so, or one within them. */
function hasStep(steps: readonly Step[], isSo: (step: Step) => boolean): boolean {
  return steps.some((step) => isSo(step) || ("steps" in step && hasStep(step.steps, isSo)));
}

function isOfTls(step: Step): boolean {
  return "certificate" in step || "ca" in step || "stranger" in step || ("start" in step && step.tls !== undefined);
}

/**
 * The peers that start at the beginning. A selector that draws at random finds nobody, so that the seed does not decide
 * who starts.
 */
function startedBy({ file }: Scenario, start: NonNullable<Scenario["start"]>, all: readonly number[]): number[] {
  try {
    return select(start, { all, running: [], labels: new Map(), chance: { next: () => 0 } });
  } catch (error) {
    throw placed(error, `${file}: "start"`);
  }
}

/** A run of a scenario. */
class Run {
  readonly #scenario: Scenario;
  readonly #stage: Stage;
  readonly #faults: FaultApplier;
  readonly #listener: StepListener | undefined;
  #step: Step | undefined;

  constructor(scenario: Scenario, stage: Stage, listener: StepListener | undefined) {
    this.#scenario = scenario;
    this.#stage = stage;
    this.#listener = listener;
    this.#faults = new FaultApplier(stage);
  }

  /**
   * Runs all steps. Resolves to the first problem: what was found to be false, or could not be done, and at which line.
   */
  async problem(): Promise<{ verdict: "false" | "unknown"; line: number; what: string } | undefined> {
    try {
      await this.#all(this.#scenario.steps);
      await this.#faults.ended();
      await this.#faults.expectBites();
      return undefined;
    } catch (error) {
      const line = this.#step === undefined ? 1 : this.#scenario.lineOf(this.#step);
      if (error instanceof Unmet || error instanceof Violation) return { verdict: "false", line, what: error.message };
      if (error instanceof Unsupported) return { verdict: "unknown", line, what: error.message };
      throw placed(error, `${this.#scenario.file}:${line}`);
    } finally {
      await this.#faults.end();
    }
  }

  async #all(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      this.#step = step;
      if ("steps" in step) await this.#those(step);
      else {
        this.#listener?.begins(step, this.#scenario.lineOf(step), this.#limitMs(step));
        await this.#one(step).catch((error: unknown) => {
          this.#listener?.fails(step);
          throw error;
        });
        this.#listener?.ends(step);
      }
    }
  }

  async #those(step: StepOf<"repeat" | "each">): Promise<void> {
    if ("repeat" in step) for (let round = 0; round < step.repeat; round++) await this.#all(step.steps);
    else {
      for (const number of this.#stage.select(step.each)) {
        this.#stage.label(step.as, [number]);
        await this.#all(step.steps);
      }
    }
  }

  async #one(step: Exclude<Step, StepOf<"repeat" | "each">>): Promise<void> {
    const stage = this.#stage;
    if ("expect" in step) await this.#expect(step);
    else if ("wait" in step) await stage.cluster.pass(this.#someMs(step.wait));
    else if ("pick" in step) stage.label(step.as, stage.select(step.pick));
    else await this.#faults.apply(step);
  }

  #limitMs(step: Step): number | undefined {
    const { timing } = this.#stage.cluster;
    if ("wait" in step) return durationMs(step.wait, timing);
    if ("starve" in step && step.goesOn !== true) return durationMs(step.for, timing);
    if (!("expect" in step)) return undefined;
    if (step.for !== undefined) return durationMs(step.for, timing);
    return step.within === undefined ? 0 : this.#budgetMs(step.within);
  }

  async #expect(step: ExpectStep): Promise<void> {
    const { cluster, sides, groups } = this.#stage;
    const select = this.#stage.select.bind(this.#stage);
    const check = checkOf(step.expect, { select, sides, groups, history: cluster.history });
    const expected = typeof step.expect === "string" ? step.expect : JSON.stringify(step.expect);
    if (step.for !== undefined) await this.#throughout(check, expected, step.for);
    else await this.#within(check, expected, step.within);
  }

  async #throughout(check: Check, expected: string, duration: string): Promise<void> {
    const { cluster } = this.#stage;
    const begunMs = cluster.nowMs;
    let found: string | undefined;
    await cluster.until((views) => (found = check(views)) !== undefined, this.#someMs(duration));
    if (found === undefined) return;
    throw new Unmet(`expected for ${duration}: ${expected}; after ${Math.round(cluster.nowMs - begunMs)} ms ${found}`);
  }

  async #within(check: Check, expected: string, budget: string | undefined): Promise<void> {
    const { cluster } = this.#stage;
    const limitMs = budget === undefined ? 0 : this.#budgetMs(budget);
    if (await cluster.until((views) => check(views) === undefined, limitMs)) return;
    const found = check(await cluster.views());
    if (found === undefined) return;
    const when = budget === undefined ? "now" : `within ${budget} (${Math.round(limitMs)} ms)`;
    throw new Unmet(`expected ${when}: ${expected}; then ${found}`);
  }

  /** The time in ms. Throws a ScenarioProblem where it is none, in which nothing can be seen or happen. */
  #someMs(duration: string): number {
    const ms = durationMs(duration, this.#stage.cluster.timing);
    if (ms === 0) throw new ScenarioProblem(`${duration} is no time: no effect`);
    return ms;
  }

  #budgetMs(budget: string): number {
    const { cluster } = this.#stage;
    return isBudget(budget) ? cluster.budgets[`${budget}Ms`] : durationMs(budget, cluster.timing);
  }
}

/** The error with its place in front, if it is a ScenarioProblem; any other error as it is. */
function placed(error: unknown, place: string): unknown {
  return error instanceof ScenarioProblem ? new ScenarioProblem(`${place}: ${error.message}`) : error;
}
