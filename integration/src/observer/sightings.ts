import { Model } from "./page/model.js";
import { Recording } from "./page/recording.js";
import type { Sighting } from "./page/types.js";

/** What is served to browsers: a recording, and what is added to it. */
export interface Source {
  readonly recording: Recording;
  /** Whether it is a recording of the past, to which nothing is added. */
  readonly isReplay: boolean;
  /** The time, in ms since 1970, by the clock of the sightings. */
  now(): number;
  /** Calls back with each sighting from now on, until the returned function is called. */
  subscribe(listener: (sighting: Sighting) => void): () => void;
}

/** A sighting that has not got its time yet. */
export type UntimedSighting = Sighting extends infer S ? (S extends Sighting ? Omit<S, "at"> : never) : never;

/** Where what is seen is written down: with its time, in order, for those who want to know. */
export class Sightings implements Source {
  readonly recording: Recording;
  readonly model = new Model();
  readonly isReplay = false;
  readonly now: () => number;
  readonly #listeners = new Set<(sighting: Sighting) => void>();

  /** `now` must never go back; by default it does not, though the wall clock may. `room` is how much is kept. */
  constructor({ now = steadyNow, room }: { now?: () => number; room?: number } = {}) {
    this.now = now;
    this.recording = new Recording(room);
  }

  note(seen: UntimedSighting): void {
    const sighting = { at: this.now(), ...seen } as Sighting;
    this.model.take(sighting);
    this.recording.add(sighting);
    for (const listener of this.#listeners) listener(sighting);
  }

  subscribe(listener: (sighting: Sighting) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function steadyNow(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 10) / 10;
}
