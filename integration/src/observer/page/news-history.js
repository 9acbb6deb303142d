// How news of changes gets round: for each change which peers told it, and how long after the first.

/** @import { ChangeKind, Member, NewsItem } from "./types.js" */

/** How many changes are kept. */
const KEPT = 300;
/** The same change, told after so long, is another one: a member may fail, be found again and fail again. */
const LASTS_MS = 60_000;

export class NewsHistory {
  /** The latest last. @type {NewsItem[]} */
  items = [];
  /** The latest item of each change. @type {Map<string, NewsItem>} */
  #latest = new Map();

  /**
   * A peer told a change. The first to tell it makes it news, which all other followed peers are then to learn.
   * @param {string} peer @param {ChangeKind} kind @param {Member} member @param {number} at
   * @param {Iterable<string>} followed
   */
  told(peer, kind, member, at, followed) {
    const change = changeOf(kind, member);
    const item = this.#latest.get(change);
    if (item !== undefined && at - item.at < LASTS_MS && (item.waiting.has(peer) || peer === item.subject))
      addKnowing(item, peer, at);
    else if (item === undefined || at - item.at >= LASTS_MS || item.known.some((each) => each.peer === peer))
      addKnowing(this.#begin(change, kind, member, at, followed), peer, at);
  }

  /**
   * A peer showed its whole view, which may hold changes that it has not told.
   * @param {string} peer @param {ReadonlyMap<string, Member>} members @param {number} at
   */
  seen(peer, members, at) {
    for (const item of this.items) {
      if (item.waiting.has(peer) && at - item.at < LASTS_MS && shows(members.get(item.subject), item))
        addKnowing(item, peer, at);
    }
  }

  /** A peer is no longer followed, so that no item waits for it. @param {string} peer */
  lost(peer) {
    for (const item of this.items) item.waiting.delete(peer);
  }

  /**
   * @param {string} change @param {ChangeKind} kind @param {Member} member @param {number} at
   * @param {Iterable<string>} followed
   */
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

/** Whether every peer that could learn of the change has. @param {NewsItem} item */
export const isComplete = (item) => item.waiting.size === 0;

/** How many ms after the first peer the last of those that know the change learnt of it. @param {NewsItem} item */
export const spreadMs = (item) => item.known.at(-1)?.afterMs ?? 0;

/** @param {NewsItem} item @param {string} peer @param {number} at */
function addKnowing(item, peer, at) {
  item.waiting.delete(peer);
  if (peer !== item.subject) item.known.push({ peer, afterMs: at - item.at });
}

/** A text that is the same for all peers that tell the same change. @param {ChangeKind} kind @param {Member} member */
function changeOf(kind, { address, generation, incarnation, meta }) {
  if (kind === "updated") return JSON.stringify([kind, address, generation, meta]);
  const denied = kind === "suspected" || kind === "recovered" ? incarnation : 0;
  return JSON.stringify([kind, address, generation, denied]);
}

/**
 * Whether what a peer holds of the subject shows that the peer knows of the change.
 * @param {Member | undefined} held @param {NewsItem} item
 */
function shows(held, { kind, member }) {
  if (held === undefined || held.generation < member.generation) return false;
  if (kind === "failed" || kind === "left" || kind === "suspected") return held.status === member.status;
  return (held.status === "alive" || held.status === "suspect") && held.incarnation >= member.incarnation;
}
