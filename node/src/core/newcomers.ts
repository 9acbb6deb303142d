import type { Address } from "./address.js";
import type { PartnerSelection } from "./partner-selection.js";
import { isLive, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/**
 * For so many periods a member may be starting still. Measured with a hundred containers that start on 2 cores: such a
 * member is slow for seconds, and was removed where it was judged like others.
 */
export const STARTING_PERIODS = 10;

/**
 * Members that came lately and have not spoken to this peer yet: they may have just begun, and a connection is yet to
 * be opened. Members that were there when this peer came are none: it is the newcomer then.
 */
export class Newcomers {
  readonly #state: State;
  readonly #partnerSelection: PartnerSelection;
  /** When each of those came that came lately, the longest ago first. */
  readonly #cameAt = new Map<Address, Millis>();

  constructor(state: State, partnerSelection: PartnerSelection) {
    this.#state = state;
    this.#partnerSelection = partnerSelection;
  }

  /** The record held of a member has changed from `before`. */
  changed(before: MemberRecord | undefined, after: MemberRecord, now: Millis): void {
    const { startedAt, timing } = this.#state;
    const { address, generation } = after;
    const isSameLife = before !== undefined && isLive(before) && before.generation === generation;
    if (isLive(after) && isSameLife) return;
    this.#cameAt.delete(address);
    this.#forgetOld(now);
    if (isLive(after) && now - startedAt > timing.pingPeriodMs) this.#cameAt.set(address, now);
  }

  /** Whether the member may be starting still. */
  has(member: Address, now: Millis): boolean {
    return this.ageMs(member, now) < Infinity && !this.#partnerSelection.hasSpoken(member);
  }

  /** How long ago the member came, in ms; Infinity where that is longer than it may take to start. */
  ageMs(member: Address, now: Millis): Millis {
    const cameAt = this.#cameAt.get(member) ?? -Infinity;
    return this.#isLately(cameAt, now) ? now - cameAt : Infinity;
  }

  #isLately(cameAt: Millis, now: Millis): boolean {
    return now - cameAt < STARTING_PERIODS * this.#state.timing.pingPeriodMs;
  }

  #forgetOld(now: Millis): void {
    for (const [address, at] of this.#cameAt) {
      if (this.#isLately(at, now)) return;
      this.#cameAt.delete(address);
    }
  }
}
