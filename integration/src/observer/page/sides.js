// Which peers are on which side of a partition: as it is in force, and as it is being drafted. Pure.

/** @import { Condition } from "./types.js" */

/** What a side is called: A to Z, and beyond that by its number. @param {number} at */
export const letter = (at) => (at < 26 ? String.fromCharCode(65 + at) : String(at + 1));

/** How many colours there are for sides and for groups; what comes after them has the first ones again. */
const COLOURS = 6;

/** The number of the colour of the side, or of the group, at this place. @param {number} at */
export const colourOf = (at) => String(at % COLOURS);

/** The place of the side that is called so, the inverse of `letter`. @param {string} side */
export const placeOf = (side) => (/^\d/.test(side) ? Number(side) - 1 : side.charCodeAt(0) - 65);

/**
 * The sides that are in force. A peer that is down has no side, and stays on the one where it was before, or goes to
 * the first.
 * @param {readonly Condition[]} peers @param {readonly (readonly number[])[]} before
 */
export function sidesInForce(peers, before) {
  const letters = [...new Set(peers.flatMap(({ side }) => side ?? []))].sort(
    (a, b) => a.length - b.length || (a < b ? -1 : 1),
  );
  /** @type {number[][]} */
  const sides = (letters.length > 1 ? letters : [""]).map(() => []);
  for (const { peer, side } of peers) {
    const at = side === undefined ? before.findIndex((each) => each.includes(peer)) : letters.indexOf(side);
    (sides[at] ?? sides[0])?.push(peer);
  }
  return sides.filter((side) => side.length > 0);
}

/**
 * The sides after these peers were moved to the one at `to`, which may be a new one; sides that are left empty are
 * gone.
 * @param {readonly (readonly number[])[]} sides @param {readonly number[]} peers @param {number} to
 */
export function moved(sides, peers, to) {
  const others = [...sides, []].map((side) => side.filter((each) => !peers.includes(each)));
  const after = others.map((side, at) => (at === to ? [...side, ...peers].sort((a, b) => a - b) : side));
  return after.filter((side) => side.length > 0);
}

/**
 * The drafted sides, of the peers that exist now; newcomers are on the first.
 * @param {readonly (readonly number[])[]} sides @param {readonly number[]} peers
 */
export function laidOut(sides, peers) {
  const known = sides.flat();
  const newcomers = peers.filter((peer) => !known.includes(peer));
  const kept = sides.map((side, at) =>
    [...(at === 0 ? newcomers : []), ...side].filter((peer) => peers.includes(peer)),
  );
  return kept.map((side) => side.sort((a, b) => a - b)).filter((side) => side.length > 0);
}

/**
 * Whether the same peers are together, whatever the sides are called.
 * @param {readonly (readonly number[])[]} a @param {readonly (readonly number[])[]} b
 */
export function areSame(a, b) {
  const text = (/** @type {readonly (readonly number[])[]} */ sides) => sides.map(String).sort().join("|");
  return text(a) === text(b);
}
