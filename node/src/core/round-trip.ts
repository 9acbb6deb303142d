import type { Millis, ProtocolTiming } from "./timing.js";

/** The weight of a new sample in the smoothed round trip and in its deviation (RFC 6298, section 2). */
const GAIN = { roundTrip: 1 / 8, deviation: 1 / 4 };
/** The timeout before any round trip was measured (RFC 6298, section 2.1). */
const INITIAL_TIMEOUT_MS: Millis = 1000;

/** A ping is waited for at least so long. Half of TCP's shortest retransmission: it accuses nobody yet. */
const SHORTEST_PING_MS: Millis = 100;
/**
 * The shortest of all timeouts. Measured in the simulator: 50 to 70 make a crash known within 100 ms, and halve the time
 * until news is known where a fifth of all messages is lost.
 */
const SHORTEST_MS: Millis = 60;

/** How long an answer takes at most, estimated from recent round trips as TCP does (RFC 6298). */
export class RoundTrip {
  readonly #timing: ProtocolTiming;
  #smoothedMs: Millis | undefined;
  #deviationMs: Millis = 0;

  constructor(timing: ProtocolTiming) {
    this.#timing = timing;
  }

  /** The smoothed round trip; undefined before any was measured. */
  get smoothedMs(): Millis | undefined {
    return this.#smoothedMs;
  }

  /** The retransmission timeout of RFC 6298, from `minTimeoutMs` to `exchangeTimeoutMs`. */
  get timeoutMs(): Millis {
    const { minTimeoutMs, exchangeTimeoutMs } = this.#timing;
    return Math.min(exchangeTimeoutMs, Math.max(minTimeoutMs, this.#expectedMs));
  }

  /** The time after which an answer to a ping is later than usual: no more than helpers being asked follows from it. */
  get pingMs(): Millis {
    return Math.min(this.timeoutMs, Math.max(SHORTEST_PING_MS, this.#expectedMs));
  }

  /** A timeout for calls of which a missing answer accuses nobody, or one that there is other evidence against. */
  get shortMs(): Millis {
    return Math.min(this.timeoutMs, Math.max(SHORTEST_MS, 3 * this.#expectedMs));
  }

  get #expectedMs(): Millis {
    return this.#smoothedMs === undefined ? INITIAL_TIMEOUT_MS : this.#smoothedMs + 4 * this.#deviationMs;
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
