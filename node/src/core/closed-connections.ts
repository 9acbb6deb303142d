import type { Address } from "./address.js";
import type { Millis } from "./timing.js";

/** For so long a closed connection counts against a member that does not answer either. Guess. */
const COUNTS_MS = 5000;

/** Members whose connection was closed, and not by us: a strong hint, and no more. */
export class ClosedConnections {
  readonly #closed = new Map<Address, { readonly at: Millis; readonly delayMs: Millis; checkAt: Millis }>();

  add(address: Address, now: Millis, delayMs: Millis): void {
    this.#closed.set(address, { at: now, delayMs, checkAt: now + delayMs });
  }

  /** It is looked into once more, from that moment on after the same delay. */
  checkAgain(address: Address, moment: Millis): void {
    const closing = this.#closed.get(address);
    if (closing !== undefined) closing.checkAt = moment + closing.delayMs;
  }

  /** It was heard from since. */
  forget(address: Address): void {
    this.#closed.delete(address);
  }

  /** When the next is to be looked into; Infinity when none is. */
  get nextAt(): Millis {
    let next = Infinity;
    for (const { checkAt } of this.#closed.values()) next = Math.min(next, checkAt);
    return next;
  }

  /** Those to be looked into by now, each once. What counts no more is forgotten. */
  takeDue(now: Millis): Address[] {
    const due: Address[] = [];
    for (const [address, closing] of this.#closed) {
      if (closing.checkAt <= now) due.push(address);
      if (closing.checkAt <= now) closing.checkAt = Infinity;
      if (now - closing.at > COUNTS_MS) this.#closed.delete(address);
    }
    return due;
  }

  /** Whether that counts against it still. */
  counts(address: Address, now: Millis): boolean {
    return now - (this.#closed.get(address)?.at ?? -Infinity) <= COUNTS_MS;
  }

  isSince(moment: Millis, address: Address): boolean {
    return (this.#closed.get(address)?.at ?? -Infinity) > moment;
  }
}
