import type { Address, Budgets, MemberEventKind, ProtocolTiming } from "gossip-peer";
import type { Fault } from "../fault/fault.js";
import type { PeerState, Views } from "../view/views.js";

export interface ScenarioClusterOptions {
  readonly seed: number;
  /** How many peers there are; they are numbered from 1. */
  readonly peers: number;
  /** The numbers of the peers that run from the beginning. */
  readonly started: readonly number[];
  /** The numbers of the peers that peer `number` has as seeds. */
  readonly seedsOf: (number: number) => readonly number[];
  /** Whether peers are told the names of their seeds, which have to be looked up. Default: they are told addresses. */
  readonly seedsByName?: boolean;
  readonly timing: Partial<ProtocolTiming>;
  readonly network: Partial<NetworkQuality>;
}

/** How every way between two peers is while nothing is done to it. Shares are from 0 to 1. */
export interface NetworkQuality {
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly loss: number;
  readonly duplicate: number;
  readonly reorder: number;
}

/** A change of one peer's list. */
export interface Change {
  readonly atMs: number;
  readonly kind: MemberEventKind;
  /** The number of the peer whose list it is. */
  readonly viewer: number;
  readonly subject: Address;
  /** A removal of a peer that ran, was awake and was not cut off from the viewer. */
  readonly wrong: boolean;
}

/** The messages that a peer has sent so far, in all its lives together. */
export interface Sent {
  readonly peer: number;
  readonly messages: number;
  /** Of protobuf; HTTP/2 and TCP add to it. */
  readonly bytes: number;
  /** For how long it ran while that was counted. */
  readonly forMs: number;
  /** How many of its lives could not be asked when they ended: what these sent last is not in it, nor their time. */
  readonly unread: number;
}

/** The outcome of a fault, beyond that it was done. */
export interface Applied {
  /** How many connections were closed. */
  readonly closed?: number;
}

/**
 * What a scenario needs of a cluster, simulated or real. Peers go by their number. An invariant that breaks rejects
 * whatever is under way with a Violation.
 */
export interface ScenarioCluster extends AsyncDisposable {
  readonly timing: ProtocolTiming;
  /** The budgets of the protocol for the present number of peers. */
  readonly budgets: Budgets;
  readonly nowMs: number;
  readonly peers: readonly { readonly number: number; readonly address: Address; readonly state: PeerState }[];
  /** Every change since the beginning, oldest first. It grows as time passes. */
  readonly history: readonly Change[];

  /**
   * Does a fault, and resolves when it is done, or over where it lasts for a time of its own. The caller has made sure
   * that the peer is in a state for it. What is applied before others have ended is done together with them. Rejects
   * with Unsupported, with nothing done, where it cannot be done here.
   */
  apply(fault: Fault): Promise<Applied>;
  /** How many messages, or packets of a real network, its faults have lost or held up so far. */
  bites(): Promise<number>;

  /** The messages that each peer has sent so far, without the peers that do not publish that. Never rejects. */
  traffic(): Promise<readonly Sent[]>;

  /** The last lines of a peer's log, oldest first. Simulated peers write none. */
  logTail?(number: number, lines: number): Promise<string[]>;

  pass(ms: number): Promise<void>;
  /** Lets time pass until something holds, looking as often as it can; false when the time ran out first. */
  until(holds: (views: Views) => boolean, withinMs: number): Promise<boolean>;
  views(): Promise<Views>;
}

/** Opens the cluster a scenario asks for. */
export type OpenCluster = (options: ScenarioClusterOptions) => Promise<ScenarioCluster>;
