import type { ProtocolTiming } from "gossip-peer";
import {
  disagreement,
  Invariants,
  Knowledge,
  pick,
  quantile,
  Simulation,
  stream,
  TrafficSampler,
  type Fact,
  type FactKind,
  type LinkSettings,
  type Random,
  type SimulatedPeer,
} from "gossip-peer/simulator";
import { drawPlan } from "./plan.js";
import { SimulatedFaults } from "./simulated-faults.js";

export const MEASURED_CHANGES = ["update", "crash", "silence", "leave"] as const;
export type MeasuredChange = (typeof MEASURED_CHANGES)[number];

export interface MeasureOptions {
  readonly peers: number;
  readonly durationMs: number;
  readonly seed: number;
  readonly timing?: Partial<ProtocolTiming>;
  readonly link?: Partial<LinkSettings>;
  /** Which changes happen once all list all, in turn; `random` draws a plan of all faults there are. */
  readonly changes: readonly MeasuredChange[] | "random";
  /** How often each of the changes happens. */
  readonly each: number;
  /** So many peers handle their input late from then on: blocked for 1 to 10 s, free for a tenth of one, and again. */
  readonly starved: number;
  /** Called once a period of virtual time. */
  readonly progress?: (nowMs: number) => void;
}

/** How word of one kind of change spread. Times in ms, from the change on. */
export interface Spreading {
  readonly count: number;
  /** How many were not known by all in the time there was. */
  readonly incomplete: number;
  /** Until the first knew, and until all did. */
  readonly firstMs: Quantiles;
  readonly fullMs: Quantiles;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** For each running peer and each ping period; bytes are both sent and received. */
export interface PeerLoad {
  readonly exchanges: number;
  readonly messages: number;
  /** As encoded, and with 52 bytes for each TCP segment of 1448. */
  readonly bytes: number;
  readonly wireBytes: number;
}

export interface Measurement {
  readonly peers: number;
  readonly seed: number;
  readonly timing: ProtocolTiming;
  readonly durationMs: number;
  /** When, after the first start, all first listed all; undefined when they never did. */
  readonly agreedMs: number | undefined;
  readonly spreads: Partial<Record<FactKind, Spreading>>;
  readonly wrongRemovals: number;
  /** Of these, those by peers that are not starved. */
  readonly wrongRemovalsByHealthy: number;
  /** Before all listed all, and from then on. */
  readonly load: { readonly before: PeerLoad; readonly after: PeerLoad };
  /** The number of distinct views at the end of each period. */
  readonly distinctViews: readonly number[];
  /** The first disagreement that was left at the end. */
  readonly disagreement: string | undefined;
  readonly traceHash: string;
  readonly events: number;
}

/**
 * Starts the peers through one seed, lets them agree, lets things happen to them and reports who learnt of it when, and
 * at what cost. Throws a Violation when an invariant breaks.
 */
export function measure(options: MeasureOptions): Measurement {
  return new MeasuredRun(options).measurement();
}

/** Beyond this the invariants, which look at whole views, and encoding every message cost more than the protocol. */
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
  /** The facts that took a peer away, until all know them. */
  readonly #away = new Set<Fact>();
  #agreedMs: number | undefined;

  constructor(options: MeasureOptions) {
    this.#options = options;
    const { seed, timing, link } = options;
    const simulation = new Simulation({ seed, ...(timing && { timing }), ...(link && { link }) });
    this.#simulation = simulation;
    this.#knowledge = new Knowledge(simulation);
    this.#random = stream(seed, "experiment");
    const every = options.peers <= WATCHED_PEERS ? 1 : 50;
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
      distinctViews: this.#distinctViews,
      disagreement: disagreement(this.#simulation),
      traceHash: this.#simulation.trace.hash,
      events: this.#simulation.trace.count,
    };
  }

  get #present(): TrafficSampler {
    return this.#traffic[this.#agreedMs === undefined ? "before" : "after"];
  }

  /** Starts all within one period, as processes do that are started together. */
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

  /** Lets one ping period pass; then looks at who agrees, and brings back those whose end all know. */
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

  /** Spread evenly, each at a random moment of its slot; the last fifth of the time is for word to get round. */
  #schedule(durationMs: number): void {
    const simulation = this.#simulation;
    const { changes, each, seed, peers } = this.#options;
    if (changes === "random") {
      const faults = new SimulatedFaults(simulation, (fact, peer) => this.#knowledge.happened(fact, peer));
      for (const { atMs, faults: together } of drawPlan(seed, { peers, durationMs: durationMs * 0.8 }).events) {
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

function spreads(facts: readonly Fact[]): Measurement["spreads"] {
  const kinds = [...new Set(facts.map(({ kind }) => kind))];
  return Object.fromEntries(kinds.map((kind) => [kind, spread(facts.filter((fact) => fact.kind === kind))]));
}

function spread(facts: readonly Fact[]): Spreading {
  const known = facts.flatMap(({ firstMs, fullMs }) => (fullMs === undefined ? [] : [{ firstMs, fullMs }]));
  return {
    count: facts.length,
    incomplete: facts.length - known.length,
    firstMs: quantiles(known.map(({ firstMs, fullMs }) => firstMs ?? fullMs)),
    fullMs: quantiles(known.map(({ fullMs }) => fullMs)),
  };
}

function quantiles(values: readonly number[]): Quantiles {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99), max: quantile(values, 1) };
}
