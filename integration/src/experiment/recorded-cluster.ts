import { setImmediate as turn } from "node:timers/promises";
import type { Address, Budgets, PeerMeta, ProtocolTiming } from "gossip-peer";
import type { Change, ScenarioCluster, Sent, Starved } from "../scenario/cluster.js";
import type { Views } from "../view/views.js";
import type { Act } from "../fault/journal.js";
import { DOWN, Ledger, NETWORK, type Desk } from "./ledger.js";

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
  /** What the peers believed when they were looked at last. */
  #seen: Views = [];

  constructor(cluster: ScenarioCluster, desk: Desk) {
    this.#cluster = cluster;
    this.#desk = desk;
    this.#ledger = new Ledger(desk);
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

  start(number: number, how: Parameters<ScenarioCluster["start"]>[1]): Promise<void> {
    const { name, cluster, clockSkewMs } = how; // a step of a scenario has more
    const act: Act = { verb: "start", peers: [number], how: { name, cluster, clockSkewMs } };
    return this.#ledger.end(act, DOWN, { verb: "kill", peers: [number] }, () => this.#cluster.start(number, how));
  }

  async stop(number: number): Promise<void> {
    const inverse: Act = { verb: "start", peers: [number] };
    await this.#ledger.fault({ verb: "stop", peers: [number] }, inverse, () => this.#cluster.stop(number));
  }

  async kill(number: number): Promise<void> {
    const inverse: Act = { verb: "start", peers: [number] };
    const id = await this.#ledger.fault({ verb: "kill", peers: [number] }, inverse, () => this.#cluster.kill(number));
    this.#ledger.over(["pause"], [number], id); // the dead do not sleep
  }

  async restart(number: number): Promise<void> {
    const inverse: Act = { verb: "start", peers: [number] };
    const id = await this.#ledger.fault({ verb: "restart", peers: [number] }, inverse, () =>
      this.#cluster.restart(number),
    );
    this.#ledger.over(["restart"], [number], id);
  }

  async pause(number: number): Promise<void> {
    const inverse: Act = { verb: "resume", peers: [number] };
    await this.#ledger.fault({ verb: "pause", peers: [number] }, inverse, () => this.#cluster.pause(number));
  }

  resume(number: number): Promise<void> {
    return this.#ledger.end({ verb: "resume", peers: [number] }, ["pause"], null, () => this.#cluster.resume(number));
  }

  async starve(numbers: readonly number[], how: Starved): Promise<void> {
    const act: Act = { verb: "starve", peers: numbers, how: { ...how } };
    const inverse: Act = { verb: "resume", peers: numbers };
    const id = await this.#ledger.fault(act, inverse, () => this.#cluster.starve(numbers, how));
    this.#ledger.over(["starve"], numbers, id);
  }

  async cpu(number: number, share: number | undefined): Promise<void> {
    const act: Act = { verb: "cpu", peers: [number], how: { share: share ?? "none" } };
    const work = (): Promise<void> => this.#cluster.cpu(number, share);
    if (share === undefined) await this.#ledger.end(act, ["cpu"], null, work);
    else await this.#ledger.fault(act, { verb: "cpu", peers: [number], how: { share: "none" } }, work);
  }

  async add(seeds: readonly number[]): Promise<number> {
    const number = this.peers.length + 1;
    const act: Act = { verb: "add", peers: [number], how: { seeds } };
    await this.#ledger.fault(act, { verb: "stop", peers: [number] }, () => this.#cluster.add(seeds));
    return number;
  }

  async setMeta(number: number, meta: PeerMeta): Promise<void> {
    const address = this.peers.find((peer) => peer.number === number)?.address ?? "";
    const before = this.#seen.find((view) => view.number === number)?.members?.get(address)?.meta;
    const inverse: Act | null = before === undefined ? null : { verb: "set-meta", peers: [number], how: { ...before } };
    const act: Act = { verb: "set-meta", peers: [number], how: { ...meta } };
    await this.#ledger.fault(act, inverse, () => this.#cluster.setMeta(number, meta));
  }

  async addSeed(number: number, seed: Address): Promise<void> {
    // A seed cannot be taken back; it is an address to try, and goes with the peer.
    const act: Act = { verb: "add-seed", peers: [number], how: { seed } };
    await this.#ledger.fault(act, null, () => this.#cluster.addSeed(number, seed));
  }

  async close(number: number): Promise<number> {
    let closed = 0;
    const act: Act = { verb: "close", peers: [number] };
    // They are opened again by whoever needs them.
    const id = await this.#ledger.fault(act, null, async () => {
      closed = await this.#cluster.close(number);
    });
    this.#ledger.over(["close"], [number], id);
    return closed;
  }

  async cut(from: number, to: number): Promise<void> {
    const act: Act = { verb: "cut", peers: [from, to], way: [from, to] };
    await this.#ledger.fault(act, { verb: "heal", peers: [] }, () => this.#cluster.cut(from, to));
  }

  async loss(share: number): Promise<void> {
    const act: Act = { verb: "loss", peers: this.#everybody(), how: { share } };
    await this.#ledger.fault(act, { verb: "heal", peers: [] }, () => this.#cluster.loss(share));
  }

  async delay(latencyMs: number, jitterMs: number): Promise<void> {
    const act: Act = { verb: "delay", peers: this.#everybody(), how: { latencyMs, jitterMs } };
    await this.#ledger.fault(act, { verb: "heal", peers: [] }, () => this.#cluster.delay(latencyMs, jitterMs));
  }

  async bandwidth(kbits: number): Promise<void> {
    const act: Act = { verb: "bandwidth", peers: this.#everybody(), how: { kbits } };
    await this.#ledger.fault(act, { verb: "heal", peers: [] }, () => this.#cluster.bandwidth(kbits));
  }

  heal(): Promise<void> {
    return this.#ledger.end({ verb: "heal", peers: [] }, NETWORK, null, () => this.#cluster.heal());
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
    this.#look(views, true);
    return views;
  }

  /**
   * Undoes what still stands, the latest first; what was healed before, nothing is done about. Rejects with the first
   * failure, once everything was tried. Peers that were added, and metadata, stay.
   */
  async undo(): Promise<void> {
    const failures: unknown[] = [];
    for (const standing of this.#ledger.standing.toReversed()) {
      if (!this.#ledger.standing.includes(standing)) continue; // went with one that was undone before
      try {
        await this.#undoOne(standing.act, standing.inverse);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster[Symbol.asyncDispose]();
  }

  async #undoOne({ verb }: Act, inverse: Act): Promise<void> {
    const states = new Map(this.peers.map(({ number, state }) => [number, state]));
    const those = (state: string): number[] => inverse.peers.filter((number) => states.get(number) === state);
    if (NETWORK.includes(verb)) {
      await this.#ledger.end(inverse, NETWORK, null, () => this.#cluster.heal());
    } else if (inverse.verb === "cpu") {
      for (const number of inverse.peers) await this.cpu(number, undefined);
    } else if (inverse.verb === "resume") {
      for (const number of those("paused"))
        await this.#ledger.end({ verb: "resume", peers: [number] }, ["pause", "starve"], null, () =>
          this.#cluster.resume(number),
        );
    } else if (inverse.verb === "start") {
      for (const number of those("down"))
        await this.#ledger.end({ verb: "start", peers: [number] }, [...DOWN, "restart"], null, () =>
          this.#cluster.start(number, {}),
        );
    }
  }

  #everybody(): number[] {
    return this.peers.map(({ number }) => number);
  }

  #look(views: Views, now = false): void {
    this.#seen = views;
    const isDue = now || this.nowMs - this.#lookedMs >= this.timing.pingPeriodMs / LOOKS_IN_A_PERIOD;
    if (!isDue) return;
    this.#lookedMs = this.nowMs;
    this.#desk.recorder.look(views);
    this.#desk.show(views);
  }
}
