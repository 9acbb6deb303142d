// What is known of a cluster at one moment. Sightings in, state out: no clock, no page, no network. What is shown live,
// in the past and in a replay is made by the same code, which the service and the tests use as well.
import { Groups, isListed } from "./groups.js";
import { NewsHistory } from "./news-history.js";

/** @import { ChangeKind, Condition, Learnt, Link, Member, ObservedPeer, PastCommand, Sighting } from "./types.js" */

/** How many changes of links are kept for the timeline. */
const KEPT_LINKS = 2000;
/** How many commands are kept. */
const KEPT_COMMANDS = 300;
/** How many members one peer may claim; a liar could claim any number. */
export const MOST_MEMBERS = 2000;

export class Model {
  /** The time of the latest sighting, in ms since 1970. */
  now = 0;
  /** The time of the first sighting; 0 as long as there is none. */
  from = 0;
  /** The peers, by their addresses. @type {Map<string, ObservedPeer>} */
  peers = new Map();
  news = new NewsHistory();
  /** The changes of links, the latest last. @type {{ at: number, peer: string, link: Link | "forgotten" }[]} */
  links = [];
  /** The commands that were given on the page, the latest last. @type {PastCommand[]} */
  commands = [];
  /** The conditions of the peers that can be broken; empty where none can. @type {readonly Condition[]} */
  conditions = [];
  #groups = new Groups();

  /** The groups of followed peers that list the same members, the largest first. */
  get groups() {
    return this.#groups.current;
  }

  /** When the groups became one, in ms since 1970; undefined while there are several. */
  get agreedSince() {
    return this.#groups.agreedSince;
  }

  /** The groups as they were when they last stayed the same for a second. @param {number} now */
  settledGroups(now) {
    return this.#groups.settled(now);
  }

  /** Takes in a sighting, whose time must not be before that of the last. @param {Sighting} sighting */
  take(sighting) {
    if (this.from === 0) this.from = sighting.at;
    this.now = Math.max(this.now, sighting.at);
    switch (sighting.type) {
      case "link":
        this.#takeLink(sighting);
        break;
      case "view":
        this.#takeView(this.#peer(sighting.peer), sighting.members, sighting.at);
        break;
      case "change":
        this.#takeChange(sighting);
        break;
      case "traffic":
        this.#peer(sighting.peer).traffic = sighting.traffic;
        break;
      case "state":
        this.#takeState(sighting);
        break;
      case "forgotten":
        this.peers.delete(sighting.peer);
        this.news.lost(sighting.peer);
        this.#keepLink(sighting.at, sighting.peer, "forgotten");
        this.#groups.delete(sighting.peer, sighting.at);
        break;
      case "conditions":
        this.conditions = sighting.peers;
        break;
      case "command":
        this.commands.push(sighting);
        if (this.commands.length > KEPT_COMMANDS) this.commands.splice(0, KEPT_COMMANDS / 10);
        break;
    }
  }

  /**
   * The fewest sightings that bring another model to the same beliefs. Past changes are not among them.
   * @returns {Sighting[]}
   */
  summary() {
    const { now: at, conditions } = this;
    /** @type {Sighting[]} */
    const known = conditions.length === 0 ? [] : [{ at, type: "conditions", peers: conditions }];
    return [...known, ...[...this.peers.values()].flatMap((peer) => summaryOf(peer, at))];
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
      trouble: undefined,
      preset: undefined,
      members: undefined,
      learnt: new Map(),
    };
    this.peers.set(address, peer);
    return peer;
  }

  /** @param {Extract<Sighting, { type: "state" }>} sighting */
  #takeState({ peer: address, state, reason, preset }) {
    const peer = this.#peer(address);
    peer.trouble = state === "joined" ? undefined : { state, reason };
    peer.preset = preset;
  }

  /** @param {Extract<Sighting, { type: "link" }>} sighting */
  #takeLink({ at, peer: address, link, since = at, why, label }) {
    const isNew = !this.peers.has(address);
    const peer = this.#peer(address);
    if (label !== undefined) peer.label = label;
    peer.why = why;
    if (!isNew && peer.link === link) return;
    peer.link = link;
    peer.since = since;
    this.#keepLink(at, address, link);
    peer.traffic = undefined;
    peer.trouble = undefined;
    peer.preset = undefined;
    if (link !== "followed") {
      this.news.lost(address);
      this.#groups.delete(address, at);
    } else if (peer.members !== undefined) this.#groups.set(address, peer.members, at);
  }

  /** @param {ObservedPeer} peer @param {readonly Member[]} members @param {number} at */
  #takeView(peer, members, at) {
    const before = peer.members;
    peer.members = new Map(members.slice(0, MOST_MEMBERS).map((member) => [member.address, member]));
    const learnt = [...peer.members.values()].map(
      (member) => /** @type {const} */ ([member.address, learntOf(peer, before?.get(member.address), member, at)]),
    );
    peer.learnt = new Map(learnt);
    this.news.seen(peer.address, peer.members, at);
    if (peer.link === "followed") this.#groups.set(peer.address, peer.members, at);
  }

  /** @param {Extract<Sighting, { type: "change" }>} sighting */
  #takeChange({ at, peer: address, kind, member }) {
    const peer = this.#peer(address);
    peer.members ??= new Map();
    const { members } = peer;
    const wasListed = isListed(members.get(member.address));
    if (!members.has(member.address) && members.size >= MOST_MEMBERS) return;
    peer.learnt.set(member.address, learntOf(peer, members.get(member.address), member, at, kind));
    members.set(member.address, member);
    this.news.told(peer.address, kind, member, at, this.#followed());
    const isOtherList = wasListed !== isListed(member) || !this.#groups.has(address);
    if (isOtherList && peer.link === "followed") this.#groups.set(address, members, at);
  }

  *#followed() {
    for (const { address, link } of this.peers.values()) if (link === "followed") yield address;
  }

  /** @param {number} at @param {string} peer @param {Link | "forgotten"} link */
  #keepLink(at, peer, link) {
    this.links.push({ at, peer, link });
    if (this.links.length > KEPT_LINKS) this.links.splice(0, KEPT_LINKS / 10);
  }
}

/** @param {ObservedPeer} peer @param {number} at @returns {Sighting[]} */
function summaryOf({ address, link, since, why, label, members, traffic, trouble, preset }, at) {
  /** @type {Sighting[]} */
  const sightings = members === undefined ? [] : [{ at, type: "view", peer: address, members: [...members.values()] }];
  if (traffic !== undefined) sightings.push({ at, type: "traffic", peer: address, traffic });
  if (trouble !== undefined || preset !== undefined) {
    const said = preset === undefined ? {} : { preset };
    sightings.push({ at, type: "state", peer: address, ...(trouble ?? { state: "joined", reason: "" }), ...said });
  }
  const known = { ...(why === undefined ? {} : { why }), ...(label === undefined ? {} : { label }) };
  return [{ at, type: "link", peer: address, link, since, ...known }, ...sightings];
}

/**
 * How a peer came to hold what it does of a member: as before, where the member's life and status are the same.
 * @param {ObservedPeer} peer @param {Member | undefined} before @param {Member} member @param {number} at
 * @param {ChangeKind} [kind] The change that the peer told.
 * @returns {Learnt}
 */
function learntOf({ learnt }, before, { address, generation, status }, at, kind) {
  const known = learnt.get(address);
  if (known !== undefined && before?.generation === generation && before.status === status) return known;
  return kind === undefined ? { at } : { at, kind };
}
