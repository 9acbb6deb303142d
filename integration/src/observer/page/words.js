// What peers, links, times and numbers are called on the page.

/** @import { Model } from "./model.js" */
/** @import { Link } from "./types.js" */

/** @type {Record<Link, string>} */
export const LINKS = {
  followed: "followed",
  silent: "silent",
  unreachable: "unreachable",
  malformed: "talks nonsense",
};

/**
 * What to call a peer: the name of its machine, else what it calls itself, else its address.
 * @param {Model} model @param {string} address
 */
export function nameOf(model, address) {
  return model.peers.get(address)?.label ?? ownName(model, address) ?? address;
}

/** What a peer calls itself, or another says that it does. @param {Model} model @param {string} address */
export function ownName(model, address) {
  const own = model.peers.get(address)?.members?.get(address)?.meta.name;
  if (own !== undefined) return own;
  for (const { members } of model.peers.values()) {
    const heard = members?.get(address)?.meta.name;
    if (heard !== undefined) return heard;
  }
  return undefined;
}

/** The local time of day, to the second. @param {number} at in ms since 1970 */
export function clock(at) {
  const date = new Date(at);
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The local time of day, to the millisecond. @param {number} at in ms since 1970 */
export const fineClock = (at) => `${clock(at)}.${String(Math.floor(at % 1000)).padStart(3, "0")}`;

/** A short time, as exact as is worth reading. @param {number} value in ms */
export function ms(value) {
  if (value < 0.05) return "at once";
  if (value < 10) return `${value.toFixed(1)} ms`;
  if (value < 1000) return `${Math.round(value)} ms`;
  return `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`;
}

/** A long time, in whole seconds. @param {number} value in ms */
export function duration(value) {
  const seconds = Math.max(0, Math.floor(value / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** "1 peer", "2 peers". @param {number} count @param {string} one @param {string} [many] */
export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
