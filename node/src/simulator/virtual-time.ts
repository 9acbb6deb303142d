import type { Millis } from "../core/timing.js";
import { Queue } from "./queue.js";

/** The clock of a simulation, and what is to happen at which moment of it. It moves only while somebody lets time pass. */
export class VirtualTime<What> {
  readonly #queue = new Queue<What>();
  readonly #happen: (what: What) => void;
  #now: Millis = 0;

  /** `happen` is called for each thing that is due, in the order of the moments, then in that of scheduling. */
  constructor(happen: (what: What) => void) {
    this.#happen = happen;
  }

  get now(): Millis {
    return this.#now;
  }

  /** Has something happen at a moment to come, or now when the moment is past. */
  schedule(at: Millis, what: What): void {
    this.#queue.put(Math.max(at, this.#now), what);
  }

  /** Lets time pass; what is due at the last moment still happens. */
  pass(durationMs: Millis): void {
    const until = this.#now + durationMs;
    while (this.#queue.nextAt <= until) this.#step();
    this.#now = until;
  }

  /** Lets time pass until `holds`, which is called after every event; false when the time ran out first. */
  passUntil(holds: () => boolean, withinMs: Millis): boolean {
    const until = this.#now + withinMs;
    while (!holds()) {
      if (this.#queue.nextAt > until) {
        this.#now = until;
        return false;
      }
      this.#step();
    }
    return true;
  }

  #step(): void {
    const at = this.#queue.nextAt;
    const next = this.#queue.take();
    if (next === undefined) return;
    this.#now = at;
    this.#happen(next);
  }
}
