import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/**
 * A peer denies so many accusations in a row without being called by anybody in between. Whoever can be called is called
 * at least once for each accusation, by the accuser's helpers. Guess.
 */
const MOST_DENIALS = 3;

/** Whoever denies an accusation is called by those to whom it speaks, well within so many periods. Guess. */
const CALLED_WITHIN_PERIODS = 5;

/**
 * Whether others can call this peer. Behind NAT, an inbound firewall or a wrong published port it can call all others, and
 * sees a healthy cluster: only that it is accused again and again, and called by nobody, shows it.
 */
export class Reachability {
  readonly #state: State;
  #accusations = 0;
  /** When the first of these accusations came. */
  #accusedAt: Millis = Infinity;

  constructor(state: State) {
    this.#state = state;
  }

  /** Whether this peer was accused, and nobody has called it since, though it was accused often or is so for long. */
  isUnreachable(now: Millis): boolean {
    const { pingPeriodMs } = this.#state.timing;
    return this.#accusations > MOST_DENIALS || now - this.#accusedAt > CALLED_WITHIN_PERIODS * pingPeriodMs;
  }

  /** Another peer has called this one. */
  called(): void {
    this.#accusations = 0;
    this.#accusedAt = Infinity;
  }

  /**
   * Another peer holds this one as suspect or failed. Returns whether to deny that. A peer that cannot be called does not:
   * it would be listed and removed again for ever.
   */
  accused(now: Millis): boolean {
    this.#accusations++;
    this.#accusedAt = Math.min(this.#accusedAt, now);
    this.remind(now);
    return !this.isUnreachable(now);
  }

  /** Says once a minute what is wrong, as long as it is. */
  remind(now: Millis): void {
    if (!this.isUnreachable(now)) return;
    const { address } = this.#state;
    this.#state.warnRarely(
      `others cannot reach this peer at ${address}, and do not list it: the address must be one that they can call ` +
        "(NAT, a firewall, another published port?)",
      now,
    );
  }
}
