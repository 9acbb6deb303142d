// All that the observer saw, as far back as there is room: how things stood at the beginning, and each sighting since.
import { Model } from "./model.js";

/** @import { Saved, Sighting } from "./types.js" */

/**
 * How much is kept: each member in a view counts one, and so does each other sighting. Some 10 MB as JSON: a hundred
 * peers with four hundred changes, or five with tens of thousands. Figures, which come whether or not anything happens,
 * get what room is left: they go before any change or deed.
 */
export const ROOM = 60_000;

export class Recording {
  /** @type {Sighting[]} */
  sightings = [];
  until = 0;
  /** How often the beginning was cut off: indexes into the sightings do not outlast it. */
  cuts = 0;
  #room;
  #weight = 0;

  /** @param {number} [room] */
  constructor(room = ROOM) {
    this.#room = room;
  }

  get from() {
    return this.sightings[0]?.at ?? this.until;
  }

  /** How much of the room is taken. */
  get weight() {
    return this.#weight;
  }

  /** What is oldest makes room. @param {Sighting} sighting */
  add(sighting) {
    this.sightings.push(sighting);
    this.until = Math.max(this.until, sighting.at);
    this.#weight += weigh(sighting);
    if (this.#weight > this.#room) this.#shorten();
  }

  /** Nothing happened up to this time. @param {number} at */
  reach(at) {
    this.until = Math.max(this.until, at);
  }

  /**
   * How things stood at a time. With `earlier`, a model of this recording that is not beyond that time, no more is done
   * than what is new to it.
   * @param {number} at @param {{ model: Model, taken: number }} [earlier]
   */
  at(at, earlier = { model: new Model(), taken: 0 }) {
    const { model } = earlier;
    let { taken } = earlier;
    for (let next = this.sightings[taken]; next !== undefined && next.at <= at; next = this.sightings[++taken])
      model.take(next);
    return { model, taken };
  }

  /** @returns {Saved} */
  toJSON() {
    return { format: "gossip-recording", version: 1, sightings: this.sightings, until: this.until };
  }

  #shorten() {
    this.cuts++;
    this.#dropFigures();
    if (this.#weight > this.#room / 2) this.#summarize();
  }

  /** The older figures go, as far as that is needed; the last of each peer stays. */
  #dropFigures() {
    /** @type {Map<string, Sighting>} */
    const last = new Map();
    for (const sighting of this.sightings) if (sighting.type === "traffic") last.set(sighting.peer, sighting);
    this.sightings = this.sightings.filter((sighting) => {
      if (sighting.type !== "traffic" || last.get(sighting.peer) === sighting) return true;
      if (this.#weight <= this.#room / 2) return true;
      this.#weight -= weigh(sighting);
      return false;
    });
  }

  /** The older half of what happened is replaced by how things stood after it, unless that alone is too much. */
  #summarize() {
    const model = new Model();
    let kept = this.#weight;
    let count = 0;
    for (const sighting of this.sightings) {
      if (kept <= this.#room / 2) break;
      kept -= weigh(sighting);
      model.take(sighting);
      count++;
    }
    const summary = model.summary();
    this.sightings = [...summary, ...this.sightings.slice(count)];
    this.#weight = this.sightings.reduce((sum, each) => sum + weigh(each), 0);
    // A cluster whose views alone fill the room leaves room for as much again to happen.
    this.#room = Math.max(this.#room, 2 * summary.reduce((sum, each) => sum + weigh(each), 0));
  }
}

/** @param {Sighting} sighting */
function weigh(sighting) {
  return sighting.type === "view" ? 1 + sighting.members.length : 1;
}

const KINDS = ["joined", "updated", "suspected", "recovered", "failed", "left"];
const STATUSES = ["alive", "suspect", "failed", "left"];
const LINKS = ["followed", "silent", "unreachable", "malformed"];

/** Reads what was saved; throws an Error that names what is wrong with it. @param {unknown} saved @returns {Recording} */
export function readRecording(saved) {
  const { format, version, sightings, until } = fields(saved, "it");
  if (format !== "gossip-recording" || version !== 1)
    throw new Error('it is no recording of the observer: its format should be "gossip-recording", version 1');
  if (!Array.isArray(sightings)) throw new Error("sightings is not a list");
  const recording = new Recording(Infinity);
  let at = 0;
  sightings.forEach((sighting, index) => {
    check(sighting, `sightings[${index}]`);
    if (sighting.at < at) throw new Error(`sightings[${index}].at is before the one that precedes it`);
    at = sighting.at;
    recording.add(sighting);
  });
  recording.reach(time(until, "until"));
  return recording;
}

/** @param {unknown} sighting @param {string} path */
function check(sighting, path) {
  const { at, type, peer, link, since, why, label, members, kind, member, traffic, what, problem } = fields(
    sighting,
    path,
  );
  time(at, `${path}.at`);
  if (type === "deed") {
    text(what, `${path}.what`);
    time(since, `${path}.since`);
    if (problem !== undefined) text(problem, `${path}.problem`);
    return;
  }
  text(peer, `${path}.peer`);
  if (type === "link") {
    oneOf(LINKS, link, `${path}.link`);
    if (since !== undefined) time(since, `${path}.since`);
    if (why !== undefined) text(why, `${path}.why`);
    if (label !== undefined) text(label, `${path}.label`);
  } else if (type === "view") {
    if (!Array.isArray(members)) throw new Error(`${path}.members is not a list`);
    members.forEach((each, index) => checkMember(each, `${path}.members[${index}]`));
  } else if (type === "change") {
    oneOf(KINDS, kind, `${path}.kind`);
    checkMember(member, `${path}.member`);
  } else if (type === "traffic") {
    if (traffic !== null) checkTraffic(traffic, `${path}.traffic`);
  } else oneOf(["link", "view", "change", "traffic", "forgotten", "deed"], type, `${path}.type`);
}

/** @param {unknown} member @param {string} path */
function checkMember(member, path) {
  const { address, status, generation, incarnation, meta } = fields(member, path);
  text(address, `${path}.address`);
  oneOf(STATUSES, status, `${path}.status`);
  time(generation, `${path}.generation`);
  time(incarnation, `${path}.incarnation`);
  const { name, tags } = fields(meta, `${path}.meta`);
  if (name !== undefined) text(name, `${path}.meta.name`);
  if (tags !== undefined)
    for (const [key, value] of Object.entries(fields(tags, `${path}.meta.tags`)))
      text(value, `${path}.meta.tags.${key}`);
}

/** @param {unknown} traffic @param {string} path */
function checkTraffic(traffic, path) {
  const { forMs, exchanges, unanswered, sent, received, p50, p99, total } = fields(traffic, path);
  for (const [name, count] of Object.entries({ forMs, exchanges, unanswered, sent, received, total }))
    time(count, `${path}.${name}`);
  if (forMs === 0) throw new Error(`${path}.forMs is 0`);
  for (const [name, within] of Object.entries({ p50, p99 })) if (within !== null) time(within, `${path}.${name}`);
}

/** @param {unknown} value @param {string} path @returns {Record<string, any>} */
function fields(value, path) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${path} is not an object`);
  return value;
}

/** @param {unknown} value @param {string} path */
function text(value, path) {
  if (typeof value !== "string" || value.length > 2000)
    throw new Error(`${path} is not a text of at most 2000 characters`);
}

/** @param {unknown} value @param {string} path @returns {number} */
function time(value, path) {
  if (typeof value !== "number" || !(value >= 0 && value <= 2 ** 53))
    throw new Error(`${path} is not a number from 0 to 2^53`);
  return value;
}

/** @param {readonly string[]} words @param {unknown} value @param {string} path */
function oneOf(words, value, path) {
  if (!words.includes(/** @type {string} */ (value))) throw new Error(`${path} is none of ${words.join(", ")}`);
}
