// How word of changes gets round: for each change who told it, and how long after the first.

/** @import { Kind, Member, NewsItem } from "./types.js" */

/** Changes that are remembered. */
const KEPT = 300;
/** The same change told after so long is another one: a member may fail, be found again and fail again. */
const LASTS_MS = 60_000;

export class News {
  /** The latest last. @type {NewsItem[]} */
  items = [];
  /** @type {Map<string, NewsItem>} The latest item of each change. */
  #latest = new Map();

  /**
   * A peer told a change. The first to do so makes it news, which all others of the followed are then to learn.
   * @param {string} peer @param {Kind} kind @param {Member} member @param {number} at @param {Iterable<string>} followed
   */
  told(peer, kind, member, at, followed) {
    const change = changeOf(kind, member);
    const item = this.#latest.get(change);
    if (item !== undefined && at - item.at < LASTS_MS && (item.waiting.has(peer) || peer === item.subject))
      know(item, peer, at);
    else if (item === undefined || at - item.at >= LASTS_MS || item.known.some((each) => each.peer === peer))
      know(this.#begin(change, kind, member, at, followed), peer, at);
  }

  /** A peer showed its whole view, in which may be what it did not tell. @param {string} peer @param {Map<string, Member>} members @param {number} at */
  seen(peer, members, at) {
    for (const item of this.items) {
      if (item.waiting.has(peer) && at - item.at < LASTS_MS && shows(members.get(item.subject), item))
        know(item, peer, at);
    }
  }

  /** A peer is no longer followed, so nobody waits for it. @param {string} peer */
  lost(peer) {
    for (const item of this.items) item.waiting.delete(peer);
  }

  /** @param {string} change @param {Kind} kind @param {Member} member @param {number} at @param {Iterable<string>} followed */
  #begin(change, kind, member, at, followed) {
    const subject = member.address;
    const waiting = new Set(followed);
    waiting.delete(subject);
    /** @type {NewsItem} */
    const item = { key: `${change} ${at}`, kind, subject, member, at, known: [], waiting };
    this.items.push(item);
    this.#latest.set(change, item);
    if (this.items.length > KEPT) this.#forget();
    return item;
  }

  #forget() {
    for (const { key, kind, member } of this.items.splice(0, KEPT / 10)) {
      const change = changeOf(kind, member);
      if (this.#latest.get(change)?.key === key) this.#latest.delete(change);
    }
  }
}

/** Whether all have learnt it who could. @param {NewsItem} item */
export const isComplete = (item) => item.waiting.size === 0;

/** After how many ms the last of those who know it did. @param {NewsItem} item */
export const spreadMs = (item) => item.known.at(-1)?.afterMs ?? 0;

/** @param {NewsItem} item @param {string} peer @param {number} at */
function know(item, peer, at) {
  item.waiting.delete(peer);
  if (peer !== item.subject) item.known.push({ peer, afterMs: at - item.at });
}

/** The text that is the same for all who tell the same. @param {Kind} kind @param {Member} member */
function changeOf(kind, { address, generation, incarnation, meta }) {
  if (kind === "updated") return JSON.stringify([kind, address, generation, meta]);
  const denied = kind === "suspected" || kind === "recovered" ? incarnation : 0;
  return JSON.stringify([kind, address, generation, denied]);
}

/** @param {Member | undefined} held @param {NewsItem} item */
function shows(held, { kind, member }) {
  if (held === undefined || held.generation < member.generation) return false;
  if (kind === "failed" || kind === "left" || kind === "suspected") return held.status === member.status;
  return (held.status === "alive" || held.status === "suspect") && held.incarnation >= member.incarnation;
}
