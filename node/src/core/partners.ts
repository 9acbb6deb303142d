import type { Address } from "./address.js";
import { pick, type Random } from "./random.js";

/** Interactions are numbered in their order: a clock would have ties, and only the order counts. */
type Moment = number;

const NEVER: Moment = -1;

/** Whose turn it is in a regular exchange. */
export interface Turn {
  readonly type: "member" | "seed";
  readonly address: Address;
}

/** Remembers when each member and seed had its last turn, and gives the next to whoever has waited longest. */
export class Partners {
  readonly #lastInteraction = new Map<Address, Moment>();
  #moment: Moment = 0;
  readonly #seeds = new Map<Address, Moment>();
  /** Under which member's address a dialled one answered: a name's or a mapped address and the real one. */
  readonly #aliases = new Map<Address, Address>();

  /** Any talk counts, in either direction, and so does trying. */
  interacted(address: Address): void {
    this.#lastInteraction.set(address, ++this.#moment);
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

  seedTried(address: Address): void {
    this.#seeds.set(address, ++this.#moment);
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
    const longest = new Longest<Turn>();
    for (const address of members) longest.add(() => ({ type: "member", address }), this.#last(address));
    for (const [address, at] of this.#seeds) if (isOpen(address)) longest.add(() => ({ type: "seed", address }), at);
    return pick(random, longest.waiting)?.();
  }

  #last(address: Address): Moment {
    return this.#lastInteraction.get(address) ?? NEVER;
  }
}

/** Of all that are added, those who have waited since the earliest moment. */
class Longest<T> {
  waiting: (() => T)[] = [];
  #since: Moment = Infinity;

  add(candidate: () => T, since: Moment): void {
    if (since > this.#since) return;
    if (since < this.#since) this.waiting = [];
    this.#since = since;
    this.waiting.push(candidate);
  }
}
