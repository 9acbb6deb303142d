import type { Millis, ProtocolTiming } from "./timing.js";

/** The worst score: a timeout grows to nine times its length at most (Lifeguard, section IV.A: S = 8). */
const WORST = 8;

/**
 * Lifeguard's local health multiplier (section IV.A; memberlist's awareness.go). The worse the score, the longer
 * answers are waited for, since their delay is likely to be this peer's own fault.
 */
export class LocalHealth {
  readonly #timing: ProtocolTiming;
  #score = 0;

  constructor(timing: ProtocolTiming) {
    this.#timing = timing;
  }

  /** The score: 0 in full health, 8 at worst. */
  get score(): number {
    return this.#score;
  }

  /** The timeout stretched by the score, to `exchangeTimeoutMs` at most. */
  scale(timeoutMs: Millis): Millis {
    return Math.min(this.#timing.exchangeTimeoutMs, timeoutMs * (1 + this.#score));
  }

  /** Improves the score after an answer that came in time. */
  improve(): void {
    this.#score = Math.max(0, this.#score - 1);
  }

  /**
   * Worsens the score: a member thought to be well did not answer, this peer had to refute, or it woke late. The fault
   * may be its own.
   */
  worsen(): void {
    this.#score = Math.min(WORST, this.#score + 1);
  }
}
