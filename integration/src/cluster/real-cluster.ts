import { randomBytes } from "node:crypto";
import { budgets, resolveTiming, type Budgets, type ProtocolTiming, type TlsMode } from "gossip-peer";
import { variableName } from "gossip-peer/testbed";
import { report } from "./post-mortem.js";
import { askForViews, type Views } from "../view/views.js";
import type { Cluster, ClusterOptions, PeerHandle } from "./cluster.js";
import type { ManagedPeer } from "./managed-peer.js";
import { inParallel } from "../lib/parallel.js";

/**
 * How many peers start at a time. More would be ready no sooner on few cores, and the first of them would exceed the
 * time that a start may take.
 */
const START_AT_ONCE = 8;

/** The common part of clusters of containers and of processes. */
export abstract class RealCluster<P extends ManagedPeer> implements Cluster {
  /**
   * The name of this cluster, also for its peers. It is new each time, so that peers of an earlier cluster at the same
   * addresses are refused.
   */
  readonly name = `testbed-${randomBytes(4).toString("hex")}`;
  readonly timing: ProtocolTiming;
  readonly #peers: P[] = [];
  readonly #seedsByName: boolean;

  protected constructor(options: ClusterOptions) {
    this.timing = resolveTiming(options);
    this.#seedsByName = options.seedsByName ?? false;
  }

  get budgets(): Budgets {
    return budgets(this.timing, this.#peers.length);
  }

  get peers(): readonly P[] {
    return this.#peers;
  }

  peer(number: number): P {
    const peer = this.#peers[number - 1];
    if (peer === undefined) throw new Error(`there is no peer ${number}; there are ${this.#peers.length}`);
    return peer;
  }

  async add({ seeds = this.#peers.slice(0, 1) }: { seeds?: readonly PeerHandle[] } = {}): Promise<P> {
    const number = this.#peers.length + 1;
    const peer = await this.create(number, () => this.#environment(number, seeds));
    this.#peers.push(peer);
    await peer.start();
    return peer;
  }

  views(): Promise<Views> {
    return askForViews(this.#peers);
  }

  report(): Promise<string> {
    return report(this.#peers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.#peers) peer.remote.close();
    await this.remove();
  }

  /**
   * Gives all peers their addresses before any starts, so that each can be told its seeds and the order of starting
   * does not matter.
   */
  protected async startPeers({
    peers,
    started,
    seedsOf = (number) => (number === 1 ? [] : [1]),
  }: ClusterOptions): Promise<void> {
    for (let number = 1; number <= peers; number++) {
      const seeds = (): P[] => seedsOf(number).map((seed) => this.peer(seed));
      this.#peers.push(await this.create(number, () => this.#environment(number, seeds())));
    }
    const first = this.#peers.filter(({ number }) => started?.includes(number) ?? true);
    await inParallel(START_AT_ONCE, first, (peer) => peer.start());
  }

  /** Makes a peer that has an address and does not run yet. `environment` is called when it starts. */
  protected abstract create(number: number, environment: () => Record<string, string>): Promise<P>;

  /** The variables by which a peer finds the files that it was given, if any: certificates, the time. */
  protected abstract fileVariables(number: number, mode: TlsMode): Record<string, string>;

  /** Ends and removes all peers. Rejects only when something may be left. */
  protected abstract remove(): Promise<void>;

  #environment(number: number, seeds: readonly PeerHandle[]): Record<string, string> {
    const { name, cluster, tlsMode } = this.peer(number);
    return {
      GOSSIP_CLUSTER: cluster === undefined || cluster === "default" ? this.name : `${this.name}-${cluster}`,
      GOSSIP_SEEDS: seeds.map(({ address, named }) => (this.#seedsByName ? named : address)).join(),
      GOSSIP_META_NAME: name,
      ...this.fileVariables(number, tlsMode),
      ...Object.fromEntries(
        Object.entries(this.timing).map(([option, value]) => [variableName(option), String(value)]),
      ),
    };
  }
}
