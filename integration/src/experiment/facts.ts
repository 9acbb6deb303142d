import type { FactKind } from "../fault/kind.js";
import { rowOf } from "../fault/kinds.js";
import { isListed, Replay } from "./replay.js";
import type { BeliefChange, RecordedFault, RunRecord } from "./run-record.js";

/** A peer that is to learn something of another. */
type Pair = readonly [viewer: number, subject: number];

/** Something that a fault made true, and that the others are to learn. */
export interface Fact {
  readonly kind: FactKind;
  /** The fault as the scenario says it, and where; the beginning has no line. */
  readonly what: string;
  readonly line: number | undefined;
  /** When the fault was begun, and when it was done. */
  readonly begunMs: number;
  readonly atMs: number;
  /** When something else became of the same peers, or the record ended. */
  readonly untilMs: number;
  /** The time that the protocol promises, with all messages getting through. */
  readonly budgetMs: number;
  /** The other faults of the time: with any, the budget need not hold. */
  readonly during: readonly string[];
  readonly pairs: readonly Pair[];
  /** The pairs that knew already when the fault began. */
  readonly known: readonly Pair[];
  readonly knows: (change: BeliefChange) => boolean;
}

/** The signs by which one sees that a peer knows, and whether it lists the subject from then on. */
const SIGNS = {
  gone: { knows: ({ belief }: BeliefChange): boolean => !isListed(belief), isListed: false },
  listed: { knows: ({ belief }: BeliefChange): boolean => isListed(belief), isListed: true },
  told: { knows: ({ kind }: BeliefChange): boolean => kind === "updated" || kind === "joined", isListed: undefined },
} as const;

/** The facts of a run, in the order in which they became true; the first is that the cluster is there. */
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
  const pairs = pairsOf(cause, replay.running());
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

/** Of a wall, who gets nothing from somebody any more is to learn that it is gone; of all else, everybody that can. */
function pairsOf({ kind, peers, ways }: Cause, running: readonly number[]): Pair[] {
  if (ways.length > 0) return ways.flatMap(([from, to]): Pair[] => (running.includes(to) ? [[to, from]] : []));
  // A peer that the very fault takes away learns nothing.
  const viewers = running.filter((viewer) => signOf(kind) !== "gone" || !peers.includes(viewer));
  return viewers.flatMap((viewer) => peers.flatMap((peer): Pair[] => (viewer === peer ? [] : [[viewer, peer]])));
}

/** An update ends nothing but other updates, and no cut ends it; a cut is true until it is healed. */
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

/** The other faults, as the scenario says them, of peers that ran on. */
function disturbing(cause: Cause, { faults }: RunRecord): string[] {
  const before = faults.filter((fault) => {
    const { lasts, leaves } = rowOf(fault.kind);
    if (lasts !== "until ended" || leaves === "down" || fault.begunMs >= cause.begunMs) return false;
    return fault.peers.some((peer) => (fault.ends.find((end) => end.peer === peer)?.atMs ?? Infinity) > cause.fromMs);
  });
  return [...new Set(before.map(({ what }) => what))];
}
