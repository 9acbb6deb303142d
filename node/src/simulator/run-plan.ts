import { budgets, type Millis } from "../core/timing.js";
import { disagreement } from "./disagreement.js";
import { Invariants, Violation } from "./invariants.js";
import type { FactKind } from "./knowledge.js";
import type { Fault, Plan } from "./plan.js";
import { protobufCodec } from "./protobuf-codec.js";
import type { SimulatedPeer } from "./simulated-peer.js";
import { Simulation } from "./simulation.js";

/** What came of a plan: how it failed, if it did, and what it went through either way. */
export interface Outcome {
  readonly plan: Plan;
  readonly failure: string | undefined;
  /** How often something was really broken; a run in which nothing was proves nothing. */
  readonly bites: number;
  readonly traceHash: string;
  readonly lastEvents: readonly string[];
  /** As the run left them. */
  readonly peers: readonly SimulatedPeer[];
}

/** Runs a plan, checks every invariant after every event, then ends all faults and expects agreement within the budget. */
export function runPlan(plan: Plan, { codec = false } = {}): Outcome {
  const simulation = new Simulation({
    seed: plan.seed,
    timing: plan.timing,
    ...(codec ? { codec: protobufCodec() } : {}),
  });
  const faults = new Faults(simulation);
  let failure: string | undefined;
  try {
    simulation.watch(new Invariants(simulation));
    startAll(simulation, plan.peers);
    for (const { atMs, fault } of plan.faults) {
      simulation.pass(Math.max(0, atMs - simulation.now));
      faults.apply(fault);
    }
    failure = settle(simulation, faults);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    failure = error.message;
  }
  const { trace } = simulation;
  return {
    plan,
    failure,
    bites: faults.bites,
    traceHash: trace.hash,
    lastEvents: trace.last(60),
    peers: simulation.peers,
  };
}

/** Everybody seeds the first, the first everybody's second; so whoever starts again finds the others. */
function startAll(simulation: Simulation, count: number): void {
  for (let index = 0; index < count; index++) simulation.addPeer({ meta: { name: `peer ${index}` } });
  const [first, second] = simulation.peers;
  for (const peer of simulation.peers) {
    const seed = peer === first ? second : first;
    peer.seeds = seed === undefined ? [] : [seed.address];
    simulation.start(peer);
  }
}

/** All faults end, the first peer lives, and then, within the budget, everybody lists exactly those who run. */
function settle(simulation: Simulation, faults: Faults): string | undefined {
  faults.end();
  const first = simulation.peers[0];
  if (first !== undefined && first.state !== "running") simulation.start(first);
  const { settleMs } = budgets(simulation.timing, simulation.peers.length);
  const settled = simulation.passUntil(() => disagreement(simulation) === undefined, settleMs);
  if (!settled) return `no agreement within ${settleMs} ms after the last fault: ${disagreement(simulation) ?? ""}`;
  // Agreement must also last: what was agreed on by chance falls apart again.
  simulation.pass(settleMs);
  const after = disagreement(simulation);
  return after === undefined ? undefined : `agreement did not last: ${after}`;
}

/** How long a starved peer is free in between. */
const AWAKE_MS = 20;

/** What the others are to learn of a fault that had an effect. */
const FACTS: Partial<Record<Fault["type"], FactKind>> = {
  kill: "crash",
  stop: "leave",
  start: "join",
  restart: "join",
  pause: "silence",
};

/** Does to a simulation what a plan says, and counts what had an effect. */
export class Faults {
  readonly #simulation: Simulation;
  readonly #happened: (kind: FactKind, peer: SimulatedPeer) => void;
  #bites = 0;
  /** What starves peers looks here whether it still is to do so. */
  #round = {};

  /** Tells `happened` of what the other peers are to learn. */
  constructor(simulation: Simulation, happened: (kind: FactKind, peer: SimulatedPeer) => void = () => undefined) {
    this.#simulation = simulation;
    this.#happened = happened;
  }

  get bites(): number {
    const { lost, cut, duplicated, reordered } = this.#simulation.network.bites;
    return this.#bites + lost + cut + duplicated + reordered;
  }

  apply(fault: Fault): void {
    const { network } = this.#simulation;
    switch (fault.type) {
      case "partition":
        this.#partition(new Set(fault.side));
        break;
      case "cut":
        network.cut(this.#peer(fault.from).address, this.#peer(fault.to).address);
        break;
      case "heal":
        this.#simulation.healNetwork();
        break;
      case "loss":
      case "duplicate":
      case "reorder":
        network.setAll({ [fault.type]: fault.share });
        break;
      case "latency":
        network.setAll({ latencyMs: fault.latencyMs, jitterMs: fault.jitterMs });
        break;
      case "kill":
      case "stop":
      case "start":
      case "restart":
      case "pause":
      case "resume":
      case "starve":
      case "meta":
      case "seed":
        this.#applyToPeer(fault, this.#peer(fault.peer));
    }
  }

  /** The network as good as at first, and whoever is frozen or starved runs again. The dead stay dead. */
  end(): void {
    this.#round = {};
    this.#simulation.healNetwork();
    for (const peer of this.#simulation.running) this.#simulation.resume(peer);
  }

  #applyToPeer(fault: Extract<Fault, { peer: number }>, peer: SimulatedPeer): void {
    const simulation = this.#simulation;
    const before = `${peer.state} ${peer.frozen} ${peer.blocked} ${peer.life}`;
    switch (fault.type) {
      case "kill":
        simulation.kill(peer, fault);
        break;
      case "stop":
        simulation.stop(peer);
        break;
      case "start":
        simulation.start(peer);
        break;
      case "restart":
        simulation.kill(peer);
        peer.clockSkewMs = fault.clockSkewMs;
        simulation.start(peer);
        break;
      case "pause":
        simulation.pause(peer);
        break;
      case "resume":
        simulation.resume(peer);
        break;
      case "starve":
        this.#starve(peer, fault.asleepMs, fault.times);
        break;
      case "meta":
        simulation.updateMeta(peer, { name: fault.name });
        break;
      case "seed":
        simulation.addSeed(peer, this.#peer(fault.seed).address);
        break;
    }
    if (before !== `${peer.state} ${peer.frozen} ${peer.blocked} ${peer.life}`) {
      this.#bites++;
      const fact = FACTS[fault.type];
      if (fact !== undefined) this.#happened(fact, peer);
    }
  }

  #starve(peer: SimulatedPeer, asleepMs: Millis, times: number): void {
    const simulation = this.#simulation;
    const round = this.#round;
    const until = simulation.now + times * (asleepMs + AWAKE_MS);
    const goesOn = (): boolean => round === this.#round && simulation.now < until;
    simulation.starve(peer, { asleepMs: () => asleepMs, awakeMs: AWAKE_MS, goesOn });
  }

  #partition(side: ReadonlySet<number>): void {
    const { peers, network } = this.#simulation;
    for (const a of peers) {
      for (const b of peers) {
        if (side.has(a.index) !== side.has(b.index)) network.cut(a.address, b.address);
      }
    }
  }

  #peer(index: number): SimulatedPeer {
    const peer = this.#simulation.peers[index];
    if (peer === undefined) throw new Error(`there is no peer ${index}`);
    return peer;
  }
}
