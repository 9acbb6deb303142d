import type { Address } from "./address.js";
import type { Calls } from "./calls.js";
import type { Spread } from "./dissemination.js";
import type { Membership } from "./membership.js";
import { isLive, isSameVersion, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import { isProof, type Accuser } from "./suspicion.js";
import type { Suspicions } from "./suspicions.js";
import type { Millis } from "./timing.js";

/**
 * Hearsay: a member is called failed of which nothing bad was heard before. Where that is true, the suspicion came
 * first; after a partition it is the other side's mistake. So such a member is suspected, not removed, and asked to
 * deny it.
 */
export class Hearsay {
  readonly #state: State;
  readonly #calls: Calls;
  readonly #membership: Membership;
  readonly #suspicions: Suspicions;

  constructor(state: State, calls: Calls, membership: Membership, suspicions: Suspicions) {
    this.#state = state;
    this.#calls = calls;
    this.#membership = membership;
    this.#suspicions = suspicions;
  }

  /** Whether a record that was told is hearsay, given the one that is held. With enough accusers it is none. */
  isHearsay(theirs: MemberRecord, ours: MemberRecord, accusers: readonly Accuser[]): boolean {
    const { view, timing } = this.#state;
    if (isProof(accusers, view.liveCount)) return false;
    if (theirs.status !== "failed" || !isLive(ours) || timing.suspicionMultiplier === 0) return false;
    if (!isSameVersion(theirs, ours)) return false;
    return ours.status === "alive" || this.#suspicions.isHearsay(ours.address);
  }

  /** Suspects the member on the word of `from`, and calls it, so that it can deny that. */
  suspect(ours: MemberRecord, from: Address, spread: Spread, now: Millis): void {
    if (ours.status === "suspect") return;
    const context = { spread, isHearsay: true };
    this.#membership.accept({ ...ours, status: "suspect" }, `called failed by ${from}`, now, context);
    this.#calls.exchange(ours.address, { for: "member" }, now);
  }
}
