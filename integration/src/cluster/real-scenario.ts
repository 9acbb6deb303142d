import { setImmediate as turn, setTimeout as elapse } from "node:timers/promises";
import type { Address, Budgets, PeerMeta, ProtocolTiming } from "gossip-peer";
import { stream, type Random } from "gossip-peer/simulator";
import type { Change, ScenarioCluster, Sent, Starved } from "../scenario/cluster.js";
import { Unsupported } from "../fault/unsupported.js";
import type { PeerState, Views } from "../view/views.js";
import type { Cluster, PeerHandle } from "./cluster.js";
import { Counters } from "./counters.js";
import { History } from "./history.js";
import { Presence } from "./presence.js";
import type { Wire } from "./wire.js";

/** A look costs those who are looked at, too: between two looks there is a rest, longer where a look takes long. */
const REST_MS = 100;
const REST_FOR_LOOK = 3;

/** What only one kind of cluster can do, each rejecting with Unsupported where it cannot. */
export interface Powers {
  readonly wire: Wire;
  /** A share of one CPU from 0 to 1; undefined: as much as there is. */
  limitCpu(number: number, share: number | undefined): Promise<void>;
}

/** Peers that run for real, as scenarios know them. */
export class RealScenario implements ScenarioCluster {
  readonly #cluster: Cluster;
  readonly #powers: Powers;
  readonly #chance: Random;
  readonly #begun = performance.now();
  readonly #presence = new Presence(() => this.nowMs);
  readonly #history = new History(
    () => this.nowMs,
    (subject, viewer) => this.#wasThere(subject, viewer),
  );

  readonly #counters = new Counters();

  private constructor(cluster: Cluster, powers: Powers, seed: number) {
    this.#cluster = cluster;
    this.#powers = powers;
    this.#chance = stream(seed, "starve");
  }

  /** Takes the cluster over: it ends with the scenario, also when it cannot be listened to. */
  static async on(cluster: Cluster, powers: Powers, seed: number): Promise<RealScenario> {
    const scenario = new RealScenario(cluster, powers, seed);
    await Promise.all(cluster.peers.filter(({ state }) => state === "running").map((peer) => scenario.#isUp(peer)));
    return scenario;
  }

  get timing(): ProtocolTiming {
    return this.#cluster.timing;
  }

  get budgets(): Budgets {
    return this.#cluster.budgets;
  }

  get nowMs(): number {
    return performance.now() - this.#begun;
  }

  get peers(): readonly { number: number; address: Address; state: PeerState }[] {
    return this.#cluster.peers;
  }

  get history(): readonly Change[] {
    return this.#history.changes;
  }

  async start(number: number, { name, clockSkewMs, cluster }: Parameters<ScenarioCluster["start"]>[1]): Promise<void> {
    if (clockSkewMs !== undefined)
      throw new Unsupported("real peers share this machine's clock: there is no clockSkewMs");
    const peer = this.#cluster.peer(number);
    await peer.start({ name, cluster });
    await this.#isUp(peer);
  }

  async stop(number: number): Promise<void> {
    await this.#goesDown(number);
    await this.#cluster.peer(number).stop();
  }

  async kill(number: number): Promise<void> {
    await this.#goesDown(number);
    await this.#cluster.peer(number).kill();
  }

  async restart(number: number): Promise<void> {
    await this.stop(number);
    await this.start(number, {});
  }

  async pause(number: number): Promise<void> {
    this.#presence.away(number);
    await this.#cluster.peer(number).pause();
  }

  async resume(number: number): Promise<void> {
    await this.#cluster.peer(number).resume();
    this.#presence.awake(number);
  }

  close(number: number): Promise<number> {
    return this.#powers.wire.close(number);
  }

  async starve(numbers: readonly number[], how: Starved): Promise<void> {
    const endMs = this.nowMs + how.forMs;
    await Promise.all(numbers.map((number) => this.#starveOne(number, how, this.#chance.next(), endMs)));
  }

  cpu(number: number, share: number | undefined): Promise<void> {
    return this.#powers.limitCpu(number, share);
  }

  async add(seeds: readonly number[]): Promise<number> {
    const peer = await this.#cluster.add({ seeds: seeds.map((seed) => this.#cluster.peer(seed)) });
    await this.#isUp(peer);
    return peer.number;
  }

  setMeta(number: number, meta: PeerMeta): Promise<void> {
    return this.#cluster.peer(number).setMeta(meta);
  }

  addSeed(number: number, seed: Address): Promise<void> {
    return this.#cluster.peer(number).addSeed(seed);
  }

  cut(from: number, to: number): Promise<void> {
    this.#presence.cut(from, to);
    return this.#powers.wire.cut(from, to);
  }

  loss(share: number): Promise<void> {
    return this.#powers.wire.loss(share);
  }

  delay(latencyMs: number, jitterMs: number): Promise<void> {
    return this.#powers.wire.delay(latencyMs, jitterMs);
  }

  bandwidth(kbits: number): Promise<void> {
    return this.#powers.wire.bandwidth(kbits);
  }

  async heal(): Promise<void> {
    await this.#powers.wire.heal();
    this.#presence.healed();
  }

  bites(): Promise<number> {
    return this.#powers.wire.bites();
  }

  traffic(): Promise<readonly Sent[]> {
    return this.#counters.sums(this.#cluster.peers);
  }

  logTail(number: number, lines: number): Promise<string[]> {
    return this.#cluster.peer(number).logTail(lines);
  }

  async pass(ms: number): Promise<void> {
    await elapse(ms);
  }

  async until(holds: (views: Views) => boolean, withinMs: number): Promise<boolean> {
    const endMs = this.nowMs + withinMs;
    for (;;) {
      const lookedMs = this.nowMs;
      if (holds(await this.views())) return true;
      const restMs = Math.max(REST_MS, REST_FOR_LOOK * (this.nowMs - lookedMs));
      const leftMs = endMs - this.nowMs;
      if (leftMs <= 0) return false;
      await elapse(Math.min(restMs, leftMs));
    }
  }

  /** What the peers had told by then is in the history when this resolves. */
  async views(): Promise<Views> {
    const views = await this.#cluster.views();
    await turn();
    return views;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#history.end();
    await this.#cluster[Symbol.asyncDispose]();
  }

  async #isUp(peer: PeerHandle): Promise<void> {
    this.#presence.awake(peer.number);
    await this.#history.follow(peer);
  }

  async #goesDown(number: number): Promise<void> {
    await this.#counters.ends(this.#cluster.peer(number));
    this.#presence.away(number);
    this.#history.unfollow(number);
  }

  /** Asleep and awake by turns, at a time of its own; whatever happens it is awake in the end. */
  async #starveOne(number: number, { asleepMs, awakeMs }: Starved, chance: number, endMs: number): Promise<void> {
    await elapse(Math.min(chance * asleepMs, endMs - this.nowMs));
    while (this.nowMs < endMs) {
      await this.pause(number);
      await elapse(Math.min(asleepMs, Math.max(0, endMs - this.nowMs)));
      await this.resume(number);
      await elapse(Math.min(awakeMs, Math.max(0, endMs - this.nowMs)));
    }
  }

  /** For as long as it takes to remove somebody: what was suspected meanwhile runs out later. */
  #wasThere(subject: Address, viewer: number): boolean {
    const peer = this.#cluster.peers.find(({ address }) => address === subject);
    return peer !== undefined && this.#presence.wasThere(peer.number, viewer, this.budgets.silenceMs);
  }
}
