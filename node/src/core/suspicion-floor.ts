import type { Address } from "./address.js";
import type { Newcomers } from "./newcomers.js";
import type { RoundTrip } from "./round-trip.js";
import type { Millis, ProtocolTiming } from "./timing.js";

/** A denial is remembered for so many periods. Guess: members that stall do so again within a minute. */
const REMEMBERED_PERIODS = 60;
/** A suspect has so many times as long as the slowest denials took lately. Measured: 3 keeps members that stall for 1 s. */
const TIMES_DENIAL = 3;
/** A member that came less than so many periods ago is not judged sooner than by the multiplier. Guess. */
const YOUNG_PERIODS = 5;

interface Denial {
  readonly tookMs: Millis;
  readonly at: Millis;
}

/**
 * The shortest time that a suspect has to deny, where `suspicionTimeouts` lets it be shorter than the multiplier does:
 * a few times what an answer takes, and longer where members were late to deny, since these were wrongly suspected.
 */
export class SuspicionFloor {
  readonly #timing: ProtocolTiming;
  readonly #newcomers: Pick<Newcomers, "ageMs">;
  readonly #roundTrip: RoundTrip;
  /** The slowest denial of each member that is remembered. */
  readonly #slowest = new Map<Address, Denial>();

  constructor(timing: ProtocolTiming, newcomers: Pick<Newcomers, "ageMs">, roundTrip: RoundTrip) {
    this.#timing = timing;
    this.#newcomers = newcomers;
    this.#roundTrip = roundTrip;
  }

  /** The time of that suspect, in ms; Infinity where the multiplier alone decides. */
  ofMs(suspect: Address, now: Millis): Millis {
    const { pingPeriodMs, suspicionTimeouts } = this.#timing;
    if (suspicionTimeouts === 0 || this.#newcomers.ageMs(suspect, now) < YOUNG_PERIODS * pingPeriodMs) return Infinity;
    return Math.max(suspicionTimeouts * this.#roundTrip.timeoutMs, TIMES_DENIAL * this.#secondSlowestMs(now));
  }

  /** Takes note that a suspect has denied, so long after its suspicion began. */
  denied(member: Address, tookMs: Millis, now: Millis): void {
    if (this.#timing.suspicionTimeouts === 0) return;
    const known = this.#slowest.get(member);
    if (known === undefined || tookMs >= known.tookMs || this.#isOld(known, now))
      this.#slowest.set(member, { tookMs, at: now });
  }

  /** The second slowest, so that one member that stalls again and again does not make all suspicions long. */
  #secondSlowestMs(now: Millis): Millis {
    let [slowest, second] = [0, 0];
    for (const [member, denial] of this.#slowest) {
      if (this.#isOld(denial, now)) this.#slowest.delete(member);
      else if (denial.tookMs > slowest) [slowest, second] = [denial.tookMs, slowest];
      else second = Math.max(second, denial.tookMs);
    }
    return second;
  }

  #isOld({ at }: Denial, now: Millis): boolean {
    return now - at > REMEMBERED_PERIODS * this.#timing.pingPeriodMs;
  }
}
