import type { Address } from "./address.js";
import type { Millis } from "./timing.js";

/** The longest wait for the next try: 50 members then try each of 50 lost ones nearly once a period. */
const MOST_PERIODS = 64;

/** When lost members, and seeds that are no members, are to be tried again: after twice the time of the last wait. */
export class Backoff {
  readonly #waits = new Map<Address, { readonly until: Millis; readonly periods: number }>();

  isDue(address: Address, now: Millis): boolean {
    return (this.#waits.get(address)?.until ?? 0) <= now;
  }

  /** The address was tried now: its wait begins, two periods at first and twice as long each time. */
  tried(address: Address, pingPeriodMs: Millis, now: Millis): void {
    const periods = Math.min(MOST_PERIODS, 2 * (this.#waits.get(address)?.periods ?? 1));
    this.#waits.set(address, { until: now + periods * pingPeriodMs, periods });
  }

  /** Forgets the wait of an address. */
  forget(address: Address): void {
    this.#waits.delete(address);
  }

  /** Forgets the waits of all other addresses: they have been found, and begin anew when they are lost again. */
  keepOnly(lost: ReadonlySet<Address>): void {
    for (const address of this.#waits.keys()) if (!lost.has(address)) this.#waits.delete(address);
  }
}
