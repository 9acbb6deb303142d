import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/**
 * A peer denies so many accusations in a row without being called by anybody in between. Whoever can be called is called
 * at least once for each accusation, by the accuser's helpers. Guess.
 */
const MOST_DENIALS = 3;

/**
 * Whether others can call this peer. Behind NAT, an inbound firewall or a wrong published port it can call all others, and
 * sees a healthy cluster: only that it is accused again and again, and called by nobody, shows it.
 */
export class Reachability {
  readonly #state: State;
  #accusations = 0;

  constructor(state: State) {
    this.#state = state;
  }

  /** Whether nobody has called this peer since it was accused for the last few times. */
  get isUnreachable(): boolean {
    return this.#accusations > MOST_DENIALS;
  }

  /** Another peer has called this one. */
  called(): void {
    this.#accusations = 0;
  }

  /**
   * Another peer holds this one as suspect or failed. Returns whether to deny that. A peer that cannot be called does not:
   * it would be listed and removed again for ever.
   */
  accused(now: Millis): boolean {
    this.#accusations++;
    this.remind(now);
    return !this.isUnreachable;
  }

  /** Says once a minute what is wrong, as long as it is. */
  remind(now: Millis): void {
    if (!this.isUnreachable) return;
    const { address } = this.#state;
    this.#state.warnRarely(
      `others cannot reach this peer at ${address}, and do not list it: the address must be one that they can call ` +
        "(NAT, a firewall, another published port?)",
      now,
    );
  }
}
