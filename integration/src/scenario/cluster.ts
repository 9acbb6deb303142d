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
  /** Whether the peers have to have certificates, since the scenario speaks of them. Default false. */
  readonly needsTls?: boolean;
  /** Whether the peers have to have wall clocks of their own, since the scenario moves them. Default false. */
  readonly needsClocks?: boolean;
  readonly timing: Partial<ProtocolTiming>;
  readonly network: Partial<NetworkQuality>;
  /** What the cluster is wanted for, in words for others who want the same. */
  readonly what?: string;
}

/** The quality of every way between two peers, before any fault. Shares are from 0 to 1. */
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
  /** The number of the peer whose list changed. */
  readonly viewer: number;
  readonly subject: Address;
  /** A removal of a peer that ran, was awake and was not cut off from the viewer. */
  readonly wrong: boolean;
}

/** The messages that a peer has sent so far, in all its lives together. */
export interface Sent {
  readonly peer: number;
  readonly messages: number;
  /** The bytes of the protobuf messages; HTTP/2 and TCP add to them. */
  readonly bytes: number;
  /** For how long the peer ran while these were counted, in ms. */
  readonly forMs: number;
  /**
   * How many lives of the peer could not be asked when they ended. What these sent last is not counted, nor is their
   * time.
   */
  readonly unread: number;
}

/** A step that was begun, as a run names it: its text, and its line in the scenario file. */
export interface Occasion {
  readonly what: string;
  readonly line: number | undefined;
}

/** The peers that a selector of words stood for in a step: drawn, labelled, or by their states. */
export interface Chosen {
  readonly selector: string;
  readonly peers: readonly number[];
}

export interface HowToApply {
  /** Ends a fault that takes its time. */
  readonly signal?: AbortSignal | undefined;
  /** Called when a fault that takes its time is in force. */
  readonly begun?: () => void;
  /** The step that the fault belongs to; undefined where it belongs to none. */
  readonly occasion?: Occasion | undefined;
  /** Whether the fault is one of a load: it is journaled, and is no fault of the record. Default false. */
  readonly isLoad?: boolean;
}

/** What came of a fault, besides that it is in force. */
export interface Applied {
  /** How many connections were closed. */
  readonly closed?: number;
}

/**
 * What a scenario needs of a cluster, simulated or real. Peers go by their numbers. When an invariant breaks, the call
 * that is under way rejects with a Violation.
 */
export interface ScenarioCluster extends AsyncDisposable {
  readonly timing: ProtocolTiming;
  /** The budgets of the protocol for the present number of peers. */
  readonly budgets: Budgets;
  readonly nowMs: number;
  readonly peers: readonly { readonly number: number; readonly address: Address; readonly state: PeerState }[];
  /** Whether there are no peers, so that every expectation is taken to hold. Default: there are some. */
  readonly isOnPaper?: boolean;
  /** Every change of a list since the beginning, oldest first. The list grows as time passes. */
  readonly history: readonly Change[];

  /**
   * Applies a fault. Resolves when it is in force or, where it takes a time of its own, when it is over. The caller has
   * made sure that the state of the peer allows it. Faults that are applied before others have resolved are carried out
   * together with them. Rejects with Unsupported, with nothing done, where this cluster cannot have the fault; and with an
   * AbortError when the signal aborts while a fault takes its time, which the fault's inverse then has to undo.
   */
  apply(fault: Fault, how?: HowToApply): Promise<Applied>;
  /** How many messages, or packets of a real network, the faults have lost or held up so far. */
  bites(): Promise<number>;

  /** The messages that each peer has sent so far. Peers that do not publish that are left out. Never rejects. */
  traffic(): Promise<readonly Sent[]>;

  /** The addresses at which this machine reaches the peers that run. Nobody else reaches simulated ones. */
  dialled?(): readonly Address[];

  /** The last lines of a peer's log, oldest first. Simulated peers write none. */
  logTail?(number: number, lines: number): Promise<string[]>;

  /** What peers did that they must not, by sentences: they ended by themselves. Simulated peers do not. */
  misbehaviour?(): Promise<readonly string[]>;

  /**
   * Does work while other work is under way, and settles as it does. Virtual time passes when all such work waits; when
   * one piece of it rejects there, whatever waits rejects with the same error.
   */
  beside<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Lets so much time pass. `isWatched`: whether whoever records this cluster looks at the views meanwhile. Default true.
   */
  pass(ms: number, how?: { readonly isWatched?: boolean }): Promise<void>;
  /**
   * Lets time pass until `holds` does for the views, which are read as often as possible. Resolves to false when the
   * time ran out first.
   */
  until(holds: (views: Views) => boolean, withinMs: number): Promise<boolean>;
  views(): Promise<Views>;
}

/** Opens the cluster that a scenario asks for. */
export type OpenCluster = (options: ScenarioClusterOptions) => Promise<ScenarioCluster>;
