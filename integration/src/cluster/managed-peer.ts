import { RemotePeer, type Address, type LookTls, type PeerMeta, type TlsMode } from "gossip-peer";
import type { LifeKind } from "../fault/fault.js";
import { wrongStateFor } from "../fault/kinds.js";
import type { PeerState } from "../view/views.js";
import type { HowToStart, PeerHandle } from "./cluster.js";

/**
 * The time within which a peer must answer: more than a healthy peer needs, less than a test can wait for a silent one.
 */
const ASK_WITHIN_MS = 2000;

/**
 * The addresses at which this process dials a peer. The peer's own address may be one that only other peers can dial.
 */
export interface Endpoints {
  readonly membership: Address;
  readonly admin: Address;
  /** What the peer is looked at with. Default: plain text. */
  readonly tls?: LookTls | undefined;
}

/**
 * The common part of all real peers: which operations are possible in which state, and when a peer counts as running.
 */
export abstract class ManagedPeer implements PeerHandle {
  readonly number: number;
  readonly address: Address;
  readonly named: Address;
  #remote: RemotePeer;
  /** The name in the metadata that the peer starts with. */
  #name: string;
  #cluster: string | undefined;
  #tlsMode: TlsMode = "require";
  #state: PeerState;

  constructor(number: number, address: Address, named: Address, endpoints: Endpoints, state: PeerState = "down") {
    this.number = number;
    this.#name = `peer-${number}`;
    this.address = address;
    this.named = named;
    this.#remote = remoteAt(endpoints);
    this.#state = state;
  }

  get remote(): RemotePeer {
    return this.#remote;
  }

  get name(): string {
    return this.#name;
  }

  /** The cluster in which the peer starts; undefined for the one that it was made for. */
  get cluster(): string | undefined {
    return this.#cluster;
  }

  /** Whether the peer speaks TLS, where it has a certificate. */
  get tlsMode(): TlsMode {
    return this.#tlsMode;
  }

  get state(): PeerState {
    return this.#state;
  }

  // On the way down the state changes first and on the way up last, so that a peer that counts as running can answer.

  async kill(): Promise<void> {
    this.#expectPossible("kill");
    this.#state = "down";
    await this.doKill();
  }

  async stop(): Promise<void> {
    this.#expectPossible("stop");
    this.#state = "down";
    await this.doStop();
  }

  async start({ name, cluster, tls }: HowToStart = {}): Promise<void> {
    this.#expectPossible("start");
    this.#name = name ?? this.#name;
    this.#cluster = cluster ?? this.#cluster;
    this.#tlsMode = tls ?? this.#tlsMode;
    await this.doStart();
    this.#state = "running";
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async pause(): Promise<void> {
    this.#expectPossible("pause");
    this.#state = "paused";
    await this.doPause();
  }

  async resume(): Promise<void> {
    this.#expectPossible("resume");
    await this.doResume();
    this.#state = "running";
  }

  async noteEndForMemory(): Promise<boolean> {
    if (this.#state === "down" || !(await this.ranOutOfMemory())) return false;
    this.#state = "down";
    return true;
  }

  setMeta(meta: PeerMeta): Promise<void> {
    return this.remote.updateMeta(meta);
  }

  addSeed(seed: Address): Promise<void> {
    return this.remote.addSeed(seed);
  }

  abstract logTail(lines: number): Promise<string[]>;
  abstract endedByItself(): Promise<string | undefined>;

  /** Whether the kernel has ended the peer since the memory that it may have was not enough. */
  protected abstract ranOutOfMemory(): Promise<boolean>;
  protected abstract doKill(): Promise<void>;
  protected abstract doStop(): Promise<void>;
  /**
   * Starts the peer with its name, in its cluster. Resolves when the peer has logged that it started; rejects with the
   * end of its log.
   */
  protected abstract doStart(): Promise<void>;
  protected abstract doPause(): Promise<void>;
  protected abstract doResume(): Promise<void>;

  /** Dials the peer at these addresses from now on. */
  protected moveTo(endpoints: Endpoints): void {
    this.#remote.close();
    this.#remote = remoteAt(endpoints);
  }

  #expectPossible(kind: LifeKind): void {
    const wrong = wrongStateFor({ kind, peer: this.number }, [this]);
    if (wrong === undefined) return;
    throw new Error(`cannot ${kind} peer ${wrong.peer}: it is ${wrong.state}, not ${wrong.needs.join(" or ")}`);
  }
}

function remoteAt({ membership, admin, tls }: Endpoints): RemotePeer {
  return new RemotePeer(membership, { adminAddress: admin, timeoutMs: ASK_WITHIN_MS, tls });
}
