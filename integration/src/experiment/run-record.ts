import type { Address, Budgets, MemberEventKind, ProtocolTiming, Status } from "gossip-peer";
import type { FaultKind } from "../fault/fault.js";
import type { Way } from "../fault/kinds.js";
import type { Sent } from "../scenario/cluster.js";
import type { PeerState } from "../view/views.js";

/** The status in which a peer holds another; "unknown" for a peer that it never heard of, or forgot. */
export type Belief = Status | "unknown";

/** From one moment on a peer believes something else of another. All times are the cluster's own, in ms. */
export interface BeliefChange {
  readonly atMs: number;
  readonly viewer: number;
  readonly subject: number;
  readonly belief: Belief;
  /** The event that the viewer announced; undefined where a look found the change, and where the view was lost. */
  readonly kind?: MemberEventKind | undefined;
  /** A removal of a peer that ran, was awake and was not cut off. */
  readonly wrong: boolean;
}

/** From one moment on a peer runs, is paused or is down. */
export interface Life {
  readonly atMs: number;
  readonly peer: number;
  readonly state: PeerState;
}

/** The faults of one kind that one step did to the cluster, as one. */
export interface RecordedFault {
  readonly kind: FaultKind;
  /** As the scenario says it. */
  readonly what: string;
  /** Of the scenario file; undefined for what the runner did by itself to heal. */
  readonly line: number | undefined;
  readonly begunMs: number;
  /** When it was done; what is to be known of it counts from here, as the budgets of the scenario do. */
  readonly fromMs: number;
  /** Whether it lasts until it is undone; else it is a moment. */
  readonly lasts: boolean;
  /** When it was over, and for which peer; a peer that is not named had it to the end. */
  readonly ends: readonly { readonly peer: number; readonly atMs: number }[];
  /** The peers that it was done to, or whose ways it concerns. */
  readonly peers: readonly number[];
  /** The ways that it closed, or that heal opened. */
  readonly ways: readonly Way[];
}

export interface RecordedStep {
  readonly line: number | undefined;
  readonly what: string;
  readonly kind: "fault" | "expect" | "wait";
  readonly fromMs: number;
  /** Undefined for a step that came to no end. */
  readonly toMs: number | undefined;
  /** How long it might take or had to last. */
  readonly limitMs: number | undefined;
  readonly phase: Phase;
}

/** Steady state before, the steps of the file, steady state after. */
export type Phase = "before" | "steps" | "after";

/** Everything that happened in one run of an experiment, as plain data. */
export interface RunRecord {
  readonly timing: ProtocolTiming;
  /** Of as many peers as there were at the end. */
  readonly budgets: Budgets;
  readonly fromMs: number;
  readonly toMs: number;
  readonly peers: readonly { readonly number: number; readonly address: Address }[];
  /** Oldest first, as all that follow. */
  readonly lives: readonly Life[];
  readonly beliefs: readonly BeliefChange[];
  readonly faults: readonly RecordedFault[];
  readonly steps: readonly RecordedStep[];
  /** The messages of each peer from its start to the end, by number, without the peers that do not publish that. */
  readonly sent: readonly Sent[];
}
