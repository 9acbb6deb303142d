import type { Millis } from "./core/timing.js";

/** So many lines at once, as when a thousand peers join; and so many a second in the long run. Guess. */
const AT_ONCE = 1000;
const PER_SECOND = 50;

/**
 * Bounds how many lines others can cause: each message may hold a thousand records, and each record may be a line. What is
 * withheld is counted.
 */
export class LineBudget {
  readonly #now: () => Millis;
  #left = AT_ONCE;
  #countedAt: Millis;
  #withheld = 0;

  constructor(now: () => Millis) {
    this.#now = now;
    this.#countedAt = now();
  }

  /** Takes a line from the budget. Returns how many were withheld before it; undefined where this one is to be, too. */
  take(): number | undefined {
    const now = this.#now();
    this.#left = Math.min(AT_ONCE, this.#left + ((now - this.#countedAt) * PER_SECOND) / 1000);
    this.#countedAt = now;
    if (this.#left < 1) {
      this.#withheld++;
      return undefined;
    }
    this.#left--;
    const withheld = this.#withheld;
    this.#withheld = 0;
    return withheld;
  }
}
