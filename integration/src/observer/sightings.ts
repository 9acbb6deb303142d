import { Model } from "./page/model.js";
import { Recording } from "./page/recording.js";
import type { Sighting } from "./page/types.js";

/** What is served to browsers: a recording, and each sighting that is added to it. */
export interface Source {
  readonly recording: Recording;
  /** Whether this is a saved recording, to which nothing is added. */
  readonly isReplay: boolean;
  /** The present time of the recording's clock, in ms since 1970; of a saved recording, the time at which it ends. */
  now(): number;
  /** Calls back with each sighting from now on, until the returned function is called. */
  subscribe(listener: (sighting: Sighting) => void): () => void;
}

/** A sighting without the time, which it gets when it is noted. */
export type UntimedSighting = Sighting extends infer S ? (S extends Sighting ? Omit<S, "at"> : never) : never;

/**
 * All that an observer sees: every sighting gets its time, is recorded, taken into the model, and told to subscribers.
 */
export class Sightings implements Source {
  readonly recording: Recording;
  /** What is known of the cluster now. */
  readonly model = new Model();
  readonly isReplay = false;
  readonly now: () => number;
  readonly #listeners = new Set<(sighting: Sighting) => void>();

  /**
   * `now` gives the time in ms since 1970 and must never go back; the default does not, though the wall clock may.
   * `room` is the weight up to which the recording is kept, see `ROOM`.
   */
  constructor({ now = steadyNow, room }: { now?: () => number; room?: number } = {}) {
    this.now = now;
    this.recording = new Recording(room);
  }

  /** Adds a sighting of this moment. Subscribers are called before this returns. */
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

/** The time in ms since 1970, to a tenth of a ms. */
function steadyNow(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 10) / 10;
}
