import { PRESETS } from "gossip-peer";
import { Violation } from "gossip-peer/simulator";
import { Unsupported } from "../fault/unsupported.js";
import { matrix } from "../view/matrix.js";
import type { OpenCluster, ScenarioCluster, ScenarioClusterOptions } from "./cluster.js";
import { Sequence, Unmet, type StepListener } from "./sequence.js";
import { FaultApplier } from "./fault-applier.js";
import { GoingOn } from "./going-on.js";
import { changeMetadata } from "./metadata-load.js";
import type { Scenario } from "./load.js";
import { ScenarioProblem } from "./problem.js";
import { roundText } from "./rounds.js";
import { stepsIn, type Step } from "./schema.js";
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
  const run = new Run(cluster, scenario, seed, listener);
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
  const { peers, start, network = {} } = scenario;
  const { preset = "lan", ...timing } = scenario.timing ?? {};
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
    timing: { ...PRESETS[preset], ...Object.fromEntries(Object.entries(timing).filter(isGiven)) },
    network: Object.fromEntries(Object.entries(network).filter(isGiven)),
    what: `the experiment ${JSON.stringify(scenario.title)}`,
  };
}

/** Whether one of the steps is so, or one within them. */
function hasStep(steps: readonly Step[], isSo: (step: Step) => boolean): boolean {
  return steps.some((step) => isSo(step) || hasStep(stepsIn(step), isSo));
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
  readonly #cluster: ScenarioCluster;
  readonly #scenario: Scenario;
  readonly #goingOn: GoingOn;
  readonly #faults: FaultApplier;
  readonly #steps: Sequence;

  constructor(cluster: ScenarioCluster, scenario: Scenario, seed: number, listener: StepListener | undefined) {
    this.#cluster = cluster;
    this.#scenario = scenario;
    this.#goingOn = new GoingOn(cluster);
    this.#faults = new FaultApplier(cluster, this.#goingOn);
    this.#steps = new Sequence(Stage.of(cluster, scenario, seed), {
      scenario,
      listener,
      goingOn: this.#goingOn,
      faults: this.#faults,
    });
  }

  /**
   * Runs all steps. Resolves to the first problem: what was found to be false, or could not be done, and at which line.
   */
  async problem(): Promise<{ verdict: "false" | "unknown"; line: number; what: string } | undefined> {
    try {
      this.#goingOn.beside(undefined, () => this.#allSteps());
      await this.#goingOn.ended();
      await this.#faults.expectBites();
      return undefined;
    } catch (error) {
      const step = this.#goingOn.failedStep ?? this.#scenario.steps.at(-1);
      const line = step === undefined ? 1 : this.#scenario.lineOf(step);
      const round = roundText(this.#goingOn.failedRounds);
      const what = [round, error instanceof Error ? error.message : ""].filter((part) => part !== "").join(": ");
      if (error instanceof Unmet || error instanceof Violation) return { verdict: "false", line, what };
      if (error instanceof Unsupported) return { verdict: "unknown", line, what };
      throw placed(error, `${this.#scenario.file}:${line}${round === "" ? "" : `: ${round}`}`);
    }
  }

  /** The steps. The load goes on beside them, once the first has come to its end where that is an expectation. */
  async #allSteps(): Promise<void> {
    const { steps, load } = this.#scenario;
    const before = steps.slice(0, steps[0] !== undefined && "expect" in steps[0] ? 1 : 0);
    await this.#steps.all(before);
    if (load !== undefined)
      this.#goingOn.beside(undefined, () => changeMetadata(this.#cluster, this.#goingOn, load.metadata));
    await this.#steps.all(steps.slice(before.length));
  }
}

/** The error with its place in front, if it is a ScenarioProblem; any other error as it is. */
function placed(error: unknown, place: string): unknown {
  return error instanceof ScenarioProblem ? new ScenarioProblem(`${place}: ${error.message}`) : error;
}
