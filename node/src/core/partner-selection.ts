import type { Address } from "./address.js";
import type { Random } from "./random.js";

/** Interactions are numbered in their order: a clock would have ties, and only the order counts. */
type Moment = number;

const NEVER: Moment = -1;

/**
 * About so many of all call a newcomer for the first time in one period. It is new to everybody at the same moment: were its
 * turn to come at once everywhere, all would call it together. Measured with a hundred containers on 2 cores: those who had
 * just come were suspected by all who called them, and removed.
 */
const FIRST_CALLS = 4;

/** Whose turn it is in a regular exchange. */
export interface Turn {
  readonly type: "member" | "seed";
  readonly address: Address;
}

/** Remembers when each member and seed had its last turn, and gives the next to whoever has waited longest. */
export class PartnerSelection {
  /** The members in the order of their turns, and when they had their last one; a newcomer has its place from the next turn on. */
  #waiting = new Map<Address, Moment>();
  /** Those who have spoken to us. */
  readonly #spoken = new Set<Address>();
  readonly #seeds = new Map<Address, Moment>();
  /** Under which member's address a dialled one answered: a name's or a mapped address and the real one. */
  readonly #aliases = new Map<Address, Address>();
  #moment: Moment = 0;

  /** It is called: its next turn is after all others'. */
  called(member: Address): void {
    this.#waiting.delete(member);
    this.#waiting.set(member, ++this.#moment);
  }

  /** It has spoken to us, in answer or of itself. */
  spoke(member: Address): void {
    this.#spoken.add(member);
    this.called(member);
  }

  /** Whether it has ever spoken to us. */
  hasSpoken(member: Address): boolean {
    return this.#spoken.has(member);
  }

  /** It is no member any more. */
  forget(member: Address): void {
    this.#spoken.delete(member);
    this.#waiting.delete(member);
  }

  /** How many members have spoken to us. */
  get spokenCount(): number {
    return this.#spoken.size;
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
   * there), the one whose last interaction is longest ago. A member that never spoke to us comes within the first quarter of
   * the members, and at once where there are few; a seed that was never tried by turns with these, or at once.
   */
  next(
    ring: readonly Address[],
    isIdle: (member: Address) => boolean,
    isOpen: (seed: Address) => boolean,
    random: Random,
  ): Turn | undefined {
    this.#line(ring, random);
    const seeds = [...this.#seeds].filter(([seed]) => isOpen(seed));
    const untried = seeds.filter(([, at]) => at === NEVER);
    const unheard = ring.length - 1 - this.#spoken.size;
    const place = Math.floor(random.next() * (unheard + untried.length));
    const seed = untried[place - unheard]?.[0];
    if (seed !== undefined) return { type: "seed", address: seed };
    const tried = seeds.filter(([, at]) => at !== NEVER);
    return this.#longest(tried, isIdle) ?? this.#longest(untried, isIdle);
  }

  /** Gives those who have no place in the line one near its head, by chance. */
  #line(ring: readonly Address[], random: Random): void {
    if (this.#waiting.size === ring.length) return;
    const line = [...this.#waiting].map(([member, at], place) => ({ member, at, place }));
    const newcomers = ring
      .filter((member) => !this.#waiting.has(member))
      .map((member) => {
        const place = Math.floor((random.next() * (ring.length - 1)) / FIRST_CALLS);
        return { member, at: line[place]?.at ?? this.#moment, place: place - random.next() };
      });
    const placed = [...line, ...newcomers].sort((a, b) => a.place - b.place);
    this.#waiting = new Map(placed.map(({ member, at }) => [member, at]));
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
