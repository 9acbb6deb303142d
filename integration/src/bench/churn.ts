import { setTimeout as elapse } from "node:timers/promises";
import { pick, stream, type Random } from "gossip-peer/simulator";
import type { BenchPeer, ContenderCluster } from "./contender-cluster.js";

/** The wait between two changes: a member dies, leaves, freezes, comes back or is renamed so often. */
const CHANGED_EVERY_MS = 3000;

/** Has these peers of a cluster come and go, as chance draws it, which is the same for every contender. */
export class Churn {
  readonly #cluster: ContenderCluster;
  readonly #peers: readonly BenchPeer[];
  readonly #random: Random;
  #renamed = 0;

  constructor(cluster: ContenderCluster, peers: readonly BenchPeer[]) {
    this.#cluster = cluster;
    this.#peers = peers;
    this.#random = stream(peers.length, "churn");
  }

  /** Changes one peer after the other for so long, in ms. Rejects when `signal` aborts. */
  async goOn(forMs: number, signal: AbortSignal): Promise<void> {
    const end = performance.now() + forMs;
    while (performance.now() < end) {
      await this.#change(pick(this.#random, this.#peers));
      await elapse(Math.min(CHANGED_EVERY_MS, Math.max(0, end - performance.now())), undefined, { signal });
    }
  }

  /** Brings back all that are away. */
  async end(): Promise<void> {
    for (const peer of this.#peers) if (peer.state === "paused") await this.#cluster.resume(peer);
    await this.#cluster.start(...this.#cluster.down);
  }

  /** Does something to a peer that its state allows. */
  async #change(peer: BenchPeer | undefined): Promise<void> {
    if (peer === undefined) return;
    const drawn = this.#random.next();
    if (peer.state === "down") await this.#cluster.start(peer);
    else if (peer.state === "paused") await this.#cluster.resume(peer);
    else if (drawn < 0.3) await this.#cluster.kill(peer);
    else if (drawn < 0.6) await this.#cluster.stop(peer);
    else if (drawn < 0.8) await this.#cluster.pause(peer);
    else await this.#cluster.contender.rename?.(peer.port, `renamed ${++this.#renamed}`);
  }
}
