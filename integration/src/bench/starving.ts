import { setTimeout as elapse } from "node:timers/promises";
import { stream } from "gossip-peer/simulator";
import { inParallel } from "../lib/parallel.js";
import type { BenchPeer, ContenderCluster } from "./contender-cluster.js";
import type { StarvingRow } from "./figures.js";

/** The share of one CPU that is little. */
const LITTLE_CPU = 0.03;
/** How long a frozen peer stands still and how long it runs in between: what Lifeguard's experiments do. */
const FROZEN_MS = { least: 1000, most: 10_000 };
const FREE_MS = 100;

/**
 * Starves some peers of a cluster while `meanwhile` goes on. Resolves once none of them is starved any more; rejects where
 * one of the two failed, or `signal` aborts.
 */
type Starving = (
  cluster: ContenderCluster,
  peers: readonly BenchPeer[],
  meanwhile: () => Promise<void>,
  signal: AbortSignal,
) => Promise<void>;

/** How the peers are starved in each of these rows. */
export const STARVING: Readonly<Record<StarvingRow, Starving>> = {
  async throttled(cluster, peers, meanwhile) {
    try {
      await cluster.limitCpu(peers, LITTLE_CPU);
      await meanwhile();
    } finally {
      await cluster.limitCpu(peers, undefined);
    }
  },

  async frozen(cluster, peers, meanwhile, signal) {
    const over = new AbortController();
    const end = AbortSignal.any([signal, over.signal]);
    const freezing = (): Promise<void> =>
      inParallel(peers.length, peers, (peer) => freezeAgainAndAgain(cluster, peer, end));
    const looking = (): Promise<void> =>
      meanwhile().finally(() => {
        over.abort();
      });
    await inParallel(2, [looking, freezing], (work) => work());
  },
};

/** Pauses a peer and resumes it until `end` aborts. The times are the same for every contender. */
async function freezeAgainAndAgain(cluster: ContenderCluster, peer: BenchPeer, end: AbortSignal): Promise<void> {
  const random = stream(peer.number, "frozen");
  const { least, most } = FROZEN_MS;
  while (!end.aborted) {
    await cluster.pause(peer);
    await pass(least + random.next() * (most - least), end);
    await cluster.resume(peer);
    await pass(FREE_MS, end);
  }
}

/** Resolves after so many ms, or once `end` aborts. */
async function pass(ms: number, end: AbortSignal): Promise<void> {
  await elapse(ms, undefined, { signal: end }).catch(() => undefined);
}
