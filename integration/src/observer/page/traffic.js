// What the peers' traffic adds up to. Pure: figures in, figures out.

/** @import { Model } from "./model.js" */
/** @import { Figures, ObservedPeer } from "./types.js" */

/** Stands for a round trip, in ms, that took longer than the longest bound that peers count by, 5 s. */
export const TOO_LONG = 5001;

/** The figures that are shown of a peer: per second, except the round trips and the total since the start. */
export const FIGURES = /** @type {const} */ (["exchanges", "sent", "received", "p50", "p99", "unanswered", "total"]);

/** @typedef {(typeof FIGURES)[number]} Figure */

/**
 * One figure of a peer; undefined where there is none.
 * @param {Figures | null | undefined} traffic @param {Figure} figure @returns {number | undefined}
 */
export function figureOf(traffic, figure) {
  if (traffic === undefined || traffic === null) return undefined;
  if (figure === "p50" || figure === "p99") return traffic[figure] ?? undefined;
  return figure === "total" ? traffic.total : (traffic[figure] / traffic.forMs) * 1000;
}

/** The figures of all peers together. @param {Model} model */
export function totals(model) {
  const asked = [...model.peers.values()].filter(({ traffic }) => traffic !== undefined);
  const known = asked.flatMap(({ traffic }) => traffic ?? []);
  const sum = (/** @type {Figure} */ figure) =>
    known.reduce((before, traffic) => before + (figureOf(traffic, figure) ?? 0), 0);
  return {
    /** How many peers publish their traffic, and how many do not. */
    known: known.length,
    silent: asked.length - known.length,
    /** Per second. What one peer sends another receives, so it is counted once. */
    exchanges: sum("exchanges"),
    sent: sum("sent"),
    /** The longest p99 of any peer, in ms; 0 when none has one. */
    p99: known.reduce((most, { p99 }) => Math.max(most, p99 ?? 0), 0),
  };
}

/**
 * The peers in the order of a figure, those without it last; peers whose figures are equal stay in the order they have.
 * @param {readonly ObservedPeer[]} peers @param {Figure} figure @param {{ isDescending: boolean }} options
 */
export function sorted(peers, figure, { isDescending }) {
  const sign = isDescending ? -1 : 1;
  return [...peers].sort((a, b) => {
    const [one, other] = [figureOf(a.traffic, figure), figureOf(b.traffic, figure)];
    if (one === undefined || other === undefined) return Number(one === undefined) - Number(other === undefined);
    return sign * (one - other);
  });
}
