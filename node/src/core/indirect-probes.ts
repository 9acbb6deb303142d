import type { Address } from "./address.js";
import type { Calls } from "./calls.js";
import type { ProbeResult } from "./messages.js";
import { sample } from "./random.js";
import type { MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** A member that did not answer, which helpers try to reach. */
export interface IndirectProbe {
  /** The record that is made suspect where none of the helpers reaches the member. */
  readonly record: MemberRecord;
  /** Why the member is tried, for the log. */
  readonly reason: string;
  /** Whether this is the second attempt for the same reason. */
  readonly isSecond: boolean;
}

/** The answer of a helper to a ping-req; "silent" where the helper did not answer itself. */
export type HelperResult = ProbeResult | "silent";

interface UnderWay extends IndirectProbe {
  /** How many helpers have not answered yet. */
  waiting: number;
  /** Whether any helper has tried. */
  isTried: boolean;
}

/** Has helpers try a member that did not answer this peer (SWIM, section 3.1). */
export class IndirectProbes {
  readonly #state: State;
  readonly #calls: Calls;
  readonly #underWay = new Map<Address, UnderWay>();

  constructor(state: State, calls: Calls) {
    this.#state = state;
    this.#calls = calls;
  }

  /** Whether helpers are trying the member now. */
  has(address: Address): boolean {
    return this.#underWay.has(address);
  }

  /** Ends the probe of this member: answers of helpers change nothing any more. */
  forget(address: Address): void {
    this.#underWay.delete(address);
  }

  /**
   * Sends a ping-req to random helpers, and calls the member itself once more, since a single lost call is to cost it
   * nothing. Returns false where there is nobody to ask. Where helpers are trying it already nothing is sent.
   */
  start(probe: IndirectProbe, now: Millis): boolean {
    const { address } = probe.record;
    if (this.has(address)) return true;
    const { random, timing } = this.#state;
    const helpers = sample(random, this.#state.others(address), timing.indirectProbes);
    if (helpers.length === 0) return false;
    this.#underWay.set(address, { ...probe, waiting: helpers.length, isTried: false });
    this.#calls.exchange(address, { for: "member" }, now);
    for (const helper of helpers) this.#calls.pingReq(helper, address, now);
    return true;
  }

  /**
   * Counts the result of one helper, which ends the probe with the first that reached the member, or with the last.
   * Returns the probe when it has ended and nobody reached the member; `canRepeat` where a helper was there to say so.
   */
  result(about: Address, result: HelperResult): (IndirectProbe & { readonly canRepeat: boolean }) | undefined {
    const probe = this.#underWay.get(about);
    if (probe === undefined) return undefined;
    probe.waiting--;
    if (result !== "silent" && result !== "not tried") probe.isTried = true;
    if (result !== "reached" && probe.waiting > 0) return undefined;
    this.#underWay.delete(about);
    return result === "reached" ? undefined : { ...probe, canRepeat: probe.isTried && !probe.isSecond };
  }
}
