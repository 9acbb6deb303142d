import type { Address } from "./address.js";
import { isLive } from "./record.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** How long a closed connection counts against a member that does not answer either. Guess. */
const COUNTS_MS: Millis = 5000;

/**
 * A crash closes the connections of all who were connected at once. Each of them checks at a random moment, so late
 * that the first few, which are enough, can spare most of the others. Measured with 50 containers on 2 cores.
 */
const CHECK_SPREAD_MS = { perWitness: 30, most: 1000 };

interface Closing {
  readonly at: Millis;
  /** The life of the member that held the other end: of a later one the closing says nothing. */
  readonly generation: number;
  readonly delayMs: Millis;
  checkAt: Millis;
}

/**
 * Members whose connection closed, and not by this peer: a strong hint, and no more, since a healthy peer closes
 * connections too, for lack of use.
 */
export class ClosedConnections {
  readonly #state: State;
  readonly #closed = new Map<Address, Closing>();

  constructor(state: State) {
    this.#state = state;
  }

  /** Plans a check of a member whose connection closed; about as many `witnesses` saw the same. */
  add(address: Address, witnesses: number, now: Millis): void {
    const { view, timing, random, isLeaving } = this.#state;
    const record = view.get(address);
    if (isLeaving || record === undefined || !isLive(record) || timing.indirectProbes === 0) return;
    const spreadMs = Math.min(CHECK_SPREAD_MS.most, CHECK_SPREAD_MS.perWitness * witnesses);
    const delayMs = random.next() * spreadMs;
    this.#closed.set(address, { at: now, generation: record.generation, delayMs, checkAt: now + delayMs });
  }

  /** Plans one more check, from that moment on after the same delay. */
  checkAgain(address: Address, moment: Millis): void {
    const closed = this.#closed.get(address);
    if (closed !== undefined) closed.checkAt = moment + closed.delayMs;
  }

  /** Forgets the closed connection of a member that was heard from since. */
  forget(address: Address): void {
    this.#closed.delete(address);
  }

  /** When the next member is to be checked; Infinity when none is. */
  get nextAt(): Millis {
    let next = Infinity;
    for (const { checkAt } of this.#closed.values()) next = Math.min(next, checkAt);
    return next;
  }

  /** The members to be checked by now, each once. Connections that do not count any more are forgotten. */
  takeDue(now: Millis): Address[] {
    const due: Address[] = [];
    for (const [address, closed] of this.#closed) {
      if (closed.checkAt <= now) due.push(address);
      if (closed.checkAt <= now) closed.checkAt = Infinity;
      if (now - closed.at > COUNTS_MS) this.#closed.delete(address);
    }
    return due;
  }

  /** Whether a closed connection still counts against the member. */
  counts(address: Address, now: Millis): boolean {
    return now - this.#closedAt(address) <= COUNTS_MS;
  }

  /** Whether the member's connection closed after that moment. */
  hasClosedSince(moment: Millis, address: Address): boolean {
    return this.#closedAt(address) > moment;
  }

  #closedAt(address: Address): Millis {
    const closing = this.#closed.get(address);
    const isOfThisLife = closing?.generation === this.#state.view.get(address)?.generation;
    return isOfThisLife ? (closing?.at ?? -Infinity) : -Infinity;
  }
}
