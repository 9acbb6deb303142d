import { setImmediate as turn } from "node:timers/promises";
import type { Budgets, PeerMeta, ProtocolTiming } from "gossip-peer";
import type { Fault } from "../fault/fault.js";
import { peersOf, rowOf } from "../fault/kinds.js";
import type { Applied, Change, ScenarioCluster, Sent } from "../scenario/cluster.js";
import type { Views } from "../view/views.js";
import { Ledger, type Desk } from "./ledger.js";

/** Of the cluster's time, between two looks that are recorded: what changes is heard anyway. */
const LOOKS_IN_A_PERIOD = 4;

/**
 * A cluster that writes each fault with its inverse to the journal before it applies it, and records what happens. It
 * rejects with the reason of the signal once that is aborted; `undo` still works then.
 */
export class RecordedCluster implements ScenarioCluster {
  readonly #cluster: ScenarioCluster;
  readonly #desk: Desk;
  readonly #ledger: Ledger;
  #lookedMs = -Infinity;
  /** The views of the last look. */
  #seen: Views = [];

  constructor(cluster: ScenarioCluster, desk: Desk) {
    this.#cluster = cluster;
    this.#desk = desk;
    this.#ledger = new Ledger(desk, () => this.peers.map(({ number }) => number));
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

  async apply(fault: Fault): Promise<Applied> {
    this.#desk.signal.throwIfAborted();
    return this.#applyAnyway(fault);
  }

  bites(): Promise<number> {
    return this.#cluster.bites();
  }

  traffic(): Promise<readonly Sent[]> {
    return this.#cluster.traffic();
  }

  async logTail(number: number, lines: number): Promise<string[]> {
    return (await this.#cluster.logTail?.(number, lines)) ?? [];
  }

  /** As on any other cluster; but the peers are looked at meanwhile. */
  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  async until(holds: (views: Views) => boolean, withinMs: number): Promise<boolean> {
    await turn(); // lets a signal be heard, which in virtual time nothing else would
    this.#desk.signal.throwIfAborted();
    const held = await this.#cluster.until((views) => {
      this.#desk.signal.throwIfAborted();
      this.#look(views);
      return holds(views);
    }, withinMs);
    this.#desk.recorder.listen();
    return held;
  }

  async views(): Promise<Views> {
    const views = await this.#cluster.views();
    this.#look(views, { isDue: true });
    return views;
  }

  /**
   * Undoes what still stands, the latest first; what was healed before, nothing is done about. Rejects with the first
   * failure, once everything was tried. Peers that were added, and metadata, stay.
   */
  async undo(): Promise<void> {
    const failures: unknown[] = [];
    for (const standing of this.#ledger.standing.toReversed()) {
      const isGone = !this.#ledger.standing.includes(standing); // with one that was undone before
      if (isGone || !this.#isPossible(standing.inverse)) continue;
      await this.#applyAnyway(standing.inverse).catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster[Symbol.asyncDispose]();
  }

  #applyAnyway(fault: Fault): Promise<Applied> {
    return this.#ledger.enter(fault, this.#metaOf(peersOf(fault)?.[0]), () => this.#cluster.apply(fault));
  }

  /** Whether all peers that the fault concerns are in a state for it. */
  #isPossible(fault: Fault): boolean {
    const { needs } = rowOf(fault.kind);
    const concerned = this.peers.filter(({ number }) => peersOf(fault)?.includes(number));
    return concerned.every(({ state }) => needs?.includes(state) ?? true);
  }

  /** The metadata of a peer at the last look. */
  #metaOf(number: number | undefined): PeerMeta | undefined {
    const address = this.peers.find((peer) => peer.number === number)?.address ?? "";
    return this.#seen.find((view) => view.number === number)?.members?.get(address)?.meta;
  }

  /** Records the views, at most some times a period unless a look is due anyway. */
  #look(views: Views, { isDue = false } = {}): void {
    this.#seen = views;
    const restMs = this.timing.pingPeriodMs / LOOKS_IN_A_PERIOD;
    if (!isDue && this.nowMs - this.#lookedMs < restMs) return;
    this.#lookedMs = this.nowMs;
    this.#desk.recorder.look(views);
    this.#desk.show(views);
  }
}
