import type { State } from "./state.js";
import { RECLAIM_PERIODS, type Millis } from "./timing.js";

/** The wait after the second time, in periods, doubled with each further one up to the longest. */
const FIRST_WAIT_PERIODS = 8;

/**
 * Another process that claims this peer's address. A later generation than the own one may be of an earlier life with a
 * faster clock, once. The second time in one life it is of a process that runs now, as after a machine was cloned or a
 * variable was copied. Each raises its generation above the other's: that is done ever more seldom, so that the others
 * see no storm.
 */
export class ContestedAddress {
  readonly #state: State;
  #times = 0;
  #waitUntil: Millis = -Infinity;
  #heardAt: Millis = -Infinity;

  constructor(state: State) {
    this.#state = state;
  }

  /** Another peer holds a later generation of this address. Returns whether to raise the own one above it now. */
  isToBeRaised(now: Millis): boolean {
    const { address, timing } = this.#state;
    this.#heardAt = now;
    if (now < this.#waitUntil) return false;
    this.#times++;
    if (this.#times === 1) return true;
    const waitPeriods = Math.min(RECLAIM_PERIODS, FIRST_WAIT_PERIODS * 2 ** (this.#times - 2));
    this.#waitUntil = now + waitPeriods * timing.pingPeriodMs;
    this.#state.warnRarely(`another process claims ${address} too: each peer needs an address of its own`, now);
    return true;
  }

  /** Whether another process claims the address, as far as was heard lately. */
  isContested(now: Millis): boolean {
    return this.#times > 1 && now - this.#heardAt < 2 * RECLAIM_PERIODS * this.#state.timing.pingPeriodMs;
  }
}
