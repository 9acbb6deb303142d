import { TrafficSampler, type SimulatedPeer, type Simulation, type Watcher } from "gossip-peer/simulator";
import type { Sent } from "../../scenario/cluster.js";

interface Counter {
  readonly traffic: TrafficSampler;
  /** For how long the peer ran in the lives that are over, in ms. */
  ranMs: number;
  sinceMs: number | undefined;
}

/** Counts what each simulated peer sends. The answer to a probe counts as sent by the peer that asked. */
export class SimulatedCounters implements Watcher {
  readonly #simulation: Simulation;
  readonly #counters = new Map<SimulatedPeer, Counter>();

  readonly sent: Required<Watcher>["sent"] = (from, message) => {
    if (!from.isTwin) this.#of(from).traffic.sent(from, message);
  };

  readonly probed: Required<Watcher>["probed"] = (from, request) => {
    if (!from.isTwin) this.#of(from).traffic.probed(from, request);
  };

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    simulation.watch(this);
  }

  /** A life of the peer begins. */
  begins(peer: SimulatedPeer): void {
    this.#of(peer).sinceMs = this.#simulation.now;
  }

  /** A life of the peer is over. */
  ends(peer: SimulatedPeer): void {
    const counter = this.#of(peer);
    counter.ranMs = this.#ranMs(counter);
    counter.sinceMs = undefined;
  }

  /** What each peer has sent, in the order of their numbers. */
  sums(): Sent[] {
    const all = [...this.#counters].sort(([a], [b]) => a.index - b.index);
    return all.map(([peer, counter]) => ({
      peer: peer.index + 1,
      messages: counter.traffic.messages,
      bytes: counter.traffic.bytes,
      forMs: this.#ranMs(counter),
      unread: 0,
    }));
  }

  #ranMs({ ranMs, sinceMs }: Counter): number {
    return ranMs + (sinceMs === undefined ? 0 : this.#simulation.now - sinceMs);
  }

  #of(peer: SimulatedPeer): Counter {
    const counter = this.#counters.get(peer) ?? { traffic: new TrafficSampler(1), ranMs: 0, sinceMs: undefined };
    this.#counters.set(peer, counter);
    return counter;
  }
}
