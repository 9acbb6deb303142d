import { factsOf, type Fact } from "./facts.js";
import { rowOf } from "../fault/kinds.js";
import { isListed, Replay } from "./replay.js";
import type { BeliefChange, RunRecord } from "./run-record.js";
import { metIn } from "./sometimes.js";
import type { Sent } from "../scenario/cluster.js";
import type { Sometimes } from "../scenario/schema.js";

/** A point of a step function: the value holds from `atMs` until the next point. Times are the cluster's own, in ms. */
export type Point = readonly [atMs: number, value: number];

/**
 * How many peers learnt a fact, and when. `firstMs`, `fullMs` and the curve count from the moment at which the fault
 * was in force; a peer that knew before counts as 0.
 */
export interface Knowledge extends Omit<Fact, "pairs" | "knows"> {
  /** How many peers were to learn the fact, and how many did while it was true. */
  readonly viewers: number;
  readonly knew: number;
  /** The time until the first peer knew, in ms; undefined when none did. */
  readonly firstMs: number | undefined;
  /** The time until all peers knew, in ms; undefined when at least one never did. */
  readonly fullMs: number | undefined;
  /** The share of the peers that knew, over time. */
  readonly curve: readonly Point[];
}

/** The messages and bytes that a peer sent, in all and on average in a ping period in which it ran. */
export interface Load extends Sent {
  /** The averages for a ping period; undefined when the peer's counters cover no time. */
  readonly inPeriod: { readonly messages: number; readonly bytes: number } | undefined;
}

/** How well the peers did, computed from the record of a run. */
export interface Judgement {
  readonly knowledge: readonly Knowledge[];
  /** Removals of peers that ran, were awake and were not cut off. */
  readonly wrongRemovals: readonly BeliefChange[];
  /** Belief changes by which a viewer listed a peer again that was down and that the viewer had removed. */
  readonly comebacks: readonly BeliefChange[];
  /** The facts that not all learnt within the budget, though no other fault was in force. */
  readonly missed: readonly Knowledge[];
  /** What a scenario may have to meet sometimes, and what this run met of it. */
  readonly met: readonly Sometimes[];
  /** How many different lists the running peers hold, over time. */
  readonly distinctViews: readonly Point[];
  /** The time, in ms, during which there was more than one list. */
  readonly disagreedMs: number;
  /** The loads of the peers that publish them, in the order of their numbers. */
  readonly loads: readonly Load[];
}

export function judge(record: RunRecord): Judgement {
  const distinct = distinctViews(record);
  const knowledge = factsOf(record).map((fact) => knowledgeOf(fact, record));
  return {
    knowledge,
    wrongRemovals: record.beliefs.filter(({ wrong }) => wrong),
    comebacks: comebacks(record),
    missed: knowledge.filter(isMissed),
    met: metIn(record, distinct),
    distinctViews: distinct,
    disagreedMs: timeAbove(1, distinct, record.toMs),
    loads: record.sent.map((sent) => loadOf(sent, record.timing.pingPeriodMs)),
  };
}

/** Whether a fact was true for longer than its budget before all knew it, though no other fault was in force. */
export function isMissed({ fullMs, budgetMs, during, atMs, untilMs }: Knowledge): boolean {
  return during.length === 0 && (fullMs ?? untilMs - atMs) > budgetMs;
}

/** How many of the viewers learnt a fact, and when. A viewer that went down before it knew is not counted. */
function knowledgeOf({ pairs, knows, ...fact }: Fact, { beliefs, lives }: RunRecord): Knowledge {
  const { atMs, untilMs } = fact;
  const left = new Map<number, Set<number>>();
  for (const [viewer, subject] of pairs) left.set(viewer, (left.get(viewer) ?? new Set()).add(subject));
  const viewers = new Set(left.keys());
  const knewAt = new Map<number, number>();
  const learns = (viewer: number, subject: number, when: number): void => {
    const missing = left.get(viewer);
    if (missing?.delete(subject) === true && missing.size === 0) knewAt.set(viewer, Math.max(0, when - atMs));
  };
  for (const [viewer, subject] of fact.known) learns(viewer, subject, atMs);
  for (const change of beliefs) {
    if (change.atMs > untilMs) break;
    if (change.atMs >= fact.begunMs && knows(change)) learns(change.viewer, change.subject, change.atMs);
  }
  for (const { peer, state, atMs: endMs } of lives) {
    const isEarlier = endMs > atMs && endMs <= untilMs && state === "down";
    if (isEarlier && !knewAt.has(peer)) viewers.delete(peer);
  }
  const times = [...knewAt].flatMap(([viewer, ms]) => (viewers.has(viewer) ? [ms] : [])).sort((a, b) => a - b);
  return {
    ...fact,
    viewers: viewers.size,
    knew: times.length,
    firstMs: times[0],
    fullMs: times.length === viewers.size ? times.at(-1) : undefined,
    curve: compact([[0, 0], ...times.map((ms, index): Point => [ms, (index + 1) / viewers.size])]),
  };
}

function loadOf(sent: Sent, periodMs: number): Load {
  const periods = sent.forMs / periodMs;
  const inPeriod = periods > 0 ? { messages: sent.messages / periods, bytes: sent.bytes / periods } : undefined;
  return { ...sent, inPeriod };
}

function comebacks({ beliefs, lives, faults }: RunRecord): BeliefChange[] {
  // A peer that starts may be listed before the command that starts it has returned.
  const starts = faults.filter(({ kind }) => rowOf(kind).leaves === "running");
  const hasBegun = (peer: number, since: number, atMs: number): boolean =>
    starts.some(({ peers, begunMs }) => peers.includes(peer) && begunMs >= since && begunMs <= atMs);
  const down = new Map<number, number>();
  const removedAt = new Map<string, number>();
  const found: BeliefChange[] = [];
  let next = 0;
  for (const change of beliefs) {
    for (let life = lives[next]; life !== undefined && life.atMs <= change.atMs; life = lives[++next]) {
      if (life.state === "down") down.set(life.peer, life.atMs);
      else down.delete(life.peer);
    }
    const pair = `${change.viewer} ${change.subject}`;
    const since = down.get(change.subject);
    if (change.belief === "failed" || change.belief === "left") removedAt.set(pair, change.atMs);
    // A removal before the subject went down belongs to an earlier life of that peer.
    else if (
      isListed(change.belief) &&
      since !== undefined &&
      (removedAt.get(pair) ?? -Infinity) >= since &&
      !hasBegun(change.subject, since, change.atMs)
    ) {
      found.push(change);
      removedAt.delete(pair);
    }
  }
  return found;
}

function distinctViews(record: RunRecord): Point[] {
  const replay = new Replay(record);
  const points: Point[] = [];
  for (const atMs of replay.moments) {
    replay.goTo(atMs);
    points.push([atMs, replay.distinctLists()]);
  }
  return compact(points);
}

/** Keeps the last point of each moment, and of successive points with equal values the first. */
function compact(points: readonly Point[]): Point[] {
  const last = points.filter(([atMs], index) => points[index + 1]?.[0] !== atMs);
  return last.filter(([, value], index) => last[index - 1]?.[1] !== value);
}

function timeAbove(value: number, points: readonly Point[], endMs: number): number {
  return points.reduce((sum, [atMs, each], index) => {
    const nextMs = points[index + 1]?.[0] ?? endMs;
    return each > value ? sum + nextMs - atMs : sum;
  }, 0);
}
