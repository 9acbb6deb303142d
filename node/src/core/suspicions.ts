import type { Address } from "./address.js";
import { suspicionTimeoutMs, type Millis, type ProtocolTiming } from "./timing.js";

/** Who says that a member does not answer, and whether it saw the connection break rather than mere silence. */
export interface Accuser {
  readonly address: Address;
  readonly broken: boolean;
}

interface Suspicion {
  since: Millis;
  /** It was heard of at first hand, so it gets at least until then to clear itself. */
  notBefore: Millis;
  /** Begun on the word of somebody who accuses it neither: it gets the time to deny it. */
  readonly isHearsay: boolean;
  readonly accusers: Map<Address, boolean>;
}

/** Of those who accuse independently, so many more than the first are waited for (Lifeguard, section IV.B: K = 3). */
const CONFIRMATIONS = 3;

/** For so many periods those who accused a failed member are told with it. Guess: news has reached everybody by then. */
const PROVES_PERIODS = 2;

/**
 * Knows who is suspected by whom, and until when each may still answer: long when one peer accuses, shorter with each
 * that confirms (Lifeguard's LHA-Suspicion, section IV.B), and not at all when as many confirm and a connection broke.
 */
export class Suspicions {
  readonly #timing: ProtocolTiming;
  readonly #suspicions = new Map<Address, Suspicion>();
  readonly #proofs = new Map<Address, { readonly at: Millis; readonly accusers: readonly Accuser[] }>();

  constructor(timing: ProtocolTiming) {
    this.#timing = timing;
  }

  suspect(address: Address, now: Millis, { isHearsay = false } = {}): void {
    if (this.#suspicions.has(address)) return;
    this.#suspicions.set(address, { since: now, notBefore: 0, isHearsay, accusers: new Map() });
  }

  /** Whether that says anything new. At most four accusers are kept: more make no difference. */
  accuse(address: Address, { address: accuser, broken }: Accuser, now: Millis): boolean {
    const accusers = this.#suspicions.get(address)?.accusers;
    if (accusers === undefined || accuser === address) return false;
    const known = accusers.get(accuser);
    if (known === undefined ? accusers.size > CONFIRMATIONS : known || !broken) return false;
    accusers.set(accuser, broken);
    // What is over by that was not over before: nobody is late.
    this.extend(address, now);
    return true;
  }

  isAccusedBy(address: Address, accuser: Address): boolean {
    return this.#suspicions.get(address)?.accusers.has(accuser) ?? false;
  }

  accusersOf(address: Address): Accuser[] {
    const accusers = this.#suspicions.get(address)?.accusers ?? [];
    return [...accusers].map(([accuser, broken]) => ({ address: accuser, broken }));
  }

  /** Whether as many accuse as make a difference in a cluster of so many live members. */
  isConfirmed(address: Address, live: number): boolean {
    return areEnough(this.accusersOf(address), live);
  }

  /** Whether nobody accuses it at first hand. */
  isHearsay(address: Address): boolean {
    const suspicion = this.#suspicions.get(address);
    return suspicion !== undefined && suspicion.isHearsay && suspicion.accusers.size === 0;
  }

  clear(address: Address): void {
    this.#suspicions.delete(address);
    this.#proofs.delete(address);
  }

  /** Whether they are as many as make a difference in a cluster of so many live members, and one saw the connection break. */
  isProof(accusers: readonly Accuser[], live: number): boolean {
    return areEnough(accusers, live) && accusers.some(({ broken }) => broken);
  }

  /** It has failed, and these accused it. */
  failed(address: Address, accusers: readonly Accuser[], now: Millis): void {
    for (const [each, { at }] of this.#proofs) if (this.#isOld(at, now)) this.#proofs.delete(each);
    if (accusers.length > 0) this.#proofs.set(address, { at: now, accusers });
  }

  /** Who accused it, as long as its failure is news: old proofs may be of a partition that is over. */
  proofOf(address: Address, now: Millis): readonly Accuser[] {
    const proof = this.#proofs.get(address);
    return proof === undefined || this.#isOld(proof.at, now) ? [] : proof.accusers;
  }

  #isOld(at: Millis, now: Millis): boolean {
    return now - at > PROVES_PERIODS * this.#timing.pingPeriodMs;
  }

  extend(address: Address, until: Millis): void {
    const suspicion = this.#suspicions.get(address);
    if (suspicion !== undefined) suspicion.notBefore = Math.max(suspicion.notBefore, until);
  }

  /** We were late ourselves by so much: nobody may lose time by that, nor before we have heard what came meanwhile. */
  excuse(latenessMs: Millis, now: Millis, until: Millis): void {
    for (const suspicion of this.#suspicions.values()) {
      // What came while we slept may have been taken in before we noticed: who is suspected since then has lost nothing.
      const isOlder = suspicion.since + latenessMs <= now;
      if (isOlder) suspicion.since += latenessMs;
      suspicion.notBefore = Math.max(suspicion.notBefore + (isOlder ? latenessMs : 0), until);
    }
  }

  suspects(): Address[] {
    return [...this.#suspicions.keys()];
  }

  /** Whose time has run out, among so many live members. */
  expired(now: Millis, live: number): Address[] {
    return this.suspects().filter((address) => this.#deadline(address, live) <= now);
  }

  /** The next moment at which a suspicion runs out; Infinity when nobody is suspected. */
  nextDeadline(live: number): Millis {
    let next = Infinity;
    for (const address of this.#suspicions.keys()) next = Math.min(next, this.#deadline(address, live));
    return next;
  }

  #deadline(address: Address, live: number): Millis {
    const suspicion = this.#suspicions.get(address);
    if (suspicion === undefined) return Infinity;
    const { since, notBefore, accusers } = suspicion;
    const wanted = confirmationsOf(live);
    // Where it is true what was said, all the others have confirmed it already.
    const confirmations = this.isHearsay(address) ? wanted : Math.max(0, accusers.size - 1);
    if (this.isProof(this.accusersOf(address), live)) return notBefore;
    return Math.max(notBefore, since + suspicionTimeoutMs(this.#timing, live, confirmations, wanted));
  }
}

function areEnough(accusers: readonly Accuser[], live: number): boolean {
  return accusers.length - 1 >= confirmationsOf(live);
}

/** Neither the accused nor the first accuser can confirm. */
function confirmationsOf(live: number): number {
  return Math.max(0, Math.min(CONFIRMATIONS, live - 2));
}
