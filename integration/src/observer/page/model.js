// What is known of a cluster at one moment. Sightings in, state out: no clock, no page, no network, so that what is shown
// live, scrubbed back to and replayed is made by the same code, and the service and the tests can use it too.
import { News } from "./news.js";

/** @import { Group, Link, Member, ObservedPeer, PastCommand, Sighting } from "./types.js" */

/** A picture that rearranges itself with every rumour is not readable: an order has to have lasted this long. */
const SETTLED_MS = 1000;
/** Changes of how the observer stands to its peers that are remembered for the timeline. */
const KEPT_LINKS = 2000;
/** Commands that are remembered. */
const KEPT_COMMANDS = 300;
/** Members that one peer may claim; a liar could claim any number. */
export const MOST_MEMBERS = 2000;

/** @param {Member | undefined} member */
export const isListed = (member) => member?.status === "alive" || member?.status === "suspect";

export class Model {
  /** The time of the latest sighting. */
  now = 0;
  /** When the first sighting was made. */
  from = 0;
  /** @type {Map<string, ObservedPeer>} */
  peers = new Map();
  news = new News();
  /** @type {{ at: number, peer: string, link: Link | "forgotten" }[]} */
  links = [];
  /** The commands that were given on the page, the latest last. @type {PastCommand[]} */
  commands = [];
  /** Since when all who are followed list the same members; undefined while they do not. @type {number | undefined} */
  agreedSince;
  /** @type {Map<string, string>} The list of each peer that is followed, as text. */
  #lists = new Map();
  /** @type {Map<string, number>} How many peers have each list. */
  #counts = new Map();
  /** @type {readonly Group[] | undefined} */
  #groups;
  /** @type {readonly Group[]} */
  #settled = [];
  #groupedAt = 0;

  /** Sightings are to be given in the order of their times. @param {Sighting} sighting */
  take(sighting) {
    if (this.from === 0) this.from = sighting.at;
    this.now = Math.max(this.now, sighting.at);
    switch (sighting.type) {
      case "link":
        this.#link(sighting);
        break;
      case "view":
        this.#see(this.#peer(sighting.peer), sighting.members, sighting.at);
        break;
      case "change":
        this.#change(sighting);
        break;
      case "traffic":
        this.#peer(sighting.peer).traffic = sighting.traffic;
        break;
      case "forgotten":
        this.peers.delete(sighting.peer);
        this.news.lost(sighting.peer);
        this.#remember(sighting.at, sighting.peer, "forgotten");
        this.#relist(sighting.peer, undefined, sighting.at);
        break;
      case "command":
        this.commands.push(sighting);
        if (this.commands.length > KEPT_COMMANDS) this.commands.splice(0, KEPT_COMMANDS / 10);
        break;
    }
  }

  /** Those who are followed and have said what they believe, by whom they list; the largest group first. */
  get groups() {
    if (this.#groups !== undefined) return this.#groups;
    /** @type {Map<string, string[]>} */
    const byList = new Map();
    for (const [peer, list] of this.#lists) {
      const peers = byList.get(list);
      if (peers === undefined) byList.set(list, [peer]);
      else peers.push(peer);
    }
    const groups = [...byList].map(([key, peers]) => ({ key, peers: peers.sort() }));
    this.#groups = groups.sort(
      (a, b) => b.peers.length - a.peers.length || (String(a.peers) < String(b.peers) ? -1 : 1),
    );
    return this.#groups;
  }

  /** The groups as they were when they last lasted: what is shown in an order should follow this. @param {number} now */
  settledGroups(now) {
    return now - this.#groupedAt >= SETTLED_MS ? this.groups : this.#settled;
  }

  /** What would bring another model to the same beliefs; how they came about is not in it. @returns {Sighting[]} */
  summary() {
    const at = this.now;
    return [...this.peers.values()].flatMap(({ address, link, since, why, label, members, traffic }) => {
      /** @type {Sighting[]} */
      const sightings =
        members === undefined ? [] : [{ at, type: "view", peer: address, members: [...members.values()] }];
      if (traffic !== undefined) sightings.push({ at, type: "traffic", peer: address, traffic });
      const known = { ...(why === undefined ? {} : { why }), ...(label === undefined ? {} : { label }) };
      return [{ at, type: "link", peer: address, link, since, ...known }, ...sightings];
    });
  }

  /** @param {string} address @returns {ObservedPeer} */
  #peer(address) {
    const known = this.peers.get(address);
    if (known !== undefined) return known;
    /** @type {ObservedPeer} */
    const peer = {
      address,
      label: undefined,
      link: "unreachable",
      why: undefined,
      since: this.now,
      traffic: undefined,
      members: undefined,
    };
    this.peers.set(address, peer);
    return peer;
  }

  /** @param {Extract<Sighting, { type: "link" }>} sighting */
  #link({ at, peer: address, link, since = at, why, label }) {
    const isNew = !this.peers.has(address);
    const peer = this.#peer(address);
    if (label !== undefined) peer.label = label;
    peer.why = why;
    if (!isNew && peer.link === link) return;
    peer.link = link;
    peer.since = since;
    this.#remember(at, address, link);
    peer.traffic = undefined;
    if (link !== "followed") {
      this.news.lost(address);
      this.#relist(address, undefined, at);
    } else if (peer.members !== undefined) this.#relist(address, listOf(peer.members), at);
  }

  /** @param {ObservedPeer} peer @param {readonly Member[]} members @param {number} at */
  #see(peer, members, at) {
    peer.members = new Map(members.slice(0, MOST_MEMBERS).map((member) => [member.address, member]));
    this.news.seen(peer.address, peer.members, at);
    if (peer.link === "followed") this.#relist(peer.address, listOf(peer.members), at);
  }

  /** @param {Extract<Sighting, { type: "change" }>} sighting */
  #change({ at, peer: address, kind, member }) {
    const peer = this.#peer(address);
    peer.members ??= new Map();
    const { members } = peer;
    const wasListed = isListed(members.get(member.address));
    if (!members.has(member.address) && members.size >= MOST_MEMBERS) return;
    members.set(member.address, member);
    this.news.told(peer.address, kind, member, at, this.#followed());
    const changed = wasListed !== isListed(member) || !this.#lists.has(address);
    if (changed && peer.link === "followed") this.#relist(address, listOf(members), at);
  }

  *#followed() {
    for (const { address, link } of this.peers.values()) if (link === "followed") yield address;
  }

  /** @param {number} at @param {string} peer @param {Link | "forgotten"} link */
  #remember(at, peer, link) {
    this.links.push({ at, peer, link });
    if (this.links.length > KEPT_LINKS) this.links.splice(0, KEPT_LINKS / 10);
  }

  /** @param {string} peer @param {string | undefined} list @param {number} at */
  #relist(peer, list, at) {
    const before = this.#lists.get(peer);
    if (before === list) return;
    if (at - this.#groupedAt >= SETTLED_MS) this.#settled = this.groups;
    this.#groupedAt = at;
    this.#groups = undefined;
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

/** Equal for equal lists, and for no others. @param {Map<string, Member>} members */
function listOf(members) {
  const listed = [];
  for (const member of members.values()) if (isListed(member)) listed.push(member.address);
  return listed.sort().join();
}
