import type { Address } from "./address.js";
import { Line, type Moment } from "./line.js";
import type { Random } from "./random.js";

const NEVER: Moment = -1;

/**
 * In one period about 1/FIRST_CALLS of all members call a newcomer for the first time. It is new to everybody at the
 * same moment: were its turn to come at once everywhere, all would call it together. Measured with a hundred containers
 * on 2 cores: members that had just come were suspected by all who called them, and removed.
 */
const FIRST_CALLS = 4;

/** The partner of a regular exchange. */
export interface Turn {
  readonly type: "member" | "seed";
  readonly address: Address;
}

/** Remembers when each member and seed had its last turn, and gives the next to the one that has waited longest. */
export class PartnerSelection {
  readonly #line = new Line();
  /** The members that get a place in the line when the next turn is asked for. */
  readonly #unplaced = new Set<Address>();
  /** The members that have spoken to this peer. */
  readonly #spoken = new Set<Address>();
  readonly #seeds = new Map<Address, Moment>();
  #moment: Moment = 0;

  /** The member is one from now on. */
  add(member: Address): void {
    this.#unplaced.add(member);
  }

  /** The member is called: its next turn is after those of all others. */
  called(member: Address): void {
    this.#unplaced.delete(member);
    this.#line.putLast(member, ++this.#moment);
  }

  /** The member has spoken, in answer or of itself. */
  spoke(member: Address): void {
    this.#spoken.add(member);
    this.called(member);
  }

  /** Whether the member has ever spoken to this peer. */
  hasSpoken(member: Address): boolean {
    return this.#spoken.has(member);
  }

  /** The member is none any more. */
  forget(member: Address): void {
    this.#spoken.delete(member);
    this.#unplaced.delete(member);
    this.#line.delete(member);
  }

  /** How many members have spoken to this peer. */
  get spokenCount(): number {
    return this.#spoken.size;
  }

  get seedCount(): number {
    return this.#seeds.size;
  }

  hasSeed(address: Address): boolean {
    return this.#seeds.has(address);
  }

  /** The seeds for which `isOpen` holds. */
  openSeeds(isOpen: (seed: Address) => boolean): Address[] {
    return [...this.#seeds.keys()].filter(isOpen);
  }

  addSeed(address: Address): void {
    this.#seeds.set(address, NEVER);
  }

  removeSeed(address: Address): void {
    this.#seeds.delete(address);
  }

  /** The seed has its turn now. */
  seedTried(address: Address): void {
    this.#seeds.set(address, ++this.#moment);
  }

  /**
   * The next partner: of the `count` members for which `isIdle` holds, and of the seeds for which `isOpen` holds, the one
   * whose last interaction is longest ago; undefined where there is none. The turn of a member that never spoke comes
   * within the first quarter of the members, and at once where there are few. A seed that was never tried takes turns
   * with these.
   */
  next(
    count: number,
    isIdle: (member: Address) => boolean,
    isOpen: (seed: Address) => boolean,
    random: Random,
  ): Turn | undefined {
    this.#placeAll(count, random);
    const seeds = [...this.#seeds].filter(([seed]) => isOpen(seed));
    const untried = seeds.filter(([, at]) => at === NEVER);
    const unheard = count - this.#spoken.size;
    const place = Math.floor(random.next() * (unheard + untried.length));
    const seed = untried[place - unheard]?.[0];
    if (seed !== undefined) return { type: "seed", address: seed };
    const tried = seeds.filter(([, at]) => at !== NEVER);
    return this.#longestWaiting(tried, isIdle) ?? this.#longestWaiting(untried, isIdle);
  }

  /** Gives each member without a place in the line a random one in its first quarter. */
  #placeAll(count: number, random: Random): void {
    if (this.#unplaced.size === 0) return;
    const places = [...this.#unplaced].map((item) => ({ item, place: (random.next() * count) / FIRST_CALLS }));
    places.sort((a, b) => a.place - b.place);
    this.#line.insert(
      places.map(({ item, place }) => ({ item, before: Math.floor(place) })),
      this.#moment,
    );
    this.#unplaced.clear();
  }

  #longestWaiting(
    seeds: readonly (readonly [Address, Moment])[],
    isIdle: (member: Address) => boolean,
  ): Turn | undefined {
    const [seed, since] = seeds.reduce<readonly [Address | undefined, Moment]>(
      (oldest, each) => (each[1] < oldest[1] ? each : oldest),
      [undefined, Infinity],
    );
    const address = this.#line.first(isIdle, since);
    if (address !== undefined) return { type: "member", address };
    return seed === undefined ? undefined : { type: "seed", address: seed };
  }
}
