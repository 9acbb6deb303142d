// What the peers' talk costs, added up; figures in, figures out.

/** @import { Model } from "./model.js" */
/** @import { Figures, ObservedPeer } from "./types.js" */

/** Stands for a round trip that took longer than the longest bound that peers count by, 5 s. */
export const TOO_LONG = 5001;

/** What is shown of a peer: per second, but for the round trips and what it came to since the start. */
export const FIGURES = /** @type {const} */ (["exchanges", "sent", "received", "p50", "p99", "unanswered", "total"]);

/** @typedef {(typeof FIGURES)[number]} Figure */

/** Undefined where there is none. @param {Figures | null | undefined} traffic @param {Figure} figure @returns {number | undefined} */
export function figureOf(traffic, figure) {
  if (traffic === undefined || traffic === null) return undefined;
  if (figure === "p50" || figure === "p99") return traffic[figure] ?? undefined;
  return figure === "total" ? traffic.total : (traffic[figure] / traffic.forMs) * 1000;
}

/** All peers together. @param {Model} model */
export function totals(model) {
  const asked = [...model.peers.values()].filter(({ traffic }) => traffic !== undefined);
  const known = asked.flatMap(({ traffic }) => traffic ?? []);
  const sum = (/** @type {Figure} */ figure) =>
    known.reduce((before, traffic) => before + (figureOf(traffic, figure) ?? 0), 0);
  return {
    /** How many peers have said what they count, and how many that they do not. */
    known: known.length,
    silent: asked.length - known.length,
    /** In a second. What one sends another receives, so it is counted once. */
    exchanges: sum("exchanges"),
    sent: sum("sent"),
    /** So many of the answers of each of them came within this. */
    p99: known.reduce((most, { p99 }) => Math.max(most, p99 ?? 0), 0),
  };
}

/**
 * In the order of a figure, those without it last; what is equal stays in the order it has.
 * @param {readonly ObservedPeer[]} peers @param {Figure} figure @param {boolean} isDescending
 */
export function sorted(peers, figure, isDescending) {
  const sign = isDescending ? -1 : 1;
  return [...peers].sort((a, b) => {
    const [one, other] = [figureOf(a.traffic, figure), figureOf(b.traffic, figure)];
    if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
    return sign * (one - other);
  });
}
