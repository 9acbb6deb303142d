import type { Millis } from "./core/timing.js";

/** The traffic of a peer with other peers since it started. Calls of RemotePeer and other observers are not counted. */
export interface Traffic {
  /**
   * The peer's wall clock at its start, in ms since 1970, which tells one life of a peer from another; 0 before
   * `run()`.
   */
  readonly startedAtMs: number;
  /** The time since the start, by a clock that nobody sets; 0 before `run()`. */
  readonly runningForMs: Millis;
  /** Exchanges of the view. */
  readonly exchanges: CallCounts;
  /** Pings of a member, and requests to ping another. */
  readonly probes: CallCounts;
  /** The peer's own calls that brought no answer: nobody there, not in time, refused, or malformed. */
  readonly unanswered: number;
  /** Requests and answers, those included that were sent where nobody was. */
  readonly messages: BothWays;
  /** The bytes of these messages as protobuf, without what HTTP/2 and TCP add. */
  readonly bytes: BothWays;
  /**
   * How long answers took, of exchanges and of pings (probes of the very peer that was asked). 25 counts: of those that
   * took at most 0.5 ms, of longer ones of at most 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300,
   * 500, 700, 1000, 2000, 3000 and 5000 ms, and of all others.
   */
  readonly roundTrips: readonly number[];
}

/** Calls that a peer made, and calls of others that it answered. */
export interface CallCounts {
  /** Calls that the peer made. */
  readonly asked: number;
  /** Calls of others that it answered. */
  readonly answered: number;
}

/** A count of what the peer sent and of what reached it. */
export interface BothWays {
  /** To others. */
  readonly sent: number;
  /** From others. */
  readonly received: number;
}

/**
 * The bounds of Traffic's `roundTrips`, as membership.proto has them: fine enough to tell apart what differs by half,
 * few enough to be sent every few seconds.
 */
export const ROUND_TRIP_BOUNDS_MS: readonly Millis[] = [
  0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 2000, 3000, 5000,
];

/** The traffic between two readings of one peer; undefined when the peer restarted meanwhile, or a figure went back. */
export function trafficBetween(earlier: Traffic, later: Traffic): Traffic | undefined {
  if (earlier.startedAtMs !== later.startedAtMs) return undefined;
  const from = (after: number, before = 0): number => after - before;
  const calls = (key: "exchanges" | "probes"): CallCounts => ({
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
 * The bound, in ms, within which so large a share of the round trips was: Infinity beyond the last bound, undefined
 * when there was no round trip.
 */
export function roundTripWithin(roundTrips: readonly number[], share: number): Millis | undefined {
  const all = roundTrips.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  let left = share * all;
  const at = roundTrips.findIndex((count) => (left -= count) <= 0);
  return ROUND_TRIP_BOUNDS_MS[at] ?? Infinity;
}
