import type { LearnedFact } from "../fault/kind.js";
import { rowOf } from "../fault/kinds.js";
import { isListed, Replay } from "./replay.js";
import type { BeliefChange, RecordedFault, RunRecord } from "./run-record.js";

/** The viewer is to learn a fact about the subject. Both are numbers of peers. */
type Pair = readonly [viewer: number, subject: number];

/** A fact that a fault made true, and that the other peers are to learn. All times are the cluster's own, in ms. */
export interface Fact {
  readonly kind: LearnedFact;
  /** The fault as the scenario words it, and its line there; the start of the cluster has no line. */
  readonly what: string;
  readonly line: number | undefined;
  /** When the application of the fault began, and when the fault was in force. */
  readonly begunMs: number;
  readonly atMs: number;
  /** When a later fault ended the truth of this fact, or the record ended. */
  readonly untilMs: number;
  /** The time, in ms after `atMs`, within which all peers learn the fact, if all messages arrive. */
  readonly budgetMs: number;
  /** The other faults in force at that time. The budget need not hold when there are any. */
  readonly during: readonly string[];
  readonly pairs: readonly Pair[];
  /** The pairs whose viewer knew already when the fault began. */
  readonly known: readonly Pair[];
  /** Whether a viewer that changes its belief so knows the fact. */
  readonly knows: (change: BeliefChange) => boolean;
}

/** How a belief change shows that the viewer knows a fact, and whether the viewer lists the subject from then on. */
const SIGNS = {
  gone: { knows: ({ belief }: BeliefChange): boolean => !isListed(belief), isListed: false },
  listed: { knows: ({ belief }: BeliefChange): boolean => isListed(belief), isListed: true },
  told: { knows: ({ kind }: BeliefChange): boolean => kind === "updated" || kind === "joined", isListed: undefined },
} as const;

/** All facts of a run in the order in which they became true. The first is the start of the cluster. */
export function factsOf(record: RunRecord): Fact[] {
  const replay = new Replay(record);
  const begun = record.fromMs;
  replay.goTo(begun);
  const facts = [factOf({ ...beginning(replay), begunMs: begun, fromMs: begun }, record, replay)];
  for (const fault of record.faults) {
    replay.goTo(fault.begunMs);
    facts.push(factOf(fault, record, replay));
  }
  return facts.filter((fact) => fact !== undefined).filter(({ pairs }) => pairs.length > 0);
}

type Cause = Pick<RecordedFault, "kind" | "what" | "line" | "begunMs" | "fromMs" | "peers" | "ways">;

function beginning(replay: Replay): Pick<Cause, "kind" | "what" | "line" | "peers" | "ways"> {
  return { kind: "start", what: "all that start at the beginning", line: undefined, peers: replay.running(), ways: [] };
}

function factOf(cause: Cause, record: RunRecord, replay: Replay): Fact | undefined {
  const { learned } = rowOf(cause.kind);
  if (learned === undefined) return undefined;
  const sign = SIGNS[learned.by];
  const pairs = pairsOf(cause, record, replay.running());
  return {
    kind: learned.fact,
    what: cause.what,
    line: cause.line,
    begunMs: cause.begunMs,
    atMs: cause.fromMs,
    untilMs: untilMs(cause, new Set(pairs.map(([, subject]) => subject)), record),
    budgetMs: record.budgets[`${learned.fact}Ms`],
    during: disturbing(cause, record),
    pairs,
    known: pairs.filter(([viewer, subject]) => replay.lists(viewer, subject) === sign.isListed),
    knows: sign.knows,
  };
}

/**
 * A closed way concerns the receiver alone, which is to learn that the sender is gone, unless others vouch for it; any
 * other fault, all that run.
 */
function pairsOf(cause: Cause, record: RunRecord, running: readonly number[]): Pair[] {
  const { kind, peers, ways } = cause;
  if (ways.length > 0) {
    const groups = signOf(kind) === "gone" ? groupsOf(running, closedBy(cause, record)) : [];
    const isVouchedFor = (from: number, to: number): boolean =>
      groups.some((group) => group.has(from) && group.has(to));
    return ways.flatMap(([from, to]): Pair[] => (running.includes(to) && !isVouchedFor(from, to) ? [[to, from]] : []));
  }
  // A peer that this fault stopped or paused learns nothing of it.
  const viewers = running.filter((viewer) => signOf(kind) !== "gone" || !peers.includes(viewer));
  return viewers.flatMap((viewer) => peers.flatMap((peer): Pair[] => (viewer === peer ? [] : [[viewer, peer]])));
}

/**
 * When a fact stops being true: at the next fault that changes one of its subjects, else at the end of the record. New
 * metadata end only a fact about metadata, and closed ways do not end one. A fact that a peer is gone is ended only by
 * one that it is listed, and the reverse: a peer that was cut off stays so until the ways are healed.
 */
function untilMs(cause: Cause, subjects: ReadonlySet<number>, { faults, toMs }: RunRecord): number {
  const isTold = signOf(cause.kind) === "told";
  const next = faults.find((fault) => {
    const sign = signOf(fault.kind);
    if (fault.begunMs < cause.fromMs || fault === cause || sign === undefined) return false;
    if (sign === "told" ? !isTold : sign === signOf(cause.kind)) return false;
    if (isTold && fault.ways.length > 0) return false;
    const touched = fault.ways.length > 0 ? fault.ways.flat() : fault.peers;
    return touched.some((peer) => subjects.has(peer));
  });
  return next?.begunMs ?? toMs;
}

function signOf(kind: Cause["kind"]): keyof typeof SIGNS | undefined {
  return rowOf(kind).learned?.by;
}

/** The ways that are closed once this fault is in force, as "from to". */
function closedBy(cause: Cause, record: RunRecord): ReadonlySet<string> {
  const standing = earlier(cause, record).filter(
    ({ kind, ends }) => signOf(kind) === "gone" && !ends.some(({ atMs }) => atMs <= cause.begunMs),
  );
  return new Set([...standing, cause].flatMap(({ ways }) => ways).map((way) => way.join(" ")));
}

/** The groups of peers of which each can talk with every other, if need be through others of the group. */
function groupsOf(peers: readonly number[], closed: ReadonlySet<string>): ReadonlySet<number>[] {
  const left = new Set(peers);
  const canTalk = (one: number, other: number): boolean =>
    !closed.has(`${one} ${other}`) && !closed.has(`${other} ${one}`);
  const groups: Set<number>[] = [];
  for (const first of left) {
    const group = new Set([first]);
    left.delete(first);
    // A set that grows while it is walked through is walked through to its end.
    for (const one of group)
      for (const other of left)
        if (canTalk(one, other)) {
          group.add(other);
          left.delete(other);
        }
    groups.push(group);
  }
  return groups;
}

/** The other faults that were in force on running peers when this one was applied, as the scenario words them. */
function disturbing(cause: Cause, record: RunRecord): string[] {
  const before = earlier(cause, record).filter((fault) => {
    const { lasts, leaves } = rowOf(fault.kind);
    if (lasts !== "until ended" || leaves === "down") return false;
    return fault.peers.some((peer) => (fault.ends.find((end) => end.peer === peer)?.atMs ?? Infinity) > cause.fromMs);
  });
  return [...new Set(before.map(({ what }) => what))];
}

/** The faults that were applied before this one. In virtual time several are applied at the same moment. */
function earlier(cause: Cause, { faults }: RunRecord): readonly RecordedFault[] {
  const at = faults.findIndex((fault) => fault === cause);
  return at === -1 ? [] : faults.slice(0, at);
}
