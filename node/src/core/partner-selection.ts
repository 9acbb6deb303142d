import type { Address } from "./address.js";
import { Line } from "./line.js";
import { sample, type Random } from "./random.js";

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

/** An address to try, apart from the member that may have the same one. */
interface Seed {
  readonly address: Address;
  /** Whether it has had a turn, and so has a place in the line. */
  isTried: boolean;
}

/** Keeps members and seeds in the order of their last turns, and gives the next to the one that has waited longest. */
export class PartnerSelection {
  /** The members, by their addresses, and the seeds. */
  readonly #line = new Line<Address | Seed>();
  /** The members that get a place in the line when the next turn is asked for, unless they have come to it by then. */
  #unplaced: Address[] = [];
  /** The members that have spoken to this peer. */
  readonly #spoken = new Set<Address>();
  readonly #seeds = new Map<Address, Seed>();

  /** The member, which was none, is one from now on. */
  add(member: Address): void {
    this.#unplaced.push(member);
  }

  /** The member is called: its next turn is after those of all others. */
  called(member: Address): void {
    this.#line.putLast(member);
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
    if (this.#unplaced.length > 0) this.#unplaced = this.#unplaced.filter((each) => each !== member);
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
    this.removeSeed(address);
    this.#seeds.set(address, { address, isTried: false });
  }

  removeSeed(address: Address): void {
    const seed = this.#seeds.get(address);
    if (seed === undefined) return;
    this.#seeds.delete(address);
    this.#line.delete(seed);
  }

  /** The seed has its turn now. */
  seedTried(address: Address): void {
    const seed = this.#seeds.get(address);
    if (seed === undefined) return;
    seed.isTried = true;
    this.#line.putLast(seed);
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
    const untried = [...this.#seeds.values()].filter(({ address, isTried }) => !isTried && isOpen(address));
    const unheard = count - this.#spoken.size;
    const place = Math.floor(random.next() * (unheard + untried.length));
    const seed = untried[place - unheard];
    if (seed !== undefined) return turnOf(seed);
    const isWanted = (each: Address | Seed): boolean =>
      typeof each === "string" ? isIdle(each) : isOpen(each.address);
    const next = this.#line.first(isWanted) ?? untried[0];
    return next === undefined ? undefined : turnOf(next);
  }

  /** Gives each member without a place in the line a random one in its first quarter. */
  #placeAll(count: number, random: Random): void {
    const members = this.#unplaced.filter((member) => !this.#line.hasComeLast(member));
    this.#unplaced = [];
    if (members.length === 0) return;
    const places = new Float64Array(members.length).map(() => (random.next() * count) / FIRST_CALLS).sort();
    const inAnyOrder = sample(random, members, members.length);
    this.#line.insert(inAnyOrder.map((item, at) => ({ item, before: Math.floor(places[at] ?? 0) })));
  }
}

function turnOf(next: Address | Seed): Turn {
  return typeof next === "string" ? { type: "member", address: next } : { type: "seed", address: next.address };
}
