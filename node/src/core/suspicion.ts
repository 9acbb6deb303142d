import type { Address } from "./address.js";
import { suspicionTimeoutMs, type Millis, type ProtocolTiming } from "./timing.js";

/** A peer that got no answer from a member. */
export interface Accuser {
  readonly address: Address;
  /** Whether its connection to the member broke or was refused, which is more than silence. */
  readonly broken: boolean;
}

/** How many accusers besides the first make a suspicion confirmed (Lifeguard, section IV.B: K = 3). */
const CONFIRMATIONS = 3;

/** A suspect gets more time so often because it was heard from. Guess: where a message is lost the next one tells. */
const MOST_TIMES_HEARD = 3;

/**
 * The suspicion of a member: by whom, and until when it may refute. The time is long when one peer accuses and shorter
 * with each that confirms (Lifeguard's LHA-Suspicion, section IV.B), and none once enough confirm and a connection
 * broke.
 */
export class Suspicion {
  readonly #timing: ProtocolTiming;
  readonly #beganAsHearsay: boolean;
  readonly #accusers = new Map<Address, boolean>();
  #since: Millis;
  /** The time that the suspect has at least, once enough confirm; the multiplier alone decides where it is Infinity. */
  #floorMs: Millis;
  #timesHeard = 0;
  /** The moment before which the time does not run out. */
  #notBefore: Millis = 0;

  constructor(timing: ProtocolTiming, since: Millis, { isHearsay = false, floorMs = Infinity } = {}) {
    this.#timing = timing;
    this.#since = since;
    this.#beganAsHearsay = isHearsay;
    this.#floorMs = floorMs;
  }

  /** Whether nobody whose word counts accuses the suspect. */
  get isHearsay(): boolean {
    return this.#accusers.size === 0;
  }

  /** When the suspicion began. */
  get since(): Millis {
    return this.#since;
  }

  /** Gives the suspect so much time at least. It never becomes less, or the time could have run out in the past. */
  raiseFloor(floorMs: Millis): void {
    this.#floorMs = Math.max(this.#floorMs, floorMs);
  }

  /** The accusers known, four at most. */
  get accusers(): Accuser[] {
    return [...this.#accusers].map(([address, broken]) => ({ address, broken }));
  }

  isAccusedBy(accuser: Address): boolean {
    return this.#accusers.has(accuser);
  }

  /** Counts an accuser; returns whether that is new. At most four are kept, since more make no difference. */
  accuse({ address, broken }: Accuser, now: Millis): boolean {
    const known = this.#accusers.get(address);
    if (known === undefined ? this.#accusers.size > CONFIRMATIONS : known || !broken) return false;
    this.#accusers.set(address, broken);
    // A time that ends with this accusation ends now, not at a moment that is past.
    this.extend(now);
    return true;
  }

  /** Gives the suspect time until that moment, if it has not more. */
  extend(until: Millis): void {
    this.#notBefore = Math.max(this.#notBefore, until);
  }

  /**
   * The suspect was heard from at first hand and may not know yet that it is accused: it has until that moment to deny
   * it. One that is heard from again and again and denies nothing cannot be called, and gets no more time.
   */
  heard(until: Millis): void {
    if (++this.#timesHeard <= MOST_TIMES_HEARD) this.extend(until);
  }

  /** Gives back the time for which this peer was late itself, and as much as until that moment to hear the suspect. */
  excuse(latenessMs: Millis, now: Millis, until: Millis): void {
    // A suspicion may have begun after the sleep and before its length was noticed: that one has lost no time.
    const lostMs = this.#since + latenessMs <= now ? latenessMs : 0;
    this.#since += lostMs;
    this.#notBefore = Math.max(this.#notBefore + lostMs, until);
  }

  /** The moment at which the time runs out, among so many live members. */
  deadline(live: number): Millis {
    if (isProof(this.accusers, live)) return this.#notBefore;
    const wanted = confirmationsWanted(live);
    // If hearsay is true, all others have confirmed it already. An accuser who does not count has confirmed nothing.
    const isConfirmedElsewhere = this.isHearsay && this.#beganAsHearsay;
    const confirmations = isConfirmedElsewhere ? wanted : Math.max(0, this.#accusers.size - 1);
    const confirmedMs = isConfirmedElsewhere ? Infinity : this.#floorMs;
    const timeoutMs = suspicionTimeoutMs(this.#timing, live, { confirmations, wanted, confirmedMs });
    return Math.max(this.#notBefore, this.#since + timeoutMs);
  }
}

/**
 * Whether so many accuse that one more would make no difference: four, or of few live members a majority of those who could.
 * All of them would be too many, since one who is frozen, or gone too, accuses nobody.
 */
export function isConfirmed(accusers: readonly Accuser[], live: number): boolean {
  const others = live - 1;
  return accusers.length > Math.min(CONFIRMATIONS, Math.floor(others / 2));
}

/** Whether these accusers are enough to remove a member at once: a confirmed suspicion, and a connection that broke. */
export function isProof(accusers: readonly Accuser[], live: number): boolean {
  return isConfirmed(accusers, live) && accusers.some(({ broken }) => broken);
}

/** How many confirmations are wanted. Neither the accused nor the first accuser can confirm. */
function confirmationsWanted(live: number): number {
  return Math.max(0, Math.min(CONFIRMATIONS, live - 2));
}
