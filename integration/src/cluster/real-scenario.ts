import { setImmediate as turn, setTimeout as elapse } from "node:timers/promises";
import type { Address, Budgets, ProtocolTiming } from "gossip-peer";
import type { Fault } from "../fault/fault.js";
import type { Applied, Change, HowToApply, ScenarioCluster, Sent } from "../scenario/cluster.js";
import { Unsupported } from "../fault/unsupported.js";
import type { PeerState, Views } from "../view/views.js";
import type { Cluster, PeerHandle } from "./cluster.js";
import { inParallel } from "../lib/parallel.js";
import { Counters } from "./counters.js";
import { History } from "./history.js";
import { Presence } from "./presence.js";
import { Reach } from "./reach.js";
import type { Surroundings } from "./surroundings.js";

/**
 * Reading all views costs the peers, too. So there is a rest between two readings: at least so long, and as many times
 * as long as the last reading took.
 */
const REST_MS = 100;
const REST_PER_READING = 3;
/** How many peers are looked after at a time. */
const ASKED_AT_ONCE = 16;

/** Peers that run for real, as scenarios know them. */
export class RealScenario implements ScenarioCluster {
  readonly #cluster: Cluster;
  readonly #surroundings: Surroundings;
  readonly #begun = performance.now();
  readonly #presence = new Presence(() => this.nowMs);
  readonly #reach = new Reach(this.#presence, () => this.#cluster.peers);
  readonly #history = new History(
    () => this.nowMs,
    (subject, viewer) => this.#wasThere(subject, viewer),
  );

  /** Whom a fault has left little memory, so that the kernel may end them. */
  readonly #shortOfMemory = new Set<number>();
  readonly #counters = new Counters();

  private constructor(cluster: Cluster, surroundings: Surroundings) {
    this.#cluster = cluster;
    this.#surroundings = surroundings;
  }

  /**
   * Takes the cluster over, and follows the events of its peers. Disposing of the scenario ends the cluster.
   */
  static async on(cluster: Cluster, surroundings: Surroundings): Promise<RealScenario> {
    const scenario = new RealScenario(cluster, surroundings);
    await Promise.all(cluster.peers.filter(({ state }) => state === "running").map((peer) => scenario.#watch(peer)));
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

  async apply(fault: Fault, how: HowToApply = {}): Promise<Applied> {
    switch (fault.kind) {
      case "kill":
        if (fault.refuses === true || fault.closes === true || fault.vanishes === true)
          throw new Unsupported("only a simulated peer can be told what becomes of calls once it is dead");
        await this.#goesDown(fault.peer);
        await this.#peer(fault).kill();
        break;
      case "stop":
        await this.#goesDown(fault.peer);
        await this.#peer(fault).stop();
        break;
      case "start":
        if (fault.elsewhere === true) throw new Unsupported("a real peer keeps its IP in all its lives");
        if (fault.tls !== undefined && !this.#surroundings.hasCertificates)
          throw new Unsupported("the peers have no certificates");
        await this.#peer(fault).start(fault);
        await this.#watch(this.#peer(fault));
        break;
      case "restart":
        await this.apply({ kind: "stop", peer: fault.peer });
        await this.apply({ kind: "start", peer: fault.peer });
        break;
      case "pause":
        this.#presence.away(fault.peer);
        await this.#peer(fault).pause();
        break;
      case "resume":
        await this.#peer(fault).resume();
        this.#presence.awake(fault.peer);
        break;
      case "starve":
        how.begun?.();
        await this.#starve(fault, this.nowMs + fault.forMs, how.signal);
        break;
      case "add":
        await this.#add(fault);
        break;
      case "set-meta":
        await this.#peer(fault).setMeta(fault.meta);
        break;
      case "add-seed":
        await this.#peer(fault).addSeed(this.#addressOf(fault.seed));
        break;
      case "cut":
      case "reject":
      case "nat":
      case "ca":
      case "certificate":
        this.#reach.changes(fault);
        return this.#surroundings.apply(fault);
      case "heal":
        await this.#surroundings.apply(fault);
        this.#reach.healed(fault);
        break;
      case "memory":
        this.#shortOfMemory.add(fault.peer);
        return this.#surroundings.apply(fault);
      case "stranger":
      case "twin":
        return this.#surroundings.apply(fault, how);
      case "clock":
      case "close":
      case "cpu":
      case "dns":
      case "mute-dns":
      case "slow-dns":
      case "wrong-dns":
      case "loss":
      case "duplicate":
      case "reorder":
      case "delay":
      case "bandwidth":
        return this.#surroundings.apply(fault);
      default:
        return fault satisfies never; // each kind is above
    }
    return {};
  }

  bites(): Promise<number> {
    return this.#surroundings.bites();
  }

  traffic(): Promise<readonly Sent[]> {
    return this.#counters.sums(this.#cluster.peers);
  }

  dialled(): readonly Address[] {
    return this.#cluster.peers.filter(({ state }) => state === "running").map(({ remote }) => remote.address);
  }

  async misbehaviour(): Promise<readonly string[]> {
    await this.#takeDownWhoeverRanOutOfMemory();
    const present = this.#cluster.peers.filter(({ state }) => state !== "down");
    const found: string[] = [];
    await inParallel(ASKED_AT_ONCE, present, async (peer) => {
      const sentence = await peer.endedByItself();
      if (sentence !== undefined) found.push(sentence);
    });
    return found;
  }

  logTail(number: number, lines: number): Promise<string[]> {
    return this.#cluster.peer(number).logTail(lines);
  }

  beside<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async pass(ms: number): Promise<void> {
    await elapse(ms);
  }

  async until(holds: (views: Views) => boolean, withinMs: number): Promise<boolean> {
    const endMs = this.nowMs + withinMs;
    for (;;) {
      const readAtMs = this.nowMs;
      if (holds(await this.views())) return true;
      const restMs = Math.max(REST_MS, REST_PER_READING * (this.nowMs - readAtMs));
      const leftMs = endMs - this.nowMs;
      if (leftMs <= 0) return false;
      await elapse(Math.min(restMs, leftMs));
    }
  }

  /** Asks all peers for their views. When this resolves, the history has all events that had arrived by then. */
  async views(): Promise<Views> {
    await this.#takeDownWhoeverRanOutOfMemory();
    const views = await this.#cluster.views();
    await turn();
    return views;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#history.end();
    await this.#cluster[Symbol.asyncDispose]();
  }

  /** Counts a peer that has started as present, and follows its events. */
  async #watch(peer: PeerHandle): Promise<void> {
    this.#presence.awake(peer.number);
    await this.#history.follow(peer);
  }

  /** Whom the kernel ends under a fault is down as one that was killed, and did not end by itself. */
  async #takeDownWhoeverRanOutOfMemory(): Promise<void> {
    for (const number of this.#shortOfMemory) {
      if (await this.#cluster.peer(number).noteEndForMemory()) await this.#goesDown(number);
    }
  }

  async #goesDown(number: number): Promise<void> {
    await this.#counters.ends(this.#cluster.peer(number));
    this.#presence.away(number);
    this.#history.unfollow(number);
  }

  /** Pauses and resumes the peer by turns until `endMs`. The peer is resumed at the end. */
  async #starve(
    { peer, afterMs, asleepMs, awakeMs }: Fault<"starve">,
    endMs: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const leftMs = (): number => Math.max(0, endMs - this.nowMs);
    const pass = (ms: number): Promise<void> => elapse(Math.min(ms, leftMs()), undefined, { signal });
    await pass(afterMs);
    // Another step may have ended the peer meanwhile, or frozen it for good.
    while (leftMs() > 0 && this.#cluster.peer(peer).state === "running") {
      await this.apply({ kind: "pause", peer });
      await pass(asleepMs);
      if (this.#cluster.peer(peer).state === "paused") await this.apply({ kind: "resume", peer });
      await pass(awakeMs);
    }
  }

  async #add({ peer: number, seeds }: Fault<"add">): Promise<void> {
    const added = await this.#cluster.add({ seeds: seeds.map((seed) => this.#cluster.peer(seed)) });
    if (added.number !== number) throw new Error(`the peer that was added is ${added.number}, not ${number}`);
    await this.#watch(added);
  }

  #peer({ peer }: { readonly peer: number }): PeerHandle {
    return this.#cluster.peer(peer);
  }

  #addressOf(peer: number | Address): Address {
    return typeof peer === "number" ? this.#cluster.peer(peer).address : peer;
  }

  /**
   * Whether the viewer could reach the subject throughout the silence budget until now. A suspicion that began while
   * the subject was out of reach may run out so much later.
   */
  #wasThere(subject: Address, viewer: number): boolean {
    const peer = this.#cluster.peers.find(({ address }) => address === subject);
    return peer !== undefined && this.#presence.wasThere(peer.number, viewer, this.budgets.silenceMs);
  }
}
