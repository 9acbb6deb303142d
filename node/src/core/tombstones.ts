import type { Address } from "./address.js";
import type { Millis } from "./timing.js";

/** Why a member is remembered that is not listed any more. */
export interface Tombstone {
  readonly goneSince: Millis;
  /** Whether this peer listed the member before. Else it knows of it by word of others alone. */
  readonly wasListed: boolean;
}

interface Held {
  goneSince: Millis;
  /** Nothing that others say makes the member gone for longer than since this moment. */
  readonly earliest: Millis;
}

/** When each failed or left member went, and how long that is remembered: so old rumours do not bring it back. */
export class Tombstones {
  readonly #most: number;
  readonly #ttlMs: Millis;
  /** Of members that this peer has listed itself, the one remembered longest first. */
  readonly #listed = new Map<Address, Held>();
  /** Of members that it knows by word of others alone, in the same order. */
  readonly #toldOf = new Map<Address, Held>();

  constructor(most: number, ttlMs: Millis) {
    this.#most = most;
    this.#ttlMs = ttlMs;
  }

  /** Whether a member that is gone for so long is not to be remembered any more. */
  isTooOld(goneForMs: Millis): boolean {
    return goneForMs >= this.#ttlMs;
  }

  addresses(): Address[] {
    return [...this.#listed.keys(), ...this.#toldOf.keys()];
  }

  /** When the member went; undefined where none is remembered. */
  goneSince(address: Address): Millis | undefined {
    return this.#held(address)?.goneSince;
  }

  /**
   * Remembers that a member is gone. Returns the one that is to be forgotten for it where there are too many: first those
   * that others told of, so that nobody can have known members forgotten by telling of many.
   */
  add(address: Address, { goneSince, wasListed }: Tombstone, now: Millis): Address | undefined {
    // Who believed the first to tell of a huge age would forget the member at once, and list it again by the next rumour.
    const earliest = now - this.#ttlMs / 2;
    const wasHeldAsListed = this.#listed.has(address);
    this.delete(address);
    if (wasListed || wasHeldAsListed) this.#listed.set(address, { goneSince: Math.max(goneSince, earliest), earliest });
    else this.#toldOf.set(address, { goneSince, earliest: Math.min(goneSince, earliest) });
    if (this.#listed.size + this.#toldOf.size <= this.#most) return undefined;
    const [oldest] = this.#toldOf.size > 0 ? this.#toldOf.keys() : this.#listed.keys();
    return oldest;
  }

  /** Takes over an older age, so that all who remember the member forget it at the same time. */
  agreeOnAge(address: Address, goneSince: Millis): void {
    const held = this.#held(address);
    if (held !== undefined && goneSince < held.goneSince) held.goneSince = Math.max(goneSince, held.earliest);
  }

  /** The members that have been remembered long enough. */
  expired(now: Millis): Address[] {
    const isOver = ([, { goneSince }]: [Address, Held]): boolean => this.isTooOld(now - goneSince);
    return [...[...this.#listed].filter(isOver), ...[...this.#toldOf].filter(isOver)].map(([address]) => address);
  }

  delete(address: Address): void {
    this.#listed.delete(address);
    this.#toldOf.delete(address);
  }

  #held(address: Address): Held | undefined {
    return this.#listed.get(address) ?? this.#toldOf.get(address);
  }
}
