import type { Traffic } from "gossip-peer";
import { roundTripWithin, trafficBetween } from "gossip-peer/testbed";
import { TOO_LONG } from "./page/traffic.js";
import type { Figures } from "./page/types.js";

/**
 * What happened between two looks at one peer, as the page shows it; undefined when they cannot be compared. A sighting
 * holds this and not the counters, so that any moment of a recording can be shown by itself, and a restart is no gap.
 */
export function figuresOf(earlier: Traffic, later: Traffic): Figures | undefined {
  const between = trafficBetween(earlier, later);
  if (between === undefined || between.runningForMs === 0) return undefined;
  const { exchanges, unanswered, bytes, roundTrips, runningForMs: forMs } = between;
  const within = (share: number): number | null => {
    const ms = roundTripWithin(roundTrips, share);
    return ms === undefined ? null : Math.min(ms, TOO_LONG);
  };
  return {
    forMs,
    exchanges: exchanges.asked,
    unanswered,
    sent: bytes.sent,
    received: bytes.received,
    p50: within(0.5),
    p99: within(0.99),
    total: later.bytes.sent + later.bytes.received,
  };
}
