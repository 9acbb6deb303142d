import type { Address, Budgets, MemberEventKind, ProtocolTiming, Status } from "gossip-peer";
import type { FaultKind } from "../fault/fault.js";
import type { Way } from "../fault/kinds.js";
import type { Chosen, Sent } from "../scenario/cluster.js";
import type { Round } from "../scenario/rounds.js";
import type { PeerState } from "../view/views.js";

/** What a peer believes about another; "unknown" is one that it never heard of, or forgot. */
export type Belief = Status | "unknown";

/** The viewer's belief about the subject changes. All times are the cluster's own, in ms. */
export interface BeliefChange {
  readonly atMs: number;
  readonly viewer: number;
  readonly subject: number;
  readonly belief: Belief;
  /** The viewer's event; undefined for a change found only by reading its view, and when the view was lost. */
  readonly kind?: MemberEventKind | undefined;
  /** A removal of a peer that ran, was awake and was not cut off. */
  readonly wrong: boolean;
}

/** The state of a peer changes. */
export interface Life {
  readonly atMs: number;
  readonly peer: number;
  readonly state: PeerState;
}

/** All faults of one kind that one step applied to the cluster. */
export interface RecordedFault {
  readonly kind: FaultKind;
  /** The fault as the scenario words it. */
  readonly what: string;
  /** The line in the scenario file; undefined for a fault that the runner applied by itself to heal. */
  readonly line: number | undefined;
  readonly begunMs: number;
  /** When the fault was in force. The times until peers know of it count from here, as the scenario's budgets do. */
  readonly fromMs: number;
  /** Whether the fault lasts until it is undone; else it happens in a moment. */
  readonly lasts: boolean;
  /** When the fault ended for which peer; for peers without an entry it lasted to the end of the run. */
  readonly ends: readonly { readonly peer: number; readonly atMs: number }[];
  /** The peers that the fault was applied to; for a fault of the network, the peers whose ways it concerns. */
  readonly peers: readonly number[];
  /** The ways that the fault closes or, for a heal, opens. */
  readonly ways: readonly Way[];
}

export interface RecordedStep {
  /** The line in the scenario file; undefined for a step that is not in it. */
  readonly line: number | undefined;
  readonly what: string;
  readonly kind: "fault" | "expect" | "wait";
  /** Whom the words of the step stood for; empty where it has none, or has not come so far. */
  readonly chosen: readonly Chosen[];
  readonly fromMs: number;
  /** When the step ended, in ms; undefined for a step that did not succeed. */
  readonly toMs: number | undefined;
  /** When the step failed, in ms; undefined for a step that succeeded, or that is under way. */
  readonly failedMs: number | undefined;
  /** The longest time that the step may take, or the time that it has to last, in ms; undefined when there is none. */
  readonly limitMs: number | undefined;
  readonly phase: Phase;
  /** The rounds of the loops that the step is in, the outermost first. */
  readonly rounds: readonly Round[];
}

/** The step that failed; undefined where none did. */
export function failureOf({ steps }: Pick<RunRecord, "steps">): RecordedStep | undefined {
  return steps.find(({ failedMs }) => failedMs !== undefined);
}

/** A step of the file, which a loop may have repeated: the last time, and how many times it began. */
export interface Row {
  readonly step: RecordedStep;
  readonly times: number;
}

/** One row for each step of the file, in the order in which they began last. Steps that are in no file stay as they are. */
export function rowsOf(steps: readonly RecordedStep[]): Row[] {
  const rows = new Map<unknown, Row>();
  for (const step of steps) {
    const key = step.line === undefined ? step : `${step.line} ${step.what}`;
    const times = (rows.get(key)?.times ?? 0) + 1;
    rows.delete(key);
    rows.set(key, { step, times });
  }
  return [...rows.values()];
}

/** The phases of an experiment: the steady state before, the steps of the file, the steady state after. */
export type Phase = "before" | "steps" | "after";

/** Everything that happened in one run of an experiment, as plain data. */
export interface RunRecord {
  readonly timing: ProtocolTiming;
  /** The budgets for the number of peers at the end of the run. */
  readonly budgets: Budgets;
  readonly fromMs: number;
  readonly toMs: number;
  readonly peers: readonly { readonly number: number; readonly address: Address }[];
  /** Oldest first, as are the beliefs, faults and steps. */
  readonly lives: readonly Life[];
  readonly beliefs: readonly BeliefChange[];
  readonly faults: readonly RecordedFault[];
  readonly steps: readonly RecordedStep[];
  /** When a peer was found to have ended by itself though no step had failed, in ms; undefined where none was. */
  readonly misbehavedMs?: number | undefined;
  /** What each peer sent from its start to the end, by number; peers that do not publish this are left out. */
  readonly sent: readonly Sent[];
}
