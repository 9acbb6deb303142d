import type { ProcessCluster } from "../cluster/processes/process-cluster.js";
import type { ProcessPeer } from "../cluster/processes/process-peer.js";
import { inParallel } from "../lib/parallel.js";
import { expectStates, type Breakable } from "../fault/breakable.js";
import type { CommandKind, Fault } from "../fault/fault.js";
import { BUTTONS, impossible, isOfLife, isWayKind, rowOf } from "../fault/kinds.js";
import { Unsupported } from "../fault/unsupported.js";
import type { PeerConditions } from "./control.js";
import type { Condition } from "./status.js";

const AT_ONCE = 8;
const NO_PARTITION = "processes share this machine's network, so it cannot be parted; containers can";

/**
 * Peers that run as processes of this machine: they can be killed, stopped and paused, but their network cannot be cut.
 */
export class BreakableProcesses implements Breakable, PeerConditions, Disposable {
  readonly limits = limits();
  readonly #cluster: ProcessCluster;

  constructor(cluster: ProcessCluster) {
    this.#cluster = cluster;
  }

  get peers(): readonly ProcessPeer[] {
    return this.#cluster.peers;
  }

  open(): Promise<this> {
    return Promise.resolve(this);
  }

  conditions(): Condition[] {
    return this.peers.map(({ number, address, state }) => ({
      peer: number,
      address,
      state,
      side: undefined,
      deafTo: [],
      faults: [],
      sees: undefined,
    }));
  }

  refresh(): Promise<void> {
    return Promise.resolve();
  }

  async apply(faults: readonly Fault<CommandKind>[]): Promise<void> {
    expectStates(faults, this.peers);
    await inParallel(AT_ONCE, faults, (fault) => this.#applyOne(fault));
  }

  part(): Promise<void> {
    return Promise.reject(new Unsupported(NO_PARTITION));
  }

  async heal(): Promise<{ resumed: number[]; swept: number }> {
    const resumed = this.peers.filter(({ state }) => state === "paused").map(({ number }) => number);
    await this.apply(resumed.map((peer) => ({ kind: "resume", peer })));
    return { resumed, swept: 0 };
  }

  async scale(count: number): Promise<void> {
    if (count < this.peers.length)
      throw new Unsupported("processes can be stopped, but the cluster does not forget them");
    while (this.peers.length < count) {
      const seeds = this.peers.filter(({ state }) => state === "running").slice(0, 1);
      await this.#cluster.add({ seeds });
    }
  }

  [Symbol.dispose](): void {
    // The cluster belongs to the caller, who ends it.
  }

  async #applyOne(fault: Fault): Promise<void> {
    if (isOfLife(fault)) await this.#cluster.peer(fault.peer)[fault.kind]();
    else if (fault.kind === "set-meta") await this.#cluster.peer(fault.peer).setMeta(fault.meta);
    else throw impossible(fault, "processes") ?? new Unsupported(`the page does no ${fault.kind} to processes`);
  }
}

/** For each request of the page that processes do not support: the reason. */
function limits(): Readonly<Record<string, string>> {
  const reasons: Record<string, string> = { partition: NO_PARTITION };
  for (const kind of BUTTONS) {
    const why = rowOf(kind).cannot?.processes;
    if (why !== undefined && !isWayKind(kind)) reasons[kind] = why;
  }
  return reasons;
}
