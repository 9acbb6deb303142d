import { factsOf, type Fact } from "./facts.js";
import { isListed, Replay } from "./replay.js";
import type { BeliefChange, RunRecord } from "./run-record.js";
import type { Sent } from "../scenario/cluster.js";

/** A value from one moment on, until the next point. Times are the cluster's own, in ms. */
export type Point = readonly [atMs: number, value: number];

/**
 * How far word of one fault got, and when. All times count from when the fault was done; who knew before that counts as
 * 0.
 */
export interface Knowledge extends Omit<Fact, "pairs" | "knows"> {
  /** How many peers were to learn of it, and how many did while it was true. */
  readonly viewers: number;
  readonly knew: number;
  /** Until the first of them knew; undefined when nobody did. */
  readonly firstMs: number | undefined;
  /** Until all of them knew; undefined as long as somebody did not. */
  readonly fullMs: number | undefined;
  /** The share of them that knew, over time. */
  readonly curve: readonly Point[];
}

/** The messages of a peer in all, and in each ping period that it ran. */
export interface Load extends Sent {
  /** Undefined when there is no time of which it is known. */
  readonly inPeriod: { readonly messages: number; readonly bytes: number } | undefined;
}

/** A measure of how well the peers did, made from the record of a run. */
export interface Judgement {
  readonly knowledge: readonly Knowledge[];
  /** Removals of peers that ran, were awake and were not cut off. */
  readonly wrongRemovals: readonly BeliefChange[];
  /** A peer that was down was listed again by one that had removed it. */
  readonly comebacks: readonly BeliefChange[];
  /** How many different lists those that run hold, over time. */
  readonly distinctViews: readonly Point[];
  /** For how long there was more than one. */
  readonly disagreedMs: number;
  /** Of the peers that publish it, by number. */
  readonly loads: readonly Load[];
}

export function judge(record: RunRecord): Judgement {
  const distinct = distinctViews(record);
  return {
    knowledge: factsOf(record).map((fact) => knowledgeOf(fact, record)),
    wrongRemovals: record.beliefs.filter(({ wrong }) => wrong),
    comebacks: comebacks(record),
    distinctViews: distinct,
    disagreedMs: timeAbove(1, distinct, record.toMs),
    loads: record.sent.map((sent) => loadOf(sent, record.timing.pingPeriodMs)),
  };
}

/** Which peers learnt of a fact, and when. A peer that went down before it knew is not counted: it had no chance to. */
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

function comebacks({ beliefs, lives }: RunRecord): BeliefChange[] {
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
    // A removal before it went down is of a former life.
    else if (isListed(change.belief) && since !== undefined && (removedAt.get(pair) ?? -Infinity) >= since) {
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

/** The last point of each moment, and of equal ones the first. */
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
