import type { Millis } from "./core/timing.js";

/** Counts durations, each in the bucket of the shortest bound that it does not exceed; the last bucket has no bound. */
export class DurationCounts {
  readonly #bounds: readonly Millis[];
  readonly #counts: number[];
  readonly #listeners = new Set<(durationMs: Millis) => void>();

  constructor(bounds: readonly Millis[]) {
    this.#bounds = bounds;
    this.#counts = Array<number>(bounds.length + 1).fill(0);
  }

  add(durationMs: Millis): void {
    const at = this.#bounds.findIndex((bound) => durationMs <= bound);
    const bucket = at < 0 ? this.#bounds.length : at;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    for (const listener of this.#listeners) listener(durationMs);
  }

  /** The count of each bucket so far. */
  read(): readonly number[] {
    return [...this.#counts];
  }

  /** Calls back with each duration until the function returned is called. The listener must not throw. */
  listen(listener: (durationMs: Millis) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
