import type { Address } from "./address.js";
import type { Accuser } from "./suspicion.js";
import type { Millis, ProtocolTiming } from "./timing.js";

/**
 * How many periods the accusers of a failed member are told with it. Guess: news has reached everybody by then, and
 * older ones may be of a partition that is over.
 */
const TOLD_PERIODS = 2;

/** The accusers of members that failed lately: a peer that is told of enough of them need not suspect first. */
export class Proofs {
  readonly #timing: ProtocolTiming;
  readonly #proofs = new Map<Address, { readonly at: Millis; readonly accusers: readonly Accuser[] }>();

  constructor(timing: ProtocolTiming) {
    this.#timing = timing;
  }

  add(address: Address, accusers: readonly Accuser[], now: Millis): void {
    for (const [each, { at }] of this.#proofs) if (this.#isOld(at, now)) this.#proofs.delete(each);
    if (accusers.length > 0) this.#proofs.set(address, { at: now, accusers });
  }

  forget(address: Address): void {
    this.#proofs.delete(address);
  }

  /** The accusers of a failed member, as long as its failure is news. */
  of(address: Address, now: Millis): readonly Accuser[] {
    const proof = this.#proofs.get(address);
    return proof === undefined || this.#isOld(proof.at, now) ? [] : proof.accusers;
  }

  #isOld(at: Millis, now: Millis): boolean {
    return now - at > TOLD_PERIODS * this.#timing.pingPeriodMs;
  }
}
