import type { Address } from "./address.js";
import type { LocalHealth } from "./local-health.js";
import type { Newcomers } from "./newcomers.js";
import type { RoundTrip } from "./round-trip.js";
import type { Millis, ProtocolTiming } from "./timing.js";

/** The sources of timeouts. */
interface Parts {
  readonly localHealth: LocalHealth;
  readonly newcomers: Newcomers;
  readonly roundTrip: RoundTrip;
}

/** How long the answers to calls are waited for. */
export class Timeouts {
  readonly #timing: ProtocolTiming;
  readonly #parts: Parts;

  constructor(timing: ProtocolTiming, parts: Parts) {
    this.#timing = timing;
    this.#parts = parts;
  }

  /**
   * The time after which an answer is later than usual. That accuses nobody, but somebody else may be called instead.
   */
  get usualMs(): Millis {
    return this.#parts.roundTrip.timeoutMs;
  }

  /** The time after which a missing answer counts against the member called (Lifeguard's LHA-Probe, section IV.A). */
  get accusingMs(): Millis {
    return this.#parts.localHealth.scale(this.usualMs);
  }

  /** The timeout of a call to that member, longer for one that may have just begun. */
  of(member: Address, now: Millis): Millis {
    return Math.max(this.accusingMs, this.#firstMs(member, now));
  }

  /** The timeout of a ping of that member. */
  ofPing(member: Address, now: Millis): Millis {
    return Math.max(this.#parts.localHealth.scale(this.#parts.roundTrip.pingMs), this.#firstMs(member, now));
  }

  #firstMs(member: Address, now: Millis): Millis {
    const { pingPeriodMs, exchangeTimeoutMs } = this.#timing;
    return this.#parts.newcomers.has(member, now) ? Math.min(pingPeriodMs, exchangeTimeoutMs) : 0;
  }

  /**
   * The timeout of news, which is then told to another and accuses nobody, and of the check of a member whose connection
   * closed, which is evidence of its own.
   */
  get shortMs(): Millis {
    return this.#parts.roundTrip.shortMs;
  }

  /** The timeout of a ping-req: time for the helper's own attempt, and for the way to it and back. */
  get helperMs(): Millis {
    // No longer than for any answer, as the budgets reckon.
    return Math.min(3 * this.accusingMs, this.#timing.exchangeTimeoutMs);
  }

  /** The time after which a call is given up that is overdue after `timeoutMs`. */
  deadlineMs(timeoutMs: Millis): Millis {
    return Math.max(timeoutMs, this.#timing.exchangeTimeoutMs);
  }

  /** Takes in that an answer came after that time; `isOverdue` where others had been asked instead. */
  answered(roundTripMs: Millis, { isOverdue }: { readonly isOverdue: boolean }): void {
    this.#parts.roundTrip.add(roundTripMs);
    // An overdue answer that comes is no sign of good health: giving it up was wrong.
    if (!isOverdue) this.#parts.localHealth.improve();
  }
}
