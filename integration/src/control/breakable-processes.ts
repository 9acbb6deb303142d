import type { PeerMeta } from "gossip-peer";
import type { ProcessCluster } from "../cluster/processes/process-cluster.js";
import type { ProcessPeer } from "../cluster/processes/process-peer.js";
import { inParallel } from "../lib/parallel.js";
import { Unsupported } from "../fault/unsupported.js";
import { LIFE_VERBS, type Breakable, type LifeVerb } from "../fault/verbs.js";
import type { Row } from "./status.js";
import type { PeerState } from "../view/views.js";
import type { Patients } from "./control.js";

const AT_ONCE = 8;
const NO_PARTITION = "processes share this machine's network, so it cannot be parted; containers can";

/** Peers that run as processes of this machine: their lives can be broken, their network cannot. */
export class BreakableProcesses implements Breakable, Patients, Disposable {
  readonly limits = { partition: NO_PARTITION };
  readonly #cluster: ProcessCluster;

  constructor(cluster: ProcessCluster) {
    this.#cluster = cluster;
  }

  get replicas(): readonly ProcessPeer[] {
    return this.#cluster.peers;
  }

  open(): Promise<this> {
    return Promise.resolve(this);
  }

  rows(): Row[] {
    return this.replicas.map(({ number, address, state }) => ({
      peer: number,
      address,
      state,
      side: undefined,
      deafTo: [],
      faults: [],
      sees: undefined,
    }));
  }

  look(): Promise<void> {
    return Promise.resolve();
  }

  async live(verb: LifeVerb, numbers: readonly number[]): Promise<void> {
    const possible: readonly PeerState[] = LIFE_VERBS[verb];
    const chosen = this.#those(numbers);
    const unfit = chosen.find(({ state }) => !possible.includes(state));
    if (unfit !== undefined) throw new Error(`cannot ${verb} peer ${unfit.number}: it is ${unfit.state}`);
    await inParallel(AT_ONCE, chosen, (peer) => peer[verb]());
  }

  part(): Promise<void> {
    return Promise.reject(new Unsupported(NO_PARTITION));
  }

  async heal(): Promise<{ resumed: number[]; swept: number }> {
    const resumed = this.replicas.filter(({ state }) => state === "paused").map(({ number }) => number);
    await this.live("resume", resumed);
    return { resumed, swept: 0 };
  }

  async scale(count: number): Promise<void> {
    if (count < this.replicas.length)
      throw new Unsupported("processes can be stopped, but the cluster does not forget them");
    while (this.replicas.length < count) {
      const seeds = this.replicas.filter(({ state }) => state === "running").slice(0, 1);
      await this.#cluster.add({ seeds });
    }
  }

  async setMeta(numbers: readonly number[], meta: PeerMeta): Promise<void> {
    const chosen = this.#those(numbers);
    const away = chosen.find(({ state }) => state !== "running");
    if (away !== undefined) throw new Error(`peer ${away.number} is ${away.state} and cannot be told anything`);
    await inParallel(AT_ONCE, chosen, ({ remote }) => remote.updateMeta(meta));
  }

  [Symbol.dispose](): void {
    // The cluster is its owner's, and ends with it.
  }

  #those(numbers: readonly number[]): ProcessPeer[] {
    return this.replicas.filter(({ number }) => numbers.includes(number));
  }
}
