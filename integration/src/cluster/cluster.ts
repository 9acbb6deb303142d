import type { Address, Budgets, PeerMeta, ProtocolTiming, RemotePeer } from "gossip-peer";
import type { LoggingPeer, AskableCluster } from "../view/views.js";

/** Beside these each peer has the timing that is given; see a peer's options for what each value means. */
export interface ClusterOptions extends Partial<ProtocolTiming> {
  /** How many to start with; they are numbered from 1. */
  readonly peers: number;
  /** The numbers of those that run from the beginning. Default: all. */
  readonly started?: readonly number[];
  /** The numbers of the peers that peer `number` has as seeds. Default: 1 for everybody but itself. */
  readonly seedsOf?: (number: number) => readonly number[];
  /** Whether peers are told the names of their seeds, which have to be looked up. Default: they are told addresses. */
  readonly seedsByName?: boolean;
}

/**
 * Peers that run for real, to be asked and to be broken. Disposing ends and removes all of them, whatever state they
 * are in; `await using` does it by itself.
 */
export interface Cluster extends AskableCluster, AsyncDisposable {
  readonly timing: ProtocolTiming;
  /** The budgets of the protocol for the present number of peers. */
  readonly budgets: Budgets;
  readonly peers: readonly PeerHandle[];
  /** Throws when there is none of that number. */
  peer(number: number): PeerHandle;
  /** Starts one more, with these as seeds; resolves when it takes part. Default: peer 1. */
  add(options?: { seeds?: readonly PeerHandle[] }): Promise<PeerHandle>;
}

/**
 * A peer of a cluster. Each of its methods resolves when it is done, and rejects when the peer is in no state for it,
 * which then stays as it was. A peer keeps its address through all of them.
 */
export interface PeerHandle extends LoggingPeer {
  readonly address: Address;
  /** The same, with a name that the others can look up in the place of its IP. */
  readonly named: Address;
  /** To ask it. Its admin service is within reach, too, unless it is a peer of a Compose project. */
  readonly remote: RemotePeer;
  /** Ends it at once, with no goodbye. Also a paused one. */
  kill(): Promise<void>;
  /** Lets it say goodbye and end; rejects when it did not do so by itself within 5 s. It is down then all the same. */
  stop(): Promise<void>;
  /** Starts it again; resolves when it takes part. */
  start(how?: HowToStart): Promise<void>;
  /** A stop and a start. */
  restart(): Promise<void>;
  /** Freezes it: connections stay open, nothing is answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  setMeta(meta: PeerMeta): Promise<void>;
  addSeed(seed: Address): Promise<void>;
}

/** The name and the cluster of a peer from now on, where they are to be others than before. */
export interface HowToStart {
  readonly name?: string | undefined;
  readonly cluster?: string | undefined;
}
