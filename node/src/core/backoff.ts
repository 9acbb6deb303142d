import type { Address } from "./address.js";
import type { Millis } from "./timing.js";

/** Beyond so many periods nobody waits for its next try: 50 members then try each of 50 lost ones nearly once a period. */
const MOST_PERIODS = 64;

/** When those who are lost, failed members and seeds that are none, are to be tried again: ever later, up to a bound. */
export class Backoff {
  readonly #waits = new Map<Address, { readonly until: Millis; readonly periods: number }>();

  isDue(address: Address, now: Millis): boolean {
    return (this.#waits.get(address)?.until ?? 0) <= now;
  }

  tried(address: Address, pingPeriodMs: Millis, now: Millis): void {
    const periods = Math.min(MOST_PERIODS, 2 * (this.#waits.get(address)?.periods ?? 1));
    this.#waits.set(address, { until: now + periods * pingPeriodMs, periods });
  }

  /** Of the others no wait is remembered. */
  keepOnly(lost: ReadonlySet<Address>): void {
    for (const address of this.#waits.keys()) if (!lost.has(address)) this.#waits.delete(address);
  }
}
