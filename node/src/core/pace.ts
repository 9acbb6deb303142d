import type { Millis, ProtocolTiming } from "./timing.js";

/** Of the smoothed round trip and of its deviation, what a new sample counts for (RFC 6298, section 2). */
const GAIN = { roundTrip: 1 / 8, deviation: 1 / 4 };
/** What a round trip is thought to take before any was seen (RFC 6298, section 2.1). */
const UNKNOWN_MS: Millis = 1000;
/** How often the base timeout is added for lack of trust in ourselves (Lifeguard, section IV.A: at most 8). */
const MAX_DOUBT = 8;

/**
 * How long to wait for an answer: what round trips have taken lately, as TCP reckons (RFC 6298), stretched while there is
 * reason to think that the fault is ours (Lifeguard's local health, section IV.A).
 */
export class Pace {
  readonly #timing: ProtocolTiming;
  #roundTripMs: Millis | undefined;
  #deviationMs: Millis = 0;
  #doubt = 0;

  constructor(timing: ProtocolTiming) {
    this.#timing = timing;
  }

  /** After how long a missing answer says something of whoever owes it. */
  get timeoutMs(): Millis {
    return Math.min(this.#timing.exchangeTimeoutMs, this.usualMs * (1 + this.#doubt));
  }

  /** After how long an answer is later than usual: no evidence, but time to ask somebody else. */
  get usualMs(): Millis {
    const { minTimeoutMs, exchangeTimeoutMs } = this.#timing;
    const expected = this.#roundTripMs === undefined ? UNKNOWN_MS : this.#roundTripMs + 4 * this.#deviationMs;
    return Math.min(exchangeTimeoutMs, Math.max(minTimeoutMs, expected));
  }

  /** 0 in full health, up to 8. */
  get doubt(): number {
    return this.#doubt;
  }

  /** An answer that came when it had been given up takes no doubt away: it was wrong not to wait for it. */
  answered(roundTripMs: Millis, { late = false } = {}): void {
    if (!late) this.#doubt = Math.max(0, this.#doubt - 1);
    if (this.#roundTripMs === undefined) {
      this.#roundTripMs = roundTripMs;
      this.#deviationMs = roundTripMs / 2;
      return;
    }
    const off = Math.abs(this.#roundTripMs - roundTripMs);
    this.#deviationMs += GAIN.deviation * (off - this.#deviationMs);
    this.#roundTripMs += GAIN.roundTrip * (roundTripMs - this.#roundTripMs);
  }

  /** Somebody did not answer who was thought to be well, we had to refute, or we woke up late: it may be our fault. */
  doubted(): void {
    this.#doubt = Math.min(MAX_DOUBT, this.#doubt + 1);
  }
}
