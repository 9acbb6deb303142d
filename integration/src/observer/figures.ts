import type { Traffic } from "gossip-peer";
import { roundTripWithin, trafficBetween } from "gossip-peer/testbed";
import { TOO_LONG } from "./page/traffic.js";
import type { Figures } from "./page/types.js";

/**
 * What a peer counted between two polls, as the page shows it; undefined when the two cannot be compared, since the
 * peer was started anew in between or they are of the same moment. Figures are differences, so that any moment of a
 * recording can be shown by itself and a restart needs no explanation.
 */
export function figuresOf(earlier: Traffic, later: Traffic): Figures | undefined {
  const between = trafficBetween(earlier, later);
  if (between === undefined || between.runningForMs === 0) return undefined;
  const { exchanges, unanswered, bytes, roundTrips, runningForMs: forMs } = between;
  const quantile = (share: number): number | null => {
    const ms = roundTripWithin(roundTrips, share);
    return ms === undefined ? null : Math.min(ms, TOO_LONG);
  };
  return {
    forMs,
    exchanges: exchanges.asked,
    unanswered,
    sent: bytes.sent,
    received: bytes.received,
    p50: quantile(0.5),
    p99: quantile(0.99),
    total: later.bytes.sent + later.bytes.received,
  };
}
