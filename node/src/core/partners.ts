import type { Address } from "./address.js";
import type { Random } from "./random.js";

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
  /** The members that had a turn, and when, the longest ago first; all others had none yet. */
  readonly #waiting = new Map<Address, Moment>();
  readonly #seeds = new Map<Address, Moment>();
  /** Under which member's address a dialled one answered: a name's or a mapped address and the real one. */
  readonly #aliases = new Map<Address, Address>();
  #moment: Moment = 0;

  /** With that member, in either direction. */
  interacted(member: Address): void {
    this.#waiting.delete(member);
    this.#waiting.set(member, ++this.#moment);
  }

  /** It is no member any more. */
  forget(member: Address): void {
    this.#waiting.delete(member);
  }

  /** With how many members there was an interaction. */
  get met(): number {
    return this.#waiting.size;
  }

  get seedCount(): number {
    return this.#seeds.size;
  }

  hasSeed(address: Address): boolean {
    return this.#seeds.has(address);
  }

  /** The seeds at which somebody new may answer. */
  openSeeds(isOpen: (seed: Address) => boolean): Address[] {
    return [...this.#seeds.keys()].filter(isOpen);
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
   * Of the members in the ring that are `idle` (ourselves never), and of the seeds that are `open` (no live member answers
   * there), one that never had a turn, a random one, else the one whose last interaction is longest ago.
   */
  next(
    ring: readonly Address[],
    isIdle: (member: Address) => boolean,
    isOpen: (seed: Address) => boolean,
    random: Random,
  ): Turn | undefined {
    const seeds = [...this.#seeds].filter(([seed]) => isOpen(seed));
    const untried = seeds.filter(([, at]) => at === NEVER);
    const fresh = ring.length - 1 - this.#waiting.size;
    const place = Math.floor(random.next() * (fresh + untried.length));
    const seed = untried[place - fresh]?.[0];
    if (seed !== undefined) return { type: "seed", address: seed };
    const member = fresh > 0 ? this.#firstFresh(ring, Math.floor(random.next() * ring.length), isIdle) : undefined;
    if (member !== undefined) return { type: "member", address: member };
    if (untried[0] !== undefined) return { type: "seed", address: untried[0][0] };
    return this.#longest(seeds, isIdle);
  }

  /** The first from a place on, and round. */
  #firstFresh(ring: readonly Address[], place: number, isIdle: (member: Address) => boolean): Address | undefined {
    for (let step = 0; step < ring.length; step++) {
      const member = ring[(place + step) % ring.length] ?? "";
      if (!this.#waiting.has(member) && isIdle(member)) return member;
    }
    return undefined;
  }

  #longest(seeds: readonly (readonly [Address, Moment])[], isIdle: (member: Address) => boolean): Turn | undefined {
    const [seed, since] = seeds.reduce<readonly [Address | undefined, Moment]>(
      (oldest, each) => (each[1] < oldest[1] ? each : oldest),
      [undefined, Infinity],
    );
    for (const [address, at] of this.#waiting) {
      if (at > since) break;
      if (isIdle(address)) return { type: "member", address };
    }
    return seed === undefined ? undefined : { type: "seed", address: seed };
  }
}
