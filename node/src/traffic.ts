import type { Millis } from "./core/timing.js";

/** What the talk with other peers has cost a peer since it started. Who looks at it, as RemotePeer does, is not counted. */
export interface Traffic {
  /** Its wall clock, in ms since 1970, when it started, which tells one life of a peer from another; 0 before `run()`. */
  readonly startedAtMs: number;
  /** How long ago that was; 0 before `run()`. */
  readonly runningForMs: Millis;
  readonly exchanges: Calls;
  readonly probes: Calls;
  /** Its own calls that brought no answer: nobody there, not in time, refused, or malformed. */
  readonly unanswered: number;
  /** Requests and answers, those to somebody who was not there included. */
  readonly messages: BothWays;
  /** The same in bytes of protobuf, without what HTTP/2 and TCP add. */
  readonly bytes: BothWays;
  /**
   * How long answers took, of exchanges and of probes of the very peer that was asked: how many at most the first of
   * ROUND_TRIP_BOUNDS_MS, how many longer and at most the second, and so on; the last count is of all others.
   */
  readonly roundTrips: readonly number[];
}

/** Calls that a peer made, and calls of others that it answered. */
export interface Calls {
  readonly asked: number;
  readonly answered: number;
}

export interface BothWays {
  readonly sent: number;
  readonly received: number;
}

/** As in membership.proto. Fine enough to tell apart what differs by half, few enough to be sent every few seconds. */
export const ROUND_TRIP_BOUNDS_MS: readonly Millis[] = [
  0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 2000, 3000, 5000,
];

/** What happened between two looks at one peer; undefined when it restarted meanwhile, or the figures went back. */
export function trafficBetween(earlier: Traffic, later: Traffic): Traffic | undefined {
  if (earlier.startedAtMs !== later.startedAtMs) return undefined;
  const from = (after: number, before = 0): number => after - before;
  const calls = (key: "exchanges" | "probes"): Calls => ({
    asked: from(later[key].asked, earlier[key].asked),
    answered: from(later[key].answered, earlier[key].answered),
  });
  const ways = (key: "messages" | "bytes"): BothWays => ({
    sent: from(later[key].sent, earlier[key].sent),
    received: from(later[key].received, earlier[key].received),
  });
  const between: Traffic = {
    startedAtMs: later.startedAtMs,
    runningForMs: from(later.runningForMs, earlier.runningForMs),
    exchanges: calls("exchanges"),
    probes: calls("probes"),
    unanswered: from(later.unanswered, earlier.unanswered),
    messages: ways("messages"),
    bytes: ways("bytes"),
    roundTrips: later.roundTrips.map((count, at) => from(count, earlier.roundTrips[at])),
  };
  return isSound(between) ? between : undefined;
}

function isSound({ runningForMs, exchanges, probes, unanswered, messages, bytes, roundTrips }: Traffic): boolean {
  const counts = [exchanges, probes, messages, bytes].flatMap((pair) => Object.values(pair) as number[]);
  return [runningForMs, unanswered, ...counts, ...roundTrips].every((count) => count >= 0);
}

/**
 * Within how many ms so large a share of the round trips was, as far as the bounds tell: Infinity beyond the last of
 * them; undefined when there was none.
 */
export function roundTripWithin(roundTrips: readonly number[], share: number): Millis | undefined {
  const all = roundTrips.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  let left = share * all;
  const at = roundTrips.findIndex((count) => (left -= count) <= 0);
  return ROUND_TRIP_BOUNDS_MS[at] ?? Infinity;
}
