import type { ProtocolTiming } from "gossip-peer";
import {
  disagreement,
  Invariants,
  Knowledge,
  pick,
  Simulation,
  stream,
  TrafficSampler,
  type Fact,
  type FactKind,
  type LinkSettings,
  type Random,
  type SimulatedPeer,
} from "gossip-peer/simulator";
import { course } from "../../scenario/random/course.js";
import { drawPlan } from "../../scenario/random/plan.js";
import { SimulatedFaults } from "./simulated-faults.js";
import { spreads, type Spreading } from "./spreading.js";

export const MEASURED_CHANGES = ["update", "crash", "silence", "leave"] as const;
export type MeasuredChange = (typeof MEASURED_CHANGES)[number];

export interface MeasureOptions {
  readonly peers: number;
  readonly durationMs: number;
  readonly seed: number;
  readonly timing?: Partial<ProtocolTiming>;
  readonly link?: Partial<LinkSettings>;
  /**
   * The changes that happen, in turn, once all peers list all; `random` draws a plan of all kinds of faults instead.
   */
  readonly changes: readonly MeasuredChange[] | "random";
  /** How often each of the changes happens. */
  readonly each: number;
  /** How many peers handle their input late once all list all: blocked for 1 to 10 s, free for 0.1 s, and again. */
  readonly starved: number;
  /** Called once a period of virtual time. */
  readonly progress?: (nowMs: number) => void;
}

/** The average for one running peer in one ping period. Bytes are both sent and received. */
export interface PeerLoad {
  readonly exchanges: number;
  readonly messages: number;
  /** The bytes of the encoded messages; `wireBytes` adds 52 bytes for each TCP segment of 1448. */
  readonly bytes: number;
  readonly wireBytes: number;
}

export interface Measurement {
  readonly peers: number;
  readonly seed: number;
  readonly timing: ProtocolTiming;
  readonly durationMs: number;
  /** When all peers first listed all, in ms from the first start; undefined when they never did. */
  readonly agreedMs: number | undefined;
  readonly spreads: Partial<Record<FactKind, Spreading>>;
  readonly wrongRemovals: number;
  /** How many of the wrong removals were made by peers that are not starved. */
  readonly wrongRemovalsByHealthy: number;
  /** The loads before all peers listed all, and from then on. */
  readonly load: { readonly before: PeerLoad; readonly after: PeerLoad };
  /**
   * The records sent from then on for each change and peer: 1 where each peer is told of it once, and what is above that
   * are duplicates. A crash is several changes of a record. Undefined where nothing changed.
   */
  readonly copies: number | undefined;
  /** The number of distinct views at the end of each period. */
  readonly distinctViews: readonly number[];
  /** The first disagreement that was left at the end. */
  readonly disagreement: string | undefined;
  readonly traceHash: string;
  readonly events: number;
}

/**
 * Starts the peers with one seed, waits until all list all, makes the changes, and reports how fast the peers learnt of
 * each, and at what cost. Throws a Violation when an invariant breaks.
 */
export function measure(options: MeasureOptions): Measurement {
  return new MeasuredRun(options).measurement();
}

/**
 * With more peers than this the invariants are not checked, and only some messages are encoded to be counted, the fewer
 * the more peers there are, since messages of a start hold more records then: both would cost more than the protocol.
 */
const WATCHED_PEERS = 200;
/** How a starved peer is blocked and free by turns, in ms. */
const STARVED = { shortest: 1000, longest: 10_000, free: 100 };

class MeasuredRun {
  readonly #options: MeasureOptions;
  readonly #simulation: Simulation;
  readonly #knowledge: Knowledge;
  readonly #random: Random;
  readonly #distinctViews: number[] = [];
  readonly #traffic: Readonly<Record<"before" | "after", TrafficSampler>>;
  /** The facts by which a peer went away, until all know them and the peer is brought back. */
  readonly #away = new Set<Fact>();
  #agreedMs: number | undefined;

  constructor(options: MeasureOptions) {
    this.#options = options;
    const { seed, timing, link } = options;
    const simulation = new Simulation({ seed, ...(timing && { timing }), ...(link && { link }) });
    this.#simulation = simulation;
    this.#knowledge = new Knowledge(simulation);
    this.#random = stream(seed, "experiment");
    const every = options.peers <= WATCHED_PEERS ? 1 : Math.max(50, Math.ceil(options.peers / 20));
    this.#traffic = { before: new TrafficSampler(every), after: new TrafficSampler(every) };
    simulation.watch(this.#knowledge);
    simulation.watch({
      sent: (from, message) => {
        this.#present.sent(from, message);
      },
      probed: (from, request) => {
        this.#present.probed(from, request);
      },
    });
    if (options.peers <= WATCHED_PEERS) simulation.watch(new Invariants(simulation));
  }

  measurement(): Measurement {
    const { peers, seed, durationMs } = this.#options;
    this.#startAll();
    while (this.#agreedMs === undefined && this.#simulation.now < durationMs) this.#period();
    this.#starve();
    this.#schedule(durationMs - this.#simulation.now);
    while (this.#simulation.now < durationMs) this.#period();
    return {
      peers,
      seed,
      timing: this.#simulation.timing,
      durationMs,
      agreedMs: this.#agreedMs,
      spreads: spreads(this.#knowledge.facts),
      wrongRemovals: this.#knowledge.wrongRemovals,
      wrongRemovalsByHealthy: this.#knowledge.wrongRemovalsByHealthy,
      load: this.#load(),
      copies: this.#copies(),
      distinctViews: this.#distinctViews,
      disagreement: disagreement(this.#simulation),
      traceHash: this.#simulation.trace.hash,
      events: this.#simulation.trace.count,
    };
  }

  get #present(): TrafficSampler {
    return this.#traffic[this.#agreedMs === undefined ? "before" : "after"];
  }

  /** Starts all peers within one ping period, as processes that are started together do. */
  #startAll(): void {
    const simulation = this.#simulation;
    for (let index = 0; index < this.#options.peers; index++) {
      const peer = simulation.addPeer({ meta: { name: `peer ${index}` } });
      const [seed] = simulation.peers;
      if (seed !== undefined && seed !== peer) peer.seeds = [seed.address];
      const at = index === 0 ? 0 : this.#random.next() * simulation.timing.pingPeriodMs;
      simulation.at(at, () => {
        this.#start(peer);
      });
    }
  }

  #start(peer: SimulatedPeer): void {
    this.#simulation.start(peer);
    this.#knowledge.happened("join", peer);
  }

  /** Lets one ping period pass. Then notes whether all agree, and brings back the peers whose end is known to all. */
  #period(): void {
    const simulation = this.#simulation;
    const left = this.#options.durationMs - simulation.now;
    simulation.pass(Math.min(left, simulation.timing.pingPeriodMs));
    const views = new Set(simulation.running.map(({ protocol }) => protocol?.viewHash));
    this.#distinctViews.push(views.size);
    const isComplete = simulation.running.length === simulation.peers.length;
    const knowAll = ({ protocol }: SimulatedPeer): boolean => protocol?.sizes().live === simulation.peers.length;
    if (this.#agreedMs === undefined && isComplete && simulation.running.every(knowAll))
      this.#agreedMs = simulation.now;
    if (this.#options.changes !== "random") this.#bringBack();
    this.#options.progress?.(simulation.now);
  }

  #bringBack(): void {
    for (const fact of this.#away) {
      if (fact.fullMs === undefined) continue;
      this.#away.delete(fact);
      if (fact.kind === "silence") this.#simulation.resume(fact.subject);
      else this.#start(fact.subject);
    }
  }

  #starve(): void {
    const simulation = this.#simulation;
    const starved = simulation.peers.slice(1, 1 + this.#options.starved);
    // A peer that is blocked most of the time is removed with good reason; the question is whether it removes others.
    this.#knowledge.ignore(starved);
    const { shortest, longest, free: awakeMs } = STARVED;
    const random = stream(this.#options.seed, "starve");
    const asleepMs = (): number => shortest + random.next() * (longest - shortest);
    for (const peer of starved) {
      simulation.at(simulation.now + random.next() * longest, () => {
        simulation.starve(peer, { asleepMs, awakeMs, goesOn: () => true });
      });
    }
  }

  /**
   * Schedules the changes evenly over the time, each at a random moment of its slot. The last fifth of the time is left
   * for their news to spread.
   */
  #schedule(durationMs: number): void {
    const simulation = this.#simulation;
    const { changes, each, seed, peers } = this.#options;
    if (changes === "random") {
      const faults = new SimulatedFaults(simulation, (fact, peer) => this.#knowledge.happened(fact, peer));
      for (const { atMs, faults: together } of course(drawPlan(seed, { peers, durationMs: durationMs * 0.8 }).events)) {
        simulation.at(simulation.now + atMs, () => {
          for (const fault of together) faults.apply(fault);
        });
      }
      simulation.at(simulation.now + durationMs * 0.8, () => {
        faults.end();
      });
      return;
    }
    const all = Array.from({ length: each }, () => changes).flat();
    const slotMs = (durationMs * 0.8) / all.length;
    all.forEach((change, at) => {
      simulation.at(simulation.now + (at + this.#random.next()) * slotMs, () => {
        this.#change(change);
      });
    });
  }

  #change(change: MeasuredChange): void {
    const simulation = this.#simulation;
    const awake = simulation.running.filter(({ index, frozen }) => index > this.#options.starved && !frozen);
    const peer = pick(this.#random, awake);
    if (peer === undefined) return;
    if (change === "update") simulation.updateMeta(peer, { name: `changed at ${Math.round(simulation.now)} ms` });
    else if (change === "crash") simulation.kill(peer);
    else if (change === "silence") simulation.pause(peer);
    else simulation.stop(peer);
    const fact = this.#knowledge.happened(change, peer);
    if (change !== "update") this.#away.add(fact);
  }

  #load(): Measurement["load"] {
    const agreedMs = this.#agreedMs ?? this.#options.durationMs;
    return {
      before: this.#perPeerAndPeriod(this.#traffic.before, agreedMs),
      after: this.#perPeerAndPeriod(this.#traffic.after, this.#options.durationMs - agreedMs),
    };
  }

  #copies(): number | undefined {
    const changes = this.#knowledge.facts.filter(({ at }) => at >= (this.#agreedMs ?? Infinity)).length;
    return changes === 0 ? undefined : this.#traffic.after.records / (changes * this.#options.peers);
  }

  #perPeerAndPeriod({ exchanges, messages, bytes, wireBytes }: TrafficSampler, forMs: number): PeerLoad {
    const share = (total: number): number =>
      forMs <= 0 ? 0 : (total * this.#simulation.timing.pingPeriodMs) / (forMs * this.#options.peers);
    // Every message is sent by one peer and received by another.
    return {
      exchanges: share(exchanges),
      messages: share(messages),
      bytes: share(2 * bytes),
      wireBytes: share(2 * wireBytes),
    };
  }
}
