import type { Address } from "./address.js";
import { pick, type Random } from "./random.js";
import type { Millis } from "./timing.js";

const NEVER = -Infinity;

/** Whose turn it is in a regular exchange. */
export interface Turn {
  readonly type: "member" | "seed";
  readonly address: Address;
}

/** Remembers when each member and seed had its last turn, and gives the next to whoever has waited longest. */
export class Partners {
  readonly #lastInteraction = new Map<Address, Millis>();
  readonly #seeds = new Map<Address, Millis>();
  /** Under which member's address a dialled one answered: a name's or a mapped address and the real one. */
  readonly #aliases = new Map<Address, Address>();

  /** Any talk counts, in either direction, and so does trying. */
  interacted(address: Address, now: Millis): void {
    this.#lastInteraction.set(address, now);
  }

  forget(address: Address): void {
    this.#lastInteraction.delete(address);
  }

  /** Of how many addresses the last interaction is remembered. */
  get size(): number {
    return this.#lastInteraction.size;
  }

  get seedCount(): number {
    return this.#seeds.size;
  }

  hasSeed(address: Address): boolean {
    return this.#seeds.has(address);
  }

  addSeed(address: Address): void {
    this.#seeds.set(address, NEVER);
  }

  seedTried(address: Address, now: Millis): void {
    this.#seeds.set(address, now);
  }

  /** Bounded by the addresses that seeds stand for: the oldest goes first. */
  learnAlias(dialled: Address, answered: Address, most: number): void {
    this.#aliases.delete(dialled);
    this.#aliases.set(dialled, answered);
    const oldest = this.#aliases.keys().next();
    if (this.#aliases.size > most && oldest.done === false) this.#aliases.delete(oldest.value);
  }

  /** The peer behind an address, as far as it is known to be another than the address says. */
  behind(address: Address): Address {
    return this.#aliases.get(address) ?? address;
  }

  /**
   * Of the members, and of the seeds that are `open` (no live member answers there), one that never had a turn, else
   * the one whose last interaction is longest ago; among equals a random one.
   */
  next(members: readonly Address[], isOpen: (seed: Address) => boolean, random: Random): Turn | undefined {
    const turns: { turn: Turn; at: Millis }[] = [];
    for (const address of members) {
      turns.push({ turn: { type: "member", address }, at: this.#lastInteraction.get(address) ?? NEVER });
    }
    for (const [address, at] of this.#seeds) {
      if (isOpen(address)) turns.push({ turn: { type: "seed", address }, at });
    }
    const first = Math.min(...turns.map(({ at }) => at));
    return pick(
      random,
      turns.filter(({ at }) => at === first),
    )?.turn;
  }

  /** The one of a seed's addresses that has waited longest; among equals a random one. */
  longestUntried(addresses: readonly Address[], random: Random): Address | undefined {
    const last = (address: Address): Millis => this.#lastInteraction.get(address) ?? NEVER;
    const first = Math.min(...addresses.map(last));
    return pick(
      random,
      addresses.filter((address) => last(address) === first),
    );
  }
}
