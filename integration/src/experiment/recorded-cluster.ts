import { setImmediate as turn } from "node:timers/promises";
import type { Budgets, PeerMeta, ProtocolTiming } from "gossip-peer";
import type { Fault } from "../fault/fault.js";
import { peersOf, wrongStateFor } from "../fault/kinds.js";
import { Misbehaviour } from "../fault/misbehaviour.js";
import type { Applied, Change, HowToApply, ScenarioCluster, Sent } from "../scenario/cluster.js";
import type { Views } from "../view/views.js";
import { Ledger, type ExperimentContext } from "./ledger.js";

/** How many views are recorded in a ping period of the cluster's time. Changes between them arrive as events anyway. */
const VIEWS_IN_A_PERIOD = 4;

/**
 * Wraps a cluster: writes each fault with its inverse to the journal before applying it, and records what happens. Once
 * the signal is aborted, `apply`, `pass` and `until` reject with its reason; `undo` still works then.
 */
export class RecordedCluster implements ScenarioCluster {
  readonly #cluster: ScenarioCluster;
  readonly #context: ExperimentContext;
  readonly #ledger: Ledger;
  #recordedMs = -Infinity;
  /** The views of the peers as last read. */
  #seen: Views = [];

  constructor(cluster: ScenarioCluster, context: ExperimentContext) {
    this.#cluster = cluster;
    this.#context = context;
    this.#ledger = new Ledger(context, () => this.peers.map(({ number }) => number));
  }

  get timing(): ProtocolTiming {
    return this.#cluster.timing;
  }

  get budgets(): Budgets {
    return this.#cluster.budgets;
  }

  get nowMs(): number {
    return this.#cluster.nowMs;
  }

  get peers(): ScenarioCluster["peers"] {
    return this.#cluster.peers;
  }

  get history(): readonly Change[] {
    return this.#cluster.history;
  }

  async apply(fault: Fault, how: HowToApply = {}): Promise<Applied> {
    const { signal } = this.#context;
    signal.throwIfAborted();
    return this.#applyAnyway(fault, { ...how, signal: how.signal ? AbortSignal.any([how.signal, signal]) : signal });
  }

  beside<T>(work: () => Promise<T>): Promise<T> {
    return this.#cluster.beside(work);
  }

  bites(): Promise<number> {
    return this.#cluster.bites();
  }

  traffic(): Promise<readonly Sent[]> {
    return this.#cluster.traffic();
  }

  async misbehaviour(): Promise<readonly string[]> {
    return (await this.#cluster.misbehaviour?.()) ?? [];
  }

  async logTail(number: number, lines: number): Promise<string[]> {
    return (await this.#cluster.logTail?.(number, lines)) ?? [];
  }

  /** Lets so much time pass, as on any other cluster, and records views meanwhile unless nobody is to watch. */
  async pass(ms: number, { isWatched = true } = {}): Promise<void> {
    this.#context.signal.throwIfAborted();
    if (isWatched) await this.until(() => false, ms);
    else await this.#cluster.pass(ms);
  }

  async until(holds: (views: Views) => boolean, withinMs: number): Promise<boolean> {
    await turn(); // gives Ctrl-C a turn of the event loop: in virtual time nothing else would
    this.#context.signal.throwIfAborted();
    const held = await this.#cluster.until((views) => {
      this.#context.signal.throwIfAborted();
      this.#record(views);
      return holds(views);
    }, withinMs);
    this.#context.recorder.listen();
    return held;
  }

  async views(): Promise<Views> {
    const views = await this.#cluster.views();
    this.#record(views, { always: true });
    return views;
  }

  /**
   * Undoes the faults that still stand, the latest first. Inverses that the present states of the peers do not allow
   * are skipped. Rejects with the first failure, or the first misbehaviour of a peer, once everything was tried. Peers
   * that were added, and metadata, stay.
   */
  async undo(): Promise<void> {
    const failures: unknown[] = [];
    for (const standing of this.#ledger.standing.toReversed()) {
      const isGone = !this.#ledger.standing.includes(standing); // ended by an inverse applied in this loop
      if (isGone || wrongStateFor(standing.inverse, this.peers) !== undefined) continue;
      await this.#applyAnyway(standing.inverse).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures.find((each) => each instanceof Misbehaviour) ?? failures[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster[Symbol.asyncDispose]();
  }

  #applyAnyway(fault: Fault, how: HowToApply = {}): Promise<Applied> {
    const before = this.#metaOf(peersOf(fault)?.[0]);
    return this.#ledger.enter(fault, { before, occasion: how.occasion, isLoad: how.isLoad }, (noteBegun) => {
      const begun = (): void => {
        noteBegun();
        how.begun?.();
      };
      return this.#cluster.apply(fault, { ...how, begun });
    });
  }

  /** The metadata of a peer in its own view as last read. */
  #metaOf(number: number | undefined): PeerMeta | undefined {
    const address = this.peers.find((peer) => peer.number === number)?.address ?? "";
    return this.#seen.find((view) => view.number === number)?.members?.get(address)?.meta;
  }

  /** Keeps the views, and records them when that is due or `always` is set. */
  #record(views: Views, { always = false } = {}): void {
    this.#seen = views;
    const isDue = always || this.nowMs - this.#recordedMs >= this.timing.pingPeriodMs / VIEWS_IN_A_PERIOD;
    if (!isDue) return;
    this.#recordedMs = this.nowMs;
    this.#context.recorder.compare(views);
    this.#context.show(views);
  }
}
