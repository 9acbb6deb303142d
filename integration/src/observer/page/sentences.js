// What happened, and what a peer believes, in sentences.
import { byAddress, describe } from "./conditions.js";
import { isComplete, spreadMs } from "./news-history.js";
import { clock, duration, LINKS, ms, nameOf } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { ChangeKind, Learnt, Member, NewsItem, Status } from "./types.js" */

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

/** Why a peer believes what it does, by the change that it told. @type {Record<ChangeKind, string>} */
const REASONS = {
  joined: "it was heard of, or is back",
  updated: "it answers",
  suspected: "it did not answer; it may still deny the suspicion",
  recovered: "it denied the suspicion",
  failed: "it neither answered nor denied the suspicion in time",
  left: "it said goodbye",
};
/** The change that leads to each status, for a belief whose change was not seen. @type {Record<Status, ChangeKind>} */
const LEADS = { alive: "updated", suspect: "suspected", failed: "failed", left: "left" };

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
 * What one peer believes of another: a sentence; in rows of name and value why and since when, what was done to the
 * other, and the record.
 * @param {Model} model @param {{ by: string, of: string, now: number }} shown
 */
export function belief(model, { by, of, now }) {
  const peer = model.peers.get(by);
  const member = peer?.members?.get(of);
  const name = nameOf(model, by);
  const other = by === of ? "itself" : nameOf(model, of);
  const head =
    member === undefined
      ? `${name} has never heard of ${other}, or forgot it`
      : `${name} believes that ${other} ${BELIEFS[member.status]}`;
  const learnt = peer?.learnt.get(of);
  const origin = member === undefined || learnt === undefined ? [] : originOf(member, learnt, by === of, now);
  return { head, details: [...origin, ...seen(model, of, now), ...(member === undefined ? [] : details(member))] };
}

/**
 * Since when a peer believes what it does, and why.
 * @param {Member} member @param {Learnt} learnt @param {boolean} isItself @param {number} now
 * @returns {[string, string][]}
 */
function originOf({ status }, { at, kind }, isItself, now) {
  const since = kind === undefined ? `${clock(at)} or before` : `${clock(at)}, for ${duration(now - at)}`;
  /** @type {[string, string][]} */
  const why = isItself ? [] : [["because", REASONS[kind ?? LEADS[status]]]];
  return [["since", since], ...why];
}

/**
 * How it stands with a peer as the observer sees it, and what was done to the peer on purpose.
 * @param {Model} model @param {string} of @param {number} now @returns {[string, string][]}
 */
function seen(model, of, now) {
  const peer = model.peers.get(of);
  const condition = byAddress(model.conditions).get(of);
  /** @type {[string, string][]} */
  const rows = [];
  if (peer !== undefined && peer.link !== "followed")
    rows.push(["observed", `${LINKS[peer.link]} for ${duration(now - peer.since)}`]);
  if (condition !== undefined) rows.push(["condition", describe(condition).join(", ")]);
  return rows;
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
