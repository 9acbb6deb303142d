import type { Address } from "gossip-peer";
import { ownRun } from "../cluster/docker/owner.js";
import { matrix } from "../view/matrix.js";
import type { Chosen, OpenCluster, ScenarioCluster } from "../scenario/cluster.js";
import { roundText } from "../scenario/rounds.js";
import type { StepListener } from "../scenario/sequence.js";
import { optionsOf, runOn } from "../scenario/interpreter.js";
import type { Scenario } from "../scenario/load.js";
import { ScenarioProblem } from "../scenario/problem.js";
import { stepsIn, type Step } from "../scenario/schema.js";
import type { Views } from "../view/views.js";
import type { Journal } from "../fault/journal.js";
import { judgedBeside, type Beside, type BesideOutcome } from "./beside.js";
import { Misbehaviour } from "../fault/misbehaviour.js";
import { RecordedCluster } from "./recorded-cluster.js";
import { Recorder } from "./recorder.js";
import type { Phase, RecordedStep, RunRecord } from "./run-record.js";
import { steadyAfter, steadyBefore, stepText, withSteadyState } from "./steady.js";
import { judgedStrictly } from "./strict.js";

/** The platforms that an experiment can run on. */
export const PLATFORMS = ["docker", "simulator", "processes", "compose"] as const;
export type Platform = (typeof PLATFORMS)[number];

/** Shows the progress of an experiment. Times are the cluster's own, in ms. */
export interface Display {
  /** A step begins. */
  step(step: RecordedStep): void;
  /** The present views of the peers, while this step is under way. */
  views(views: Views, nowMs: number, step: RecordedStep | undefined): void;
  /** A step has succeeded; its `toMs` is set. */
  stepEnded(step: RecordedStep): void;
}

export interface ExperimentOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly on: Platform;
  readonly open: OpenCluster;
  /** The name of the Compose project; undefined on all other platforms. */
  readonly project?: string | undefined;
  readonly journal: Journal;
  /**
   * Whether the verdict is false also where a peer was removed that was there, one that was down came back, or a budget
   * was missed; except for a scenario that says why it is lenient. Default false.
   */
  readonly strict?: boolean | undefined;
  /**
   * Starts a program beside the experiment, once the steady state before has come, with the addresses at which this
   * machine reaches the peers. It is ended before the cluster is. Where it fails the verdict is false.
   */
  readonly beside?: ((peers: readonly Address[]) => Beside) | undefined;
  /** Aborting ends the experiment early; all faults are still healed. */
  readonly signal: AbortSignal;
  readonly display?: Display;
  /**
   * Awaited at most once before the cluster is closed, and never after an abort. When the steps of the scenario did not
   * succeed, the faults are still in force then; else this is called after the steady state at the end.
   */
  readonly keep?: (cluster: ScenarioCluster) => Promise<void>;
}

/** The last lines of each peer's log that are kept. */
const MOST_LOG_LINES = 10_000;

export interface Outcome {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly on: Platform;
  /** "unknown": the experiment could not be carried out, and says nothing about the peers. */
  readonly verdict: "true" | "false" | "unknown";
  /** The expectation that failed, or why the verdict is unknown; the title of the scenario when the verdict is true. */
  readonly reason: string;
  /** Which peer saw which, at the failure of an expectation or else at the end; empty when no peer could be asked. */
  readonly matrix: string;
  /** The record of the run; undefined when no cluster could be opened. */
  readonly record: RunRecord | undefined;
  /** The lines of each peer's log, by number; peers that wrote nothing have no entry. */
  readonly logs: ReadonlyMap<number, readonly string[]>;
  /** What became of the program beside the experiment; undefined when there was none. */
  readonly beside?: BesideOutcome | undefined;
  /** Real time, from the opening to the closing of the cluster. */
  readonly wallMs: number;
}

/**
 * Runs an experiment: steady state, the steps of the scenario, healing, steady state again. When this resolves the
 * cluster is closed. A failure of the experiment is an outcome, and never a rejection.
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
  const found = await experiment.run();
  const { verdict, reason } = options.strict === true ? judgedStrictly(found, scenario, experiment.record) : found;
  journal.write({ type: "verdict", verdict, reason });
  const { matrix, record, logs, beside } = experiment;
  return { scenario, seed, on, verdict, reason, matrix, record, logs, beside, wallMs: performance.now() - begun };
}

/** The verdict as it is found so far: what comes later may change it. */
export type Found = Pick<Outcome, "verdict" | "reason">;

class Experiment implements StepListener {
  readonly #options: ExperimentOptions;
  #phase: Phase = "before";
  /** The step that began last; undefined before the first, and when all are over. */
  #step: RecordedStep | undefined;
  #recorder: Recorder | undefined;
  record: RunRecord | undefined;
  matrix = "";
  logs: ReadonlyMap<number, readonly string[]> = new Map();
  beside: BesideOutcome | undefined;
  #startBeside: () => Beside | undefined = () => undefined;
  #beside: Beside | undefined;

  constructor(options: ExperimentOptions) {
    this.#options = options;
  }

  async run(): Promise<Found> {
    const { scenario, seed, on, open, journal, signal } = this.#options;
    const elsewhere = onlyElsewhere(scenario, on);
    if (elsewhere !== undefined) return unknown(elsewhere);
    try {
      await using bare = await open(optionsOf(scenario, seed));
      const recorder = (this.#recorder = new Recorder(bare));
      this.#startBeside = () => this.#options.beside?.(bare.dialled?.() ?? []);
      const cluster = new RecordedCluster(bare, {
        journal,
        recorder,
        signal,
        show: (views) => this.#options.display?.views(views, recorder.nowMs, recorder.step),
      });
      return await this.#onCluster(cluster);
    } catch (error) {
      return error instanceof Misbehaviour ? { verdict: "false", reason: error.message } : unknown(reasonOf(error));
    } finally {
      await this.#beside?.end();
    }
  }

  begins(...[step, line, limitMs, rounds]: Parameters<StepListener["begins"]>): RecordedStep {
    const recorder = this.#recorder;
    if (recorder === undefined) throw new Error("no step begins before the cluster is open");
    const { scenario } = this.#options;
    // The steady state may be the first step of the file; that step then has a line, but belongs to the phase "before".
    const isOfFile = this.#phase !== "after" && contains(scenario.steps, step);
    if (this.#phase === "before" && step !== steadyBefore(scenario)) this.#phase = "steps";
    if (this.#phase !== "before") this.#beside ??= this.#startBeside();
    const kind = "expect" in step ? "expect" : "wait" in step || "pick" in step ? "wait" : "fault";
    const [what, own, phase] = [stepText(step), isOfFile ? line : undefined, this.#phase];
    const begun = recorder.stepBegins({ what, line: own, kind, limitMs, phase, rounds });
    this.#step = begun;
    this.#options.display?.step(begun);
    return begun;
  }

  chose(step: RecordedStep, chosen: readonly Chosen[]): void {
    this.#recorder?.stepChose(step, chosen);
  }

  ends(step: RecordedStep): void {
    this.#recorder?.stepEnds(step);
    this.#options.display?.stepEnded(step);
    if (this.#phase === "before") this.#phase = "steps";
  }

  fails(step: RecordedStep): void {
    this.#recorder?.stepFails(step);
  }

  /** Runs the phases on an open cluster. However they end, the faults are healed, and the record and logs are kept. */
  async #onCluster(cluster: RecordedCluster): Promise<Found> {
    const { scenario, seed, keep, signal } = this.#options;
    let found = await this.#watched(cluster, await this.#steps(cluster, withSteadyState(scenario), seed));
    if (found.verdict !== "true" && !signal.aborted) await keep?.(cluster);
    // In virtual time healing would begin in the same moment, and the record could not tell what was there before it.
    if (found.verdict !== "true") await cluster.pass(1).catch(() => undefined);
    found = await this.#healed(cluster, found);
    if (found.verdict === "true") {
      this.#phase = "after";
      const after = await this.#steps(cluster, steadyAfter(scenario), seed, "steady state afterwards: ");
      found = await this.#watched(cluster, after);
      if (!signal.aborted) found = judgedBeside(found, await this.#beside?.end());
      if (!signal.aborted) await keep?.(cluster);
    }
    this.beside = await this.#beside?.end();
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

  /**
   * The verdict is false where a peer has ended by itself, whatever came of the steps. The line is that of the step under
   * way when that was found.
   */
  async #watched(cluster: RecordedCluster, found: Found): Promise<Found> {
    const [sentence] = await cluster.misbehaviour().catch(() => []);
    if (sentence === undefined || this.#options.signal.aborted) return found;
    this.#recorder?.misbehaved();
    const told = `${this.#place}${sentence}`;
    return { verdict: "false", reason: found.verdict === "true" ? told : `${told}; ${found.reason}` };
  }

  async #steps(cluster: RecordedCluster, scenario: Scenario, seed: number, where = ""): Promise<Found> {
    try {
      const { verdict, message, matrix: seen } = await runOn(cluster, scenario, seed, this);
      if (verdict !== "true") this.matrix = seen;
      return { verdict, reason: verdict === "true" ? message : `${where}${message}` };
    } catch (error) {
      const { signal } = this.#options;
      if (signal.aborted) return unknown(reasonOf(signal.reason));
      if (error instanceof Misbehaviour) return { verdict: "false", reason: `${where}${this.#place}${error.message}` };
      return unknown(reasonOf(error));
    }
  }

  /** The line of the step that is under way, and its round, for messages. */
  get #place(): string {
    const { scenario } = this.#options;
    if (this.#step?.line === undefined) return "";
    const { line, rounds } = this.#step;
    const round = roundText(rounds);
    return `${scenario.file}:${line}: ${round === "" ? "" : `${round}: `}`;
  }

  /**
   * Undoes all faults that still stand. Where that fails the verdict is unknown, or false where it was before, or where
   * a peer is to blame.
   */
  async #healed(cluster: RecordedCluster, found: Found): Promise<Found> {
    this.#step = undefined;
    try {
      await cluster.undo();
      return found;
    } catch (error) {
      const reason = `${found.verdict === "true" ? "" : `${found.reason}; then `}healing failed: ${reasonOf(error)}`;
      if (found.verdict === "false" || error instanceof Misbehaviour) return { verdict: "false", reason };
      return this.#watched(cluster, unknown(reason));
    }
  }
}

/** Why a scenario cannot be run on a platform, where it is for another one alone; undefined where it is not. */
export function onlyElsewhere({ on: only = {}, file }: Scenario, on: Platform): string | undefined {
  // A scenario for Docker runs on a Compose project as well, whose peers are containers, too.
  const place = on === "compose" ? "docker" : on;
  const [other] = Object.entries(only).filter(([each]) => each !== place);
  return other && `${file}: this scenario is for ${other[0]} only: ${other[1]}`;
}

/** The worst of several verdicts: false before unknown before true; unknown when there are none. */
export function worst(verdicts: readonly Outcome["verdict"][]): Outcome["verdict"] {
  if (verdicts.includes("false")) return "false";
  return verdicts.includes("unknown") || verdicts.length === 0 ? "unknown" : "true";
}

function contains(steps: readonly Step[], step: Step): boolean {
  return steps.some((each) => each === step || contains(stepsIn(each), step));
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

/** The message of an expected error; the stack of one that looks like a bug, since its place helps to find it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
  return isBug && !(error instanceof ScenarioProblem) ? (error.stack ?? error.message) : error.message;
}
