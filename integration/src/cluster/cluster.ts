import type { Address, Budgets, PeerMeta, ProtocolTiming, RemotePeer, TlsMode } from "gossip-peer";
import type { LoggingPeer, AskableCluster } from "../view/views.js";

/**
 * Options of a cluster. Each peer has the timing that is given here; the options of a peer say what each value means.
 */
export interface ClusterOptions extends Partial<ProtocolTiming> {
  /** How many peers the cluster begins with; they are numbered from 1. */
  readonly peers: number;
  /** The numbers of the peers that run from the beginning. Default: all. */
  readonly started?: readonly number[];
  /** The numbers of the peers that peer `number` has as seeds. Default: 1 for everybody but itself. */
  readonly seedsOf?: (number: number) => readonly number[];
  /** Whether peers are told the names of their seeds, which have to be looked up. Default: they are told addresses. */
  readonly seedsByName?: boolean;
  /** Whether the peers have certificates, of a CA made for them, and speak over TLS. Default false; only in containers. */
  readonly tls?: boolean;
  /** Whether the peers have wall clocks of their own. Default: they have this machine's. */
  readonly clocks?: boolean;
}

/**
 * Real peers, to be asked and to be broken. Disposing ends and removes all of them, whatever state they are in; `await
 * using` does so by itself.
 */
export interface Cluster extends AskableCluster, AsyncDisposable {
  readonly timing: ProtocolTiming;
  /** The budgets of the protocol for the present number of peers. */
  readonly budgets: Budgets;
  readonly peers: readonly PeerHandle[];
  /** The peer of this number. Throws an Error when there is none. */
  peer(number: number): PeerHandle;
  /** Starts one more peer, with these seeds; resolves when it takes part. Default: peer 1 is its seed. */
  add(options?: { seeds?: readonly PeerHandle[] }): Promise<PeerHandle>;
}

/**
 * A peer of a cluster. Each method resolves when its work is done. It rejects when the state of the peer does not allow
 * it, and the peer then stays as it was. A peer keeps its address in all its lives.
 */
export interface PeerHandle extends LoggingPeer {
  readonly address: Address;
  /** The address with a name in the place of the IP, which the other peers can look up. */
  readonly named: Address;
  /**
   * The connection to the peer. The admin service can be reached by it as well, except at peers of a Compose project.
   */
  readonly remote: RemotePeer;
  /** Ends the peer at once, with no goodbye; also a paused one. */
  kill(): Promise<void>;
  /**
   * Lets the peer say goodbye and end. Rejects when it did not end by itself within 5 s; it is down then all the same.
   */
  stop(): Promise<void>;
  /** Starts the peer; resolves when it takes part. */
  start(how?: HowToStart): Promise<void>;
  /** Stops and starts the peer. */
  restart(): Promise<void>;
  /** Freezes the peer: connections stay open, nothing is answered. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** A sentence when the peer's process has ended though it is to run; undefined while it runs. */
  endedByItself(): Promise<string | undefined>;
  /**
   * Holds the peer as down from now on where the kernel has ended it, since the memory that a fault left it was not
   * enough. Resolves to whether that is so.
   */
  noteEndForMemory(): Promise<boolean>;
  setMeta(meta: PeerMeta): Promise<void>;
  addSeed(seed: Address): Promise<void>;
}

/** What changes with a start: the name, the cluster and the TLS that the peer has from then on. Default: those it had before. */
export interface HowToStart {
  readonly name?: string | undefined;
  readonly cluster?: string | undefined;
  /** Only where the peers have certificates. At first all require TLS. */
  readonly tls?: TlsMode | undefined;
}
