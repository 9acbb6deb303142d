// Everything that the observer saw, as far back as there is room: the state of the cluster at the beginning, and each
// sighting since.
import { Model } from "./model.js";

/** @import { Saved, Sighting } from "./types.js" */

/**
 * How much is kept, as a weight: each member of a view or condition of a peer counts one, and so does each other
 * sighting. That is some 10 MB of JSON: a hundred peers with four hundred changes, or five with tens of thousands.
 * Figures of traffic come whether or not anything happens, so they get what room is left: they are dropped before any
 * change or command.
 */
export const ROOM = 60_000;

export class Recording {
  /** @type {Sighting[]} */
  sightings = [];
  /** The time up to which the recording reaches, in ms since 1970. */
  until = 0;
  /**
   * How often the beginning was cut off. An index into the sightings is valid only while this number stays the same.
   */
  cuts = 0;
  #room;
  #weight = 0;

  /** @param {number} [room] The weight above which the oldest sightings are summed up. */
  constructor(room = ROOM) {
    this.#room = room;
  }

  /** The time of the first sighting, in ms since 1970. */
  get from() {
    return this.sightings[0]?.at ?? this.until;
  }

  /** How much of the room is taken. */
  get weight() {
    return this.#weight;
  }

  /**
   * Appends a sighting, whose time must not be before that of the last. The oldest make room.
   * @param {Sighting} sighting
   */
  add(sighting) {
    this.sightings.push(sighting);
    this.until = Math.max(this.until, sighting.at);
    this.#weight += weigh(sighting);
    if (this.#weight > this.#room) this.#shorten();
  }

  /** Extends the recording to a time up to which nothing else happened. @param {number} at */
  reach(at) {
    this.until = Math.max(this.until, at);
  }

  /**
   * The model of a past moment, and how many sightings went into it. Given an `earlier` model of this recording, from
   * the same number of cuts and not beyond that moment, only the sightings since are taken in, and that model is
   * changed.
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
    return { format: "gossip-recording", version: 3, sightings: this.sightings, until: this.until };
  }

  #shorten() {
    this.cuts++;
    this.#dropFigures();
    if (this.#weight > this.#room / 2) this.#summarize();
  }

  /** Drops the older figures, as far as that is needed; the last of each peer stays. */
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

  /** Replaces the older half of the sightings with the state that they led to, unless that state alone is too much. */
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
    // A cluster whose views alone fill the room gets as much again for what happens.
    this.#room = Math.max(this.#room, 2 * summary.reduce((sum, each) => sum + weigh(each), 0));
  }
}

/** @param {Sighting} sighting */
function weigh(sighting) {
  if (sighting.type === "view") return 1 + sighting.members.length;
  return sighting.type === "conditions" ? 1 + sighting.peers.length : 1;
}
