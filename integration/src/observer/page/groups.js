// Which of the followed peers agree: those that list the same members are a group.

/** @import { Group, Member } from "./types.js" */

/**
 * How long an order of the groups must have lasted before it is shown: a picture that rearranges itself with every
 * rumour cannot be read.
 */
const SETTLED_MS = 1000;

/** Whether the member is on the list: alive or suspect. @param {Member | undefined} member */
export const isListed = (member) => member?.status === "alive" || member?.status === "suspect";

export class Groups {
  /**
   * When all followed peers came to list the same members, in ms since 1970; undefined while they do not.
   * @type {number | undefined}
   */
  agreedSince;
  /** The list of each peer, as text. @type {Map<string, string>} */
  #lists = new Map();
  /** How many peers have each list. @type {Map<string, number>} */
  #counts = new Map();
  /** The groups as they are now; undefined until they are asked for. @type {readonly Group[] | undefined} */
  #current;
  /** The groups that lasted. @type {readonly Group[]} */
  #settled = [];
  #changedAt = 0;

  /** Whether the members that this peer lists are known. @param {string} peer */
  has(peer) {
    return this.#lists.has(peer);
  }

  /** The groups as they are now, the largest first. */
  get current() {
    this.#current ??= grouped(this.#lists);
    return this.#current;
  }

  /**
   * The groups as they were when they last stayed the same for a second. Rows are shown in this order.
   * @param {number} now
   */
  settled(now) {
    return now - this.#changedAt >= SETTLED_MS ? this.current : this.#settled;
  }

  /**
   * Takes in what a peer that is followed believes.
   * @param {string} peer @param {ReadonlyMap<string, Member>} members @param {number} at
   */
  set(peer, members, at) {
    this.#replace(peer, listOf(members), at);
  }

  /** Takes in that a peer is not followed any more. @param {string} peer @param {number} at */
  delete(peer, at) {
    this.#replace(peer, undefined, at);
  }

  /** @param {string} peer @param {string | undefined} list @param {number} at */
  #replace(peer, list, at) {
    const before = this.#lists.get(peer);
    if (before === list) return;
    if (at - this.#changedAt >= SETTLED_MS) this.#settled = this.current;
    this.#changedAt = at;
    this.#current = undefined;
    if (before !== undefined) this.#count(before, -1);
    if (list === undefined) this.#lists.delete(peer);
    else {
      this.#lists.set(peer, list);
      this.#count(list, 1);
    }
    if (this.#counts.size !== 1) this.agreedSince = undefined;
    else this.agreedSince ??= at;
  }

  /** @param {string} list @param {number} by */
  #count(list, by) {
    const count = (this.#counts.get(list) ?? 0) + by;
    if (count === 0) this.#counts.delete(list);
    else this.#counts.set(list, count);
  }
}

/** @param {ReadonlyMap<string, string>} lists @returns {readonly Group[]} */
function grouped(lists) {
  /** @type {Map<string, string[]>} */
  const byList = new Map();
  for (const [peer, list] of lists) {
    const peers = byList.get(list);
    if (peers === undefined) byList.set(list, [peer]);
    else peers.push(peer);
  }
  const groups = [...byList].map(([key, peers]) => ({ key, peers: peers.sort() }));
  return groups.sort((a, b) => b.peers.length - a.peers.length || (String(a.peers) < String(b.peers) ? -1 : 1));
}

/**
 * A text that is equal for views that list the same members, and for no others.
 * @param {ReadonlyMap<string, Member>} members
 */
function listOf(members) {
  const listed = [];
  for (const member of members.values()) if (isListed(member)) listed.push(member.address);
  return listed.sort().join();
}
