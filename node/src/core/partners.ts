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
  /** Who has had no turn yet. */
  readonly #fresh = new Set<Address>();
  /** Who had one, and when, the longest ago first. */
  readonly #waiting = new Map<Address, Moment>();
  readonly #seeds = new Map<Address, Moment>();
  /** Under which member's address a dialled one answered: a name's or a mapped address and the real one. */
  readonly #aliases = new Map<Address, Address>();
  #moment: Moment = 0;

  /** A member from now on. */
  add(address: Address): void {
    if (!this.#waiting.has(address)) this.#fresh.add(address);
  }

  /** Any talk with a member counts, in either direction, and so does trying. */
  interacted(address: Address): void {
    if (!this.#fresh.delete(address) && !this.#waiting.delete(address)) return;
    this.#waiting.set(address, ++this.#moment);
  }

  forget(address: Address): void {
    this.#fresh.delete(address);
    this.#waiting.delete(address);
  }

  /** How many members are remembered. */
  get size(): number {
    return this.#fresh.size + this.#waiting.size;
  }

  /** With how many of them there was an interaction. */
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
   * Of the members that are `idle`, and of the seeds that are `open` (no live member answers there), one that never had
   * a turn, a random one, else the one whose last interaction is longest ago.
   */
  next(isIdle: (member: Address) => boolean, isOpen: (seed: Address) => boolean, random: Random): Turn | undefined {
    const seeds = [...this.#seeds].filter(([seed]) => isOpen(seed));
    const untried = seeds.filter(([, at]) => at === NEVER);
    const place = Math.floor(random.next() * (this.#fresh.size + untried.length));
    const seed = untried[place - this.#fresh.size]?.[0];
    if (seed !== undefined) return { type: "seed", address: seed };
    const fresh = this.#fresh.size > 0 ? firstFrom(this.#fresh, place, isIdle) : undefined;
    if (fresh !== undefined) return { type: "member", address: fresh };
    if (untried[0] !== undefined) return { type: "seed", address: untried[0][0] };
    return this.#longest(seeds, isIdle);
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

/** The first that fits, looked for from a place on and then from the start. */
function firstFrom<T>(items: Iterable<T>, place: number, fits: (item: T) => boolean): T | undefined {
  let before: T | undefined;
  let at = 0;
  for (const item of items) {
    const isAfter = at++ >= place;
    if ((!isAfter && before !== undefined) || !fits(item)) continue;
    if (isAfter) return item;
    before = item;
  }
  return before;
}
