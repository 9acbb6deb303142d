import { ownRun } from "../cluster/docker/owner.js";
import { matrix } from "../view/matrix.js";
import type { OpenCluster, ScenarioCluster } from "../scenario/cluster.js";
import { optionsOf, runOn, type StepListener } from "../scenario/interpreter.js";
import type { Scenario } from "../scenario/load.js";
import { ScenarioProblem } from "../scenario/problem.js";
import type { Views } from "../view/views.js";
import type { Journal } from "../fault/journal.js";
import { RecordedCluster } from "./recorded-cluster.js";
import { Recorder } from "./recorder.js";
import type { Phase, RecordedStep, RunRecord } from "./run-record.js";
import { steadyAfter, steadyBefore, stepText, withSteadyState } from "./steady.js";

/** Where an experiment can run. */
export const PLATFORMS = ["docker", "simulator", "processes", "compose"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** Is told how an experiment goes on. Times are the cluster's own. */
export interface Display {
  step(step: RecordedStep): void;
  /** The views of all peers now, while this step is under way. */
  views(views: Views, nowMs: number, step: RecordedStep | undefined): void;
  stepEnded(step: RecordedStep): void;
}

export interface ExperimentOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly on: Platform;
  readonly open: OpenCluster;
  /** The Compose project, where it runs on one. */
  readonly project?: string | undefined;
  readonly journal: Journal;
  /** Aborted to end the experiment early; what is broken is healed then as always. */
  readonly signal: AbortSignal;
  readonly display?: Display;
  /** Awaited before the cluster goes: as it was when something was not as expected, else as it is after all. */
  readonly keep?: (cluster: ScenarioCluster) => Promise<void>;
}

/** Of one peer, the last ones. */
const MOST_LOG_LINES = 10_000;

export interface Outcome {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly on: Platform;
  /** Unknown: the experiment could not be carried out, so that it says nothing about the peers. */
  readonly verdict: "true" | "false" | "unknown";
  /** The title of the scenario where it holds, else what was not as expected, or why the verdict is unknown. */
  readonly reason: string;
  /**
   * The matrix of who saw whom when the scenario turned out to be false, else at the end; empty when there was nobody
   * to ask.
   */
  readonly matrix: string;
  /** Undefined when no cluster could be opened. */
  readonly record: RunRecord | undefined;
  /** By number, what a peer wrote to its log; without those that wrote nothing. */
  readonly logs: ReadonlyMap<number, readonly string[]>;
  /** Real time, from the opening to the closing of the cluster. */
  readonly wallMs: number;
}

/**
 * Steady state, the steps, everything healed, steady state again. Nothing of the cluster is left when it resolves, and
 * it never rejects for what happened to the experiment: that is an outcome.
 */
export async function runExperiment(options: ExperimentOptions): Promise<Outcome> {
  const { scenario, seed, on, journal, project } = options;
  const begun = performance.now();
  const experiment = new Experiment(options);
  journal.write({
    type: "experiment",
    scenario: scenario.file,
    on,
    peers: scenario.peers,
    seed,
    project,
    run: ownRun(),
  });
  const { verdict, reason } = await experiment.run();
  journal.write({ type: "verdict", verdict, reason });
  const { matrix, record, logs } = experiment;
  return { scenario, seed, on, verdict, reason, matrix, record, logs, wallMs: performance.now() - begun };
}

type Found = Pick<Outcome, "verdict" | "reason">;

class Experiment implements StepListener {
  readonly #options: ExperimentOptions;
  #phase: Phase = "before";
  #step: { what: string; line: number | undefined } = { what: "heal what is still broken", line: undefined };
  #recorder: Recorder | undefined;
  record: RunRecord | undefined;
  matrix = "";
  logs: ReadonlyMap<number, readonly string[]> = new Map();

  constructor(options: ExperimentOptions) {
    this.#options = options;
  }

  async run(): Promise<Found> {
    const { scenario, seed, on, open, journal, signal } = this.#options;
    // The peers of a Compose project are containers, too.
    const place = on === "compose" ? "docker" : on;
    const [only] = Object.entries(scenario.on ?? {});
    if (only !== undefined && only[0] !== place)
      return unknown(`${scenario.file}: this scenario is for ${only[0]} only: ${only[1]}`);
    try {
      await using bare = await open(optionsOf(scenario, seed));
      const recorder = (this.#recorder = new Recorder(bare));
      const cluster = new RecordedCluster(bare, {
        journal,
        recorder,
        signal,
        step: () => this.#step,
        show: (views) => this.#options.display?.views(views, recorder.nowMs, recorder.step),
      });
      return await this.#onCluster(cluster);
    } catch (error) {
      return unknown(reasonOf(error));
    }
  }

  begins(step: Parameters<StepListener["begins"]>[0], line: number, limitMs: number | undefined): void {
    const { scenario } = this.#options;
    // The steady state comes first, and where it is a step of the file that step counts.
    const isOfFile = this.#phase !== "after" && contains(scenario.steps, step);
    if (this.#phase === "before" && step !== steadyBefore(scenario)) this.#phase = "steps";
    const kind = "expect" in step ? "expect" : "wait" in step || "pick" in step ? "wait" : "fault";
    this.#step = { what: stepText(step), line: isOfFile ? line : undefined };
    this.#recorder?.stepBegins({ ...this.#step, kind, limitMs, phase: this.#phase });
    this.#tell((display, recorded) => {
      display.step(recorded);
    });
  }

  ends(): void {
    this.#recorder?.stepEnds();
    this.#tell((display, recorded) => {
      display.stepEnded(recorded);
    });
    if (this.#phase === "before") this.#phase = "steps";
  }

  /** Whatever happens, the faults are undone and what was recorded is kept. */
  async #onCluster(cluster: RecordedCluster): Promise<Found> {
    const { scenario, seed, keep, signal } = this.#options;
    let found = await this.#steps(cluster, withSteadyState(scenario), seed);
    if (found.verdict !== "true" && !signal.aborted) await keep?.(cluster);
    const problem = await this.#heal(cluster);
    if (problem !== undefined) found = unknown(`${found.verdict === "true" ? "" : `${found.reason}; then `}${problem}`);
    if (found.verdict === "true") {
      this.#phase = "after";
      found = await this.#steps(cluster, steadyAfter(scenario), seed, "steady state afterwards: ");
      if (!signal.aborted) await keep?.(cluster);
    }
    this.record = this.#recorder?.record(await cluster.traffic());
    this.logs = await logsOf(cluster);
    if (this.matrix === "") {
      this.matrix = await cluster.views().then(
        (views) => matrix(views).join("\n"),
        () => "",
      );
    }
    return found;
  }

  async #steps(cluster: RecordedCluster, scenario: Scenario, seed: number, where = ""): Promise<Found> {
    try {
      const { verdict, message, matrix: seen } = await runOn(cluster, scenario, seed, this);
      if (verdict !== "true") this.matrix = seen;
      return { verdict, reason: verdict === "true" ? message : `${where}${message}` };
    } catch (error) {
      return unknown(reasonOf(error));
    }
  }

  /** Returns what went wrong with it. */
  async #heal(cluster: RecordedCluster): Promise<string | undefined> {
    this.#step = { what: "heal what is still broken", line: undefined };
    try {
      await cluster.undo();
      return undefined;
    } catch (error) {
      return `healing failed: ${reasonOf(error)}`;
    }
  }

  #tell(what: (display: Display, step: RecordedStep) => void): void {
    const step = this.#recorder?.step;
    if (this.#options.display !== undefined && step !== undefined) what(this.#options.display, step);
  }
}

/** The worst of several: one that does not hold counts more than one that nobody knows. */
export function worst(verdicts: readonly Outcome["verdict"][]): Outcome["verdict"] {
  if (verdicts.includes("false")) return "false";
  return verdicts.includes("unknown") || verdicts.length === 0 ? "unknown" : "true";
}

function contains(steps: Scenario["steps"], step: Scenario["steps"][number]): boolean {
  return steps.some((each) => each === step || ("steps" in each && contains(each.steps, step)));
}

async function logsOf(cluster: RecordedCluster): Promise<Map<number, readonly string[]>> {
  const logs = new Map<number, readonly string[]>();
  for (const { number } of cluster.peers) {
    const lines = await cluster.logTail(number, MOST_LOG_LINES).catch((error: unknown) => [`no log: ${String(error)}`]);
    if (lines.length > 0) logs.set(number, lines);
  }
  return logs;
}

function unknown(reason: string): Found {
  return { verdict: "unknown", reason };
}

/** The message of an error; of a bug of ours the stack, too. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return isBug && !(error instanceof ScenarioProblem) ? (error.stack ?? error.message) : error.message;
}
