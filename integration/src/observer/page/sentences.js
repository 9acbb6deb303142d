// What happened, and what a peer believes, in sentences.
import { isComplete, spreadMs } from "./news-history.js";
import { clock, ms, nameOf } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { ChangeKind, Member, NewsItem, Status } from "./types.js" */

/** @type {Record<ChangeKind, string>} */
const VERBS = {
  joined: "joined",
  updated: "changed what it says of itself",
  suspected: "is suspected",
  recovered: "answers again",
  failed: "failed",
  left: "left",
};

/** @type {Record<Status, string>} */
const BELIEFS = { alive: "is alive", suspect: "may have failed", failed: "failed", left: "left" };

/** @param {Model} model @param {NewsItem} item */
export function sentence(model, item) {
  return `${nameOf(model, item.subject)} ${VERBS[item.kind]}`;
}

/** How far news of a change has got. @param {NewsItem} item */
export function reach(item) {
  const known = item.known.length;
  const all = known + item.waiting.size;
  if (all === 0) return "nobody else to tell";
  return isComplete(item) ? `all ${all} know, ${ms(spreadMs(item))}` : `${known} of ${all} know`;
}

/**
 * What one peer believes of another: a sentence, and the record in rows of name and value.
 * @param {Model} model @param {string} by @param {string} of
 */
export function belief(model, by, of) {
  const member = model.peers.get(by)?.members?.get(of);
  const name = nameOf(model, by);
  const other = by === of ? "itself" : nameOf(model, of);
  const head =
    member === undefined
      ? `${name} has never heard of ${other}, or forgot it`
      : `${name} believes that ${other} ${BELIEFS[member.status]}`;
  return { head, details: member === undefined ? [] : details(member) };
}

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

/**
 * When a peer of this generation started: a generation is the wall clock of the start, unless an earlier start had a
 * later clock.
 * @param {number} generation
 */
function startedAt(generation) {
  const isTime = generation > 1e12 && generation < 1e13;
  return isTime ? `, started at ${clock(generation)}` : "";
}
