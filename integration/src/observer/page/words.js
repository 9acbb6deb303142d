// How things are called on the page.
import { isComplete, spreadMs } from "./news.js";

/** @import { Model } from "./model.js" */
/** @import { Kind, Link, Member, NewsItem } from "./types.js" */

/** @type {Record<Kind, string>} */
const VERBS = {
  joined: "joined",
  updated: "changed what it says of itself",
  suspected: "is suspected",
  recovered: "answers again",
  failed: "failed",
  left: "left",
};

/** @type {Record<Link, string>} */
export const LINKS = {
  followed: "followed",
  silent: "silent",
  unreachable: "unreachable",
  malformed: "talks nonsense",
};

/** What to call a peer: its machine's name, else its own, else its address. @param {Model} model @param {string} address */
export function nameOf(model, address) {
  return model.peers.get(address)?.label ?? ownName(model, address) ?? address;
}

/** What a peer calls itself, or others say it does. @param {Model} model @param {string} address */
export function ownName(model, address) {
  const own = model.peers.get(address)?.members?.get(address)?.meta.name;
  if (own !== undefined) return own;
  for (const { members } of model.peers.values()) {
    const heard = members?.get(address)?.meta.name;
    if (heard !== undefined) return heard;
  }
  return undefined;
}

/** @param {Model} model @param {NewsItem} item */
export function sentence(model, item) {
  return `${nameOf(model, item.subject)} ${VERBS[item.kind]}`;
}

/** How far word has got. @param {NewsItem} item */
export function reach(item) {
  const known = item.known.length;
  const all = known + item.waiting.size;
  if (all === 0) return "nobody else to tell";
  return isComplete(item) ? `all ${all} know, ${ms(spreadMs(item))}` : `${known} of ${all} know`;
}

/** What one peer believes of another, in full. @param {Model} model @param {string} by @param {string} of */
export function belief(model, by, of) {
  const member = model.peers.get(by)?.members?.get(of);
  const name = nameOf(model, by);
  const other = by === of ? "itself" : nameOf(model, of);
  const head =
    member === undefined
      ? `${name} has never heard of ${other}, or forgot it`
      : `${name} believes that ${other} ${IS[member.status]}`;
  return { head, details: member === undefined ? [] : details(member) };
}

const IS = { alive: "is alive", suspect: "may have failed", failed: "failed", left: "left" };

/** @param {Member} member @returns {[string, string][]} */
function details({ address, generation, incarnation, meta }) {
  /** @type {[string, string][]} */
  const rows = [
    ["address", address],
    ["generation", `${generation}${startedAt(generation)}`],
    ["incarnation", String(incarnation)],
  ];
  if (meta.name !== undefined) rows.push(["name", meta.name]);
  for (const [key, value] of Object.entries(meta.tags ?? {})) rows.push([key, value]);
  return rows;
}

/** A generation is the wall clock of the start, unless a former life's was later. @param {number} generation */
function startedAt(generation) {
  const isTime = generation > 1e12 && generation < 1e13;
  return isTime ? `, started at ${clock(generation)}` : "";
}

/** @param {number} at */
export function clock(at) {
  const date = new Date(at);
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** @param {number} at */
export const fineClock = (at) => `${clock(at)}.${String(Math.floor(at % 1000)).padStart(3, "0")}`;

/** @param {number} value */
export function ms(value) {
  if (value < 0.05) return "at once";
  if (value < 10) return `${value.toFixed(1)} ms`;
  if (value < 1000) return `${Math.round(value)} ms`;
  return `${(value / 1000).toFixed(value < 10_000 ? 2 : 1)} s`;
}

/** @param {number} value in ms */
export function duration(value) {
  const seconds = Math.max(0, Math.floor(value / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** @param {number} count @param {string} one @param {string} [many] */
export const plural = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
