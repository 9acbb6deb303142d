import { pick, type Random } from "../core/random.js";
import type { Millis, ProtocolTiming } from "../core/timing.js";
import { disagreement } from "./disagreement.js";
import { Invariants } from "./invariants.js";
import { Knowledge, type Fact, type FactKind } from "./knowledge.js";
import type { LinkSettings } from "./simulated-network.js";
import { drawPlan } from "./plan.js";
import { quantile } from "./quantile.js";
import { Faults } from "./run-plan.js";
import type { SimulatedPeer } from "./simulated-peer.js";
import { Simulation } from "./simulation.js";
import { stream } from "./streams.js";
import { TrafficSampler } from "./traffic-sampler.js";

export const CHANGES = ["update", "crash", "silence", "leave"] as const;
export type Change = (typeof CHANGES)[number];

export interface ExperimentOptions {
  readonly peers: number;
  readonly durationMs: Millis;
  readonly seed: number;
  readonly timing?: Partial<ProtocolTiming>;
  readonly link?: Partial<LinkSettings>;
  /** Which changes happen once all list all, in turn; `random` draws a plan of all faults there are. */
  readonly changes: readonly Change[] | "random";
  /** How often each of the changes happens. */
  readonly each: number;
  /** So many peers handle their input late from then on: blocked for 1 to 10 s, free for a tenth of one, and again. */
  readonly starved: number;
  /** Called once a period of virtual time. */
  readonly progress?: (nowMs: Millis) => void;
}

/** How word of one kind of change spread. Times in ms, from the change on. */
export interface Spread {
  readonly count: number;
  /** How many were not known by all in the time there was. */
  readonly incomplete: number;
  /** Until the first knew, and until all did. */
  readonly firstMs: Distribution;
  readonly fullMs: Distribution;
}

export interface Distribution {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** For each running peer and each ping period; bytes are both sent and received. */
export interface Load {
  readonly exchanges: number;
  readonly messages: number;
  /** As encoded, and with 52 bytes for each TCP segment of 1448. */
  readonly bytes: number;
  readonly wireBytes: number;
}

export interface Report {
  readonly peers: number;
  readonly seed: number;
  readonly timing: ProtocolTiming;
  readonly durationMs: Millis;
  /** When, after the first start, all first listed all; undefined when they never did. */
  readonly agreedMs: Millis | undefined;
  readonly spreads: Partial<Record<FactKind, Spread>>;
  readonly wrongRemovals: number;
  /** Of these, those by peers that are not starved. */
  readonly wrongRemovalsByHealthy: number;
  /** Before all listed all, and from then on. */
  readonly load: { readonly before: Load; readonly after: Load };
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
export function runExperiment(options: ExperimentOptions): Report {
  return new Experiment(options).run();
}

/** Beyond this the invariants, which look at whole views, and encoding every message cost more than the protocol. */
const WATCHED_PEERS = 200;
/** How a starved peer is blocked and free by turns, in ms. */
const STARVED = { shortest: 1000, longest: 10_000, free: 100 };

class Experiment {
  readonly #options: ExperimentOptions;
  readonly #simulation: Simulation;
  readonly #knowledge: Knowledge;
  readonly #random: Random;
  readonly #distinctViews: number[] = [];
  readonly #traffic: Readonly<Record<"before" | "after", TrafficSampler>>;
  /** What took a peer away, until all know. */
  readonly #away = new Set<Fact>();
  #agreedMs: Millis | undefined;

  constructor(options: ExperimentOptions) {
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

  run(): Report {
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

  /** All within one period, as processes do that are started together. */
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

  /** One ping period; then a look at who agrees, and those whose end all know come back. */
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
    // Whoever is blocked most of the time is removed with good reason; the question is whether it removes others.
    this.#knowledge.ignore(starved);
    const { shortest, longest, free: awakeMs } = STARVED;
    const random = stream(this.#options.seed, "starve");
    const asleepMs = (): Millis => shortest + random.next() * (longest - shortest);
    for (const peer of starved) {
      simulation.at(simulation.now + random.next() * longest, () => {
        simulation.starve(peer, { asleepMs, awakeMs, goesOn: () => true });
      });
    }
  }

  /** Spread evenly, each at a random moment of its slot; the last fifth of the time is for word to get round. */
  #schedule(durationMs: Millis): void {
    const simulation = this.#simulation;
    const { changes, each, seed, peers } = this.#options;
    if (changes === "random") {
      const faults = new Faults(simulation, (kind, peer) => {
        this.#knowledge.happened(kind, peer);
      });
      for (const { atMs, fault } of drawPlan(seed, { peers, durationMs: durationMs * 0.8 }).faults) {
        simulation.at(simulation.now + atMs, () => {
          faults.apply(fault);
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

  #change(change: Change): void {
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

  #load(): Report["load"] {
    const agreedMs = this.#agreedMs ?? this.#options.durationMs;
    return {
      before: this.#perPeerAndPeriod(this.#traffic.before, agreedMs),
      after: this.#perPeerAndPeriod(this.#traffic.after, this.#options.durationMs - agreedMs),
    };
  }

  #perPeerAndPeriod({ exchanges, messages, bytes, wireBytes }: TrafficSampler, forMs: Millis): Load {
    const share = (total: number): number =>
      forMs <= 0 ? 0 : (total * this.#simulation.timing.pingPeriodMs) / (forMs * this.#options.peers);
    // Each message is sent by one and received by another.
    return {
      exchanges: share(exchanges),
      messages: share(messages),
      bytes: share(2 * bytes),
      wireBytes: share(2 * wireBytes),
    };
  }
}

function spreads(facts: readonly Fact[]): Report["spreads"] {
  const kinds = [...new Set(facts.map(({ kind }) => kind))];
  return Object.fromEntries(kinds.map((kind) => [kind, spread(facts.filter((fact) => fact.kind === kind))]));
}

function spread(facts: readonly Fact[]): Spread {
  const known = facts.flatMap(({ firstMs, fullMs }) => (fullMs === undefined ? [] : [{ firstMs, fullMs }]));
  return {
    count: facts.length,
    incomplete: facts.length - known.length,
    firstMs: distribution(known.map(({ firstMs, fullMs }) => firstMs ?? fullMs)),
    fullMs: distribution(known.map(({ fullMs }) => fullMs)),
  };
}

function distribution(values: readonly number[]): Distribution {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99), max: quantile(values, 1) };
}
