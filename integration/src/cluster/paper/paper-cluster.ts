import { budgets, resolveTiming, type Address, type Budgets, type ProtocolTiming } from "gossip-peer";
import type { Fault } from "../../fault/fault.js";
import type { Place } from "../../fault/kind.js";
import { impossible, rowOf } from "../../fault/kinds.js";
import type { Applied, HowToApply, ScenarioCluster, ScenarioClusterOptions } from "../../scenario/cluster.js";
import type { PeerState, Views } from "../../view/views.js";
import { Waits } from "../simulated/waits.js";

/**
 * A cluster without peers, which only keeps book of who would run. Time passes where a step lets it pass, and at once.
 * Every expectation is taken to hold in the moment in which it is asked for.
 */
export class PaperCluster implements ScenarioCluster {
  readonly isOnPaper = true;
  readonly timing: ProtocolTiming;
  readonly history = [];
  readonly #place: Place;
  readonly #clock = new PaperClock();
  readonly #waits = new Waits(this.#clock);
  readonly #states: PeerState[];
  #bites = 0;

  /** `place`: where the scenario is to run. What cannot be done there is refused here, too. */
  constructor({ peers, started, timing }: ScenarioClusterOptions, place: Place) {
    this.timing = resolveTiming(timing);
    this.#place = place;
    this.#states = Array.from({ length: peers }, (_, at) => (started.includes(at + 1) ? "running" : "down"));
  }

  get budgets(): Budgets {
    return budgets(this.timing, this.#states.length);
  }

  get nowMs(): number {
    return this.#clock.now;
  }

  get peers(): readonly { number: number; address: Address; state: PeerState }[] {
    return this.#states.map((state, at) => ({ number: at + 1, address: `peer-${at + 1}:7946`, state }));
  }

  async apply(fault: Fault, { begun }: HowToApply = {}): Promise<Applied> {
    const problem = impossible(fault, this.#place);
    if (problem !== undefined) throw problem;
    const { leaves } = rowOf(fault.kind);
    if (fault.kind === "add") this.#states.push("running");
    else if (leaves !== undefined && "peer" in fault) this.#states[fault.peer - 1] = leaves;
    if (!("forMs" in fault)) return {};
    begun?.();
    await this.beside(() => this.pass(fault.forMs));
    return {};
  }

  /** As if every fault met messages. */
  bites(): Promise<number> {
    return Promise.resolve(++this.#bites);
  }

  traffic(): Promise<[]> {
    return Promise.resolve([]);
  }

  beside<T>(work: () => Promise<T>): Promise<T> {
    return this.#waits.beside(work);
  }

  pass(ms: number): Promise<void> {
    return this.#waits.pass(ms);
  }

  until(holds: (views: Views) => boolean, withinMs: number): Promise<boolean> {
    return this.#waits.until(() => holds([]), withinMs);
  }

  views(): Promise<Views> {
    return Promise.resolve([]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** Time in which nothing happens by itself. */
class PaperClock {
  now = 0;

  passUntil(holds: () => boolean, withinMs: number): boolean {
    if (holds()) return true;
    this.now += withinMs;
    return false;
  }
}
