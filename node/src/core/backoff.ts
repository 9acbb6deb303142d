import type { Address } from "./address.js";
import type { Millis } from "./timing.js";

/** The longest wait for the next try: 50 members then try each of 50 lost ones nearly once a period. */
const MOST_PERIODS = 64;

interface Wait {
  readonly until: Millis;
  readonly periods: number;
  readonly times: number;
}

/** When lost members, and seeds that are no members, are to be tried again: after twice the time of the last wait. */
export class Backoff {
  readonly #waits = new Map<Address, Wait>();

  isDue(address: Address, now: Millis): boolean {
    return (this.#waits.get(address)?.until ?? 0) <= now;
  }

  /**
   * The address was tried now: its wait begins, two periods at first and twice as long each time, up to `mostPeriods`.
   * Returns how often it has been tried in a row.
   */
  tried(address: Address, pingPeriodMs: Millis, now: Millis, mostPeriods = MOST_PERIODS): number {
    const { periods: last = 1, times = 0 } = this.#waits.get(address) ?? {};
    const periods = Math.min(MOST_PERIODS, mostPeriods, 2 * last);
    this.#waits.set(address, { until: now + periods * pingPeriodMs, periods, times: times + 1 });
    return times + 1;
  }

  /** Forgets the wait of an address. */
  forget(address: Address): void {
    this.#waits.delete(address);
  }

  /** Forgets the waits for which `isOver` holds. */
  forgetIf(isOver: (address: Address, until: Millis) => boolean): void {
    for (const [address, { until }] of this.#waits) if (isOver(address, until)) this.#waits.delete(address);
  }

  /** Forgets the waits of all other addresses: they have been found, and begin anew when they are lost again. */
  keepOnly(lost: ReadonlySet<Address>): void {
    for (const address of this.#waits.keys()) if (!lost.has(address)) this.#waits.delete(address);
  }
}
