import type { Millis, ProtocolTiming } from "./timing.js";

/** The weight of a new sample in the smoothed round trip and in its deviation (RFC 6298, section 2). */
const GAIN = { roundTrip: 1 / 8, deviation: 1 / 4 };
/** The timeout before any round trip was measured (RFC 6298, section 2.1). */
const INITIAL_TIMEOUT_MS: Millis = 1000;

/** How long an answer takes at most, estimated from recent round trips as TCP does (RFC 6298). */
export class RoundTrip {
  readonly #timing: ProtocolTiming;
  #smoothedMs: Millis | undefined;
  #deviationMs: Millis = 0;

  constructor(timing: ProtocolTiming) {
    this.#timing = timing;
  }

  /** The retransmission timeout of RFC 6298, from `minTimeoutMs` to `exchangeTimeoutMs`. */
  get timeoutMs(): Millis {
    const { minTimeoutMs, exchangeTimeoutMs } = this.#timing;
    const expectedMs = this.#smoothedMs === undefined ? INITIAL_TIMEOUT_MS : this.#smoothedMs + 4 * this.#deviationMs;
    return Math.min(exchangeTimeoutMs, Math.max(minTimeoutMs, expectedMs));
  }

  /** Takes in one more measured round trip. */
  add(roundTripMs: Millis): void {
    if (this.#smoothedMs === undefined) {
      this.#smoothedMs = roundTripMs;
      this.#deviationMs = roundTripMs / 2;
      return;
    }
    const offMs = Math.abs(this.#smoothedMs - roundTripMs);
    this.#deviationMs += GAIN.deviation * (offMs - this.#deviationMs);
    this.#smoothedMs += GAIN.roundTrip * (roundTripMs - this.#smoothedMs);
  }
}
