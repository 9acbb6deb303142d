import type { Address } from "./address.js";
import type { Calls } from "./calls.js";
import { sample } from "./random.js";
import type { MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** A member that did not answer, and how many of those who were asked to try it have not said yet. */
export interface Inquiry {
  readonly record: MemberRecord;
  readonly reason: string;
  /** The second one about it. */
  readonly isAgain: boolean;
  waiting: number;
  /** Whether any of them answered that it was not reached; else there is nobody to ask again. */
  isAnswered: boolean;
}

/** Has others try whoever did not answer us (SWIM, section 3.1). */
export class IndirectProbes {
  readonly #state: State;
  readonly #calls: Calls;
  /** By whom they are about. */
  readonly #indirectProbes = new Map<Address, Inquiry>();

  constructor(state: State, calls: Calls) {
    this.#state = state;
    this.#calls = calls;
  }

  has(address: Address): boolean {
    return this.#indirectProbes.has(address);
  }

  forget(address: Address): void {
    this.#indirectProbes.delete(address);
  }

  /** Asks others, and the member itself once more, since a single lost call is to cost it nothing; false with nobody to ask. */
  open(record: MemberRecord, reason: string, now: Millis, isAgain = false): boolean {
    const { address } = record;
    if (this.has(address)) return true;
    const { random, timing } = this.#state;
    const helpers = sample(random, this.#state.others(address), timing.indirectProbes);
    if (helpers.length === 0) return false;
    this.#indirectProbes.set(address, { record, reason, isAgain, waiting: helpers.length, isAnswered: false });
    this.#calls.exchange(address, { for: "member" }, now);
    for (const helper of helpers) this.#calls.pingReq(helper, address, now);
    return true;
  }

  /** What one of them found, or that it did not say (no `isAnswer`). Returns the inquiry once all have failed to reach it. */
  found(about: Address, reached: boolean, isAnswer: boolean): Inquiry | undefined {
    const inquiry = this.#indirectProbes.get(about);
    if (inquiry === undefined) return undefined;
    inquiry.waiting--;
    if (isAnswer) inquiry.isAnswered = true;
    if (!reached && inquiry.waiting > 0) return undefined;
    this.#indirectProbes.delete(about);
    return reached ? undefined : inquiry;
  }
}
