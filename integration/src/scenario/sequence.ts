import { durationMs } from "../fault/quantities.js";
import { duration } from "../lib/text.js";
import type { Chosen, Occasion } from "./cluster.js";
import { checkOf, type Check } from "./expectations.js";
import type { FaultApplier } from "./fault-applier.js";
import type { GoingOn } from "./going-on.js";
import type { Scenario } from "./load.js";
import { ScenarioProblem } from "./problem.js";
import type { Round } from "./rounds.js";
import { isBudget, isOuter, type ExpectStep, type OuterStep, type PlainStep, type Step } from "./schema.js";
import type { Stage } from "./stage.js";
import { someMs } from "./times.js";

/**
 * A listener to the progress of a run. It hears of the steps inside a loop each time, and not of the loop
 * itself. Steps that run beside others may begin before these have ended.
 */
export interface StepListener {
  /**
   * The step begins. `limitMs` is how long it may take or has to last, in ms of the cluster's time; undefined for a
   * step that is done at once; `rounds` are those of the loops around it, the outermost first. What this returns is given
   * to `ends` or `fails`.
   */
  begins(step: Step, line: number, limitMs: number | undefined, rounds: readonly Round[]): Occasion;
  /** Words of the step stand for these peers. */
  chose(step: Occasion, chosen: readonly Chosen[]): void;
  /** The step has succeeded. */
  ends(step: Occasion): void;
  /** The step was not met, could not be carried out, or was interrupted; the first that fails ends the run. */
  fails(step: Occasion): void;
}

/** An expectation that was not met. */
export class Unmet extends Error {}

/** What all sequences of a run share. */
export interface RunParts {
  readonly scenario: Scenario;
  readonly listener: StepListener | undefined;
  readonly goingOn: GoingOn;
  readonly faults: FaultApplier;
}

/** Runs steps one after the other, beside other sequences of the same run. */
export class Sequence {
  readonly #stage: Stage;
  readonly #run: RunParts;
  readonly #rounds: readonly Round[];

  /** `rounds`: those of the loops that these steps are in. */
  constructor(stage: Stage, run: RunParts, rounds: readonly Round[] = []) {
    this.#stage = stage;
    this.#run = run;
    this.#rounds = rounds;
  }

  /** Rejects with the first problem, once it is noted with its step, or when another sequence has failed. */
  async all(steps: readonly Step[]): Promise<void> {
    const { goingOn } = this.#run;
    for (const step of steps) {
      goingOn.signal.throwIfAborted();
      if (isOuter(step)) await this.#those(step);
      else await this.#announced(step);
    }
  }

  async #announced(step: PlainStep): Promise<void> {
    const { listener, scenario, goingOn } = this.#run;
    let occasion: Occasion | undefined;
    try {
      occasion = listener?.begins(step, scenario.lineOf(step), this.#limitMs(step), this.#rounds);
      await this.#one(step, occasion).finally(() => {
        const chosen = this.#stage.takeChosen();
        if (occasion !== undefined && chosen.length > 0) listener?.chose(occasion, chosen);
      });
    } catch (error) {
      if (goingOn.failed(error, step, this.#rounds) && occasion !== undefined) listener?.fails(occasion);
      throw error;
    }
    if ("as" in step && step.as !== undefined) this.#stage.done(step.as);
    if (occasion !== undefined) listener?.ends(occasion);
  }

  async #those(step: OuterStep): Promise<void> {
    try {
      if ("meanwhile" in step) {
        const beside = new Sequence(this.#stage.beside(), this.#run, this.#rounds);
        this.#run.goingOn.beside(step, () => beside.all(step.meanwhile));
      } else if ("repeat" in step) {
        for (let number = 1; number <= step.repeat; number++) await this.#round(step, { number, of: step.repeat });
      } else {
        const peers = this.#stage.select(step.each);
        for (const [at, peer] of peers.entries()) {
          this.#stage.label(step.as, [peer]);
          this.#stage.done(step.as);
          await this.#round(step, { number: at + 1, of: peers.length });
        }
      }
    } catch (error) {
      this.#run.goingOn.failed(error, step, this.#rounds); // what fails within has noted that already
      throw error;
    }
  }

  #round({ steps }: { readonly steps: readonly Step[] }, round: Round): Promise<void> {
    return new Sequence(this.#stage, this.#run, [...this.#rounds, round]).all(steps);
  }

  async #one(step: PlainStep, occasion: Occasion | undefined): Promise<void> {
    const stage = this.#stage;
    if ("expect" in step) await this.#expect(step);
    else if ("wait" in step) await this.#run.goingOn.pass(someMs(step.wait, stage.timing));
    else if ("pick" in step) stage.label(step.as, stage.select(step.pick));
    else await this.#run.faults.apply(step, stage, occasion);
  }

  #limitMs(step: PlainStep): number | undefined {
    const { timing } = this.#stage;
    if ("wait" in step) return durationMs(step.wait, timing);
    if (!("expect" in step)) return undefined;
    if (step.for !== undefined) return durationMs(step.for, timing);
    return step.within === undefined ? 0 : this.#leftMs(step.within, step.since);
  }

  async #expect(step: ExpectStep): Promise<void> {
    const { cluster, sides, groups } = this.#stage;
    const select = this.#stage.select.bind(this.#stage);
    const check = checkOf(step.expect, { select, sides, groups, history: cluster.history });
    const expected = typeof step.expect === "string" ? step.expect : JSON.stringify(step.expect);
    if (cluster.isOnPaper === true) {
      if (step.for !== undefined) await this.#run.goingOn.pass(someMs(step.for, cluster.timing));
    } else if (step.for !== undefined) await this.#throughout(check, expected, step.for);
    else await this.#within(check, expected, step);
  }

  async #throughout(check: Check, expected: string, lasting: string): Promise<void> {
    const { cluster } = this.#stage;
    const begunMs = cluster.nowMs;
    let found: string | undefined;
    const forMs = someMs(lasting, cluster.timing);
    await this.#run.goingOn.until((views) => (found = check(views)) !== undefined, forMs);
    if (found === undefined) return;
    throw new Unmet(`expected for ${lasting}: ${expected}; after ${Math.round(cluster.nowMs - begunMs)} ms ${found}`);
  }

  async #within(check: Check, expected: string, { within, since }: ExpectStep): Promise<void> {
    const { cluster } = this.#stage;
    const limitMs = within === undefined ? 0 : this.#leftMs(within, since);
    if (await this.#run.goingOn.until((views) => check(views) === undefined, limitMs)) return;
    const found = check(await cluster.views());
    if (found === undefined) return;
    const from = since === undefined ? "" : ` since ${since}`;
    const when = within === undefined ? "now" : `within ${within}${from} (${Math.round(limitMs)} ms)`;
    throw new Unmet(`expected ${when}: ${expected}; then ${found}`);
  }

  /**
   * What is left of a budget or duration that counts from the end of an earlier step, in ms; by default from now. Throws
   * a ScenarioProblem when it is over, since what is found then says nothing of what was within it.
   */
  #leftMs(within: string, since: string | undefined): number {
    const { cluster } = this.#stage;
    const limitMs = isBudget(within) ? cluster.budgets[`${within}Ms`] : durationMs(within, cluster.timing);
    if (since === undefined) return limitMs;
    const goneMs = cluster.nowMs - this.#stage.doneMs(since);
    if (goneMs < limitMs) return limitMs - goneMs;
    const [gone = "", limit = ""] = [goneMs, limitMs].map(duration);
    throw new ScenarioProblem(
      `"${since}" was ${gone} ago, and ${within} is ${limit}: this step comes too late to tell`,
    );
  }
}
