import type { Fault, Recording, Turn } from "./recording.js";
import { isListed, Replay } from "./replay.js";

export type FactKind = "join" | "update" | "crash" | "silence" | "leave" | "heal";

/** Who is to learn something of whom. */
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
  /** When something else became of the same peers, or the recording ended. */
  readonly untilMs: number;
  /** What the protocol promises, with all messages getting through. */
  readonly budgetMs: number;
  /** What else was wrong at the time: then the budget need not hold. */
  readonly during: readonly string[];
  readonly pairs: readonly Pair[];
  /** Those of the pairs that knew already when the fault began. */
  readonly known: readonly Pair[];
  readonly knows: (turn: Turn) => boolean;
}

type Sort = Pick<Fact, "kind" | "knows"> & { readonly holds?: (isListed: boolean) => boolean };

const isGone = (turn: Turn): boolean => !isListed(turn.belief);
const isThere = (turn: Turn): boolean => isListed(turn.belief);
const isNews = ({ kind }: Turn): boolean => kind === "updated" || kind === "joined";
const GONE = { knows: isGone, holds: (listed: boolean): boolean => !listed };
const THERE = { knows: isThere, holds: (listed: boolean): boolean => listed };

/** What there is to learn of each kind of fault; of the others there is nothing. */
const SORTS: Readonly<Partial<Record<Fault["kind"], Sort>>> = {
  start: { kind: "join", ...THERE },
  add: { kind: "join", ...THERE },
  restart: { kind: "join", knows: isNews },
  "set-meta": { kind: "update", knows: isNews },
  kill: { kind: "crash", ...GONE },
  stop: { kind: "leave", ...GONE },
  pause: { kind: "silence", ...GONE },
  resume: { kind: "heal", ...THERE },
  cut: { kind: "silence", ...GONE },
  heal: { kind: "heal", ...THERE },
};

/** All that was to be learnt in a recording, in the order in which it became true; the first is that the cluster is there. */
export function factsOf(recording: Recording): Fact[] {
  const replay = new Replay(recording);
  replay.goTo(recording.fromMs);
  const begun = recording.fromMs;
  const facts = [factOf({ ...beginning(replay), begunMs: begun, fromMs: begun }, recording, replay)];
  for (const fault of recording.faults) {
    replay.goTo(fault.begunMs);
    facts.push(factOf(fault, recording, replay));
  }
  return facts.filter((fact) => fact !== undefined).filter(({ pairs }) => pairs.length > 0);
}

type Cause = Pick<Fault, "kind" | "what" | "line" | "begunMs" | "fromMs" | "peers" | "ways">;

function beginning(replay: Replay): Pick<Cause, "kind" | "what" | "line" | "peers" | "ways"> {
  return { kind: "start", what: "all that start at the beginning", line: undefined, peers: replay.running(), ways: [] };
}

function factOf(cause: Cause, recording: Recording, replay: Replay): Fact | undefined {
  const sort = SORTS[cause.kind];
  if (sort === undefined) return undefined;
  const { knows, kind, holds } = sort;
  const pairs = pairsOf(cause, replay.running());
  return {
    kind,
    what: cause.what,
    line: cause.line,
    begunMs: cause.begunMs,
    atMs: cause.fromMs,
    untilMs: untilMs(cause, new Set(pairs.map(([, subject]) => subject)), recording),
    budgetMs: recording.budgets[`${kind}Ms`],
    during: standing(cause, recording),
    pairs,
    known: holds === undefined ? [] : pairs.filter(([viewer, subject]) => holds(replay.lists(viewer, subject))),
    knows,
  };
}

/** Of a wall, who gets nothing from somebody any more is to learn that it is gone; of all else, everybody that can. */
function pairsOf({ kind, peers, ways }: Cause, running: readonly number[]): Pair[] {
  if (isOfNetwork(kind)) return ways.flatMap(([from, to]): Pair[] => (running.includes(to) ? [[to, from]] : []));
  // Who is broken by the very fault learns nothing.
  const viewers = running.filter((viewer) => !["kill", "stop", "pause"].includes(kind) || !peers.includes(viewer));
  return viewers.flatMap((viewer) => peers.flatMap((peer): Pair[] => (viewer === peer ? [] : [[viewer, peer]])));
}

function isOfNetwork(kind: Fault["kind"]): boolean {
  return kind === "cut" || kind === "heal";
}

/** Metadata and restarts end nothing but each other, and no wall ends them; what was cut is true until it is healed. */
function untilMs(cause: Cause, subjects: ReadonlySet<number>, { faults, toMs }: Recording): number {
  const next = faults.find((fault) => {
    if (fault.begunMs < cause.fromMs || fault === cause) return false;
    const isSameSort = SORTS[fault.kind]?.knows === SORTS[cause.kind]?.knows;
    if (SORTS[fault.kind] === undefined || (isSameSort && !isNewsOnly(fault))) return false;
    if (isNewsOnly(fault) !== isNewsOnly(cause) && isNewsOnly(fault)) return false;
    if (isNewsOnly(cause) && isOfNetwork(fault.kind)) return false;
    const touched = fault.ways.length > 0 ? fault.ways.flat() : fault.peers;
    return touched.some((peer) => subjects.has(peer));
  });
  return next?.begunMs ?? toMs;
}

function isNewsOnly({ kind }: Pick<Fault, "kind">): boolean {
  return kind === "set-meta" || kind === "restart";
}

function standing(cause: Cause, { faults }: Recording): string[] {
  const before = faults.filter((fault) => {
    if (!["cut", "loss", "delay", "bandwidth", "cpu", "pause"].includes(fault.kind) || fault.begunMs >= cause.begunMs)
      return false;
    return fault.peers.some((peer) => (fault.ends.find((end) => end.peer === peer)?.atMs ?? Infinity) > cause.fromMs);
  });
  return [...new Set(before.map(({ what }) => what))];
}
