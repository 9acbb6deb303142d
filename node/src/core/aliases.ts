import type { Address } from "./address.js";
import { Backoff } from "./backoff.js";
import type { Random } from "./random.js";
import type { Millis } from "./timing.js";

/**
 * The members that answered under another address than their own, such as a name or a container's published port. An
 * alias is an experience and no truth: behind a load balancer another member answers next time. So each is due to be
 * tried again, ever more seldom.
 */
export class Aliases {
  readonly #aliases = new Map<Address, Address>();
  readonly #backoff = new Backoff();
  readonly #most: number;
  readonly #pingPeriodMs: Millis;
  readonly #random: Random;

  /** At most so many are remembered; the one learnt longest ago goes first. */
  constructor(most: number, pingPeriodMs: Millis, random: Random) {
    this.#most = most;
    this.#pingPeriodMs = pingPeriodMs;
    this.#random = random;
  }

  /** A member answered where another address was dialled. The wait for the next try grows up to `mostPeriods`. */
  learn(dialled: Address, answered: Address, now: Millis, mostPeriods: number): void {
    this.#aliases.delete(dialled);
    this.#aliases.set(dialled, answered);
    // Peers that were started together must not try in step: a balancer that takes its backends in turn would give each
    // peer the same one for ever.
    this.#backoff.tried(dialled, this.#pingPeriodMs * (0.5 + this.#random.next()), now, mostPeriods);
    const [oldest] = this.#aliases.keys();
    if (this.#aliases.size <= this.#most || oldest === undefined) return;
    this.#aliases.delete(oldest);
    this.#backoff.forget(oldest);
  }

  /** The member that answered last behind an address; undefined where none did, or the address is to be tried again. */
  behind(address: Address, now: Millis): Address | undefined {
    return this.#backoff.isDue(address, now) ? undefined : this.#aliases.get(address);
  }
}
