import { Backoff } from "./backoff.js";
import type { Calls } from "./calls.js";
import { pick } from "./random.js";
import type { RegularExchange } from "./regular-exchange.js";
import type { Seeds } from "./seeds.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** The wait for the next try grows to so many periods at least. */
const FEWEST_PERIODS = 4;

/**
 * Heals a partition of any length: now and then a failed member, or a seed that is no member, is tried again (serf's
 * reconnect, with odds that let the whole cluster together try each about once a period), each with backoff.
 */
export class Reconnect {
  readonly #state: State;
  readonly #calls: Calls;
  readonly #regularExchange: RegularExchange;
  readonly #seeds: Seeds;
  readonly #backoff = new Backoff();

  constructor(state: State, calls: Calls, regularExchange: RegularExchange, seeds: Seeds) {
    this.#state = state;
    this.#calls = calls;
    this.#regularExchange = regularExchange;
    this.#seeds = seeds;
  }

  /** Once a period: tries one of the lost, or none. */
  round(now: Millis): void {
    const { view, random, timing } = this.#state;
    const failed = view.failedAddresses();
    const seeds = this.#seeds.open(now);
    this.#backoff.keepOnly(new Set([...failed, ...seeds]));
    const lost = failed.length + seeds.length;
    if (lost === 0 || random.next() >= lost / (view.liveCount + 1)) return;
    const busy = this.#calls.busy();
    const due = [...failed, ...seeds].filter((address) => !busy.has(address) && this.#backoff.isDue(address, now));
    const chosen = pick(random, due);
    if (chosen === undefined) return;
    // Where few are left, few try: each then has to try more often, that all together find the lost as soon.
    this.#backoff.tried(chosen, timing.pingPeriodMs, now, Math.max(FEWEST_PERIODS, view.liveCount));
    if (failed.includes(chosen)) this.#calls.exchange(chosen, { for: "member" }, now);
    else this.#regularExchange.resolve(chosen);
  }
}
