import type { Address } from "./address.js";
import { pick, type Random } from "./random.js";
import type { Millis, ProtocolTiming } from "./timing.js";

/** The members from one address to another, both included, in the order of addresses. */
export interface Range {
  readonly from: Address;
  readonly to: Address;
}

/** News to be told, and to whom: to a range of members, or to all of them. */
export interface Errand {
  readonly items: ReadonlySet<Address>;
  readonly range: Range | undefined;
}

interface Gathered {
  readonly items: Set<Address>;
  range: Range | undefined;
}

/**
 * Gathers what is to be told for a few milliseconds. While news keeps coming it gathers for longer and longer, up to a
 * quarter of a period, so that the number of calls does not grow with the number of changes.
 */
export class News {
  readonly #gatherMs: Millis;
  readonly #longestMs: Millis;
  /** By the magnitude of their ranges. All of these contain this peer, so those of like size are nearly the same. */
  #gathered = new Map<number, Gathered>();
  #windowMs: Millis;
  #lastAt: Millis = -Infinity;
  #dueAt: Millis = Infinity;

  constructor({ gatherMs, pingPeriodMs }: ProtocolTiming) {
    this.#gatherMs = gatherMs;
    this.#windowMs = gatherMs;
    this.#longestMs = Math.max(gatherMs, pingPeriodMs / 4);
  }

  /** When the next errands are to be run; Infinity when there are none. */
  get dueAt(): Millis {
    return this.#dueAt;
  }

  /** Whether news keeps coming, more than comes of a single change. */
  get isBusy(): boolean {
    return this.#windowMs > this.#gatherMs && this.#windowMs >= this.#longestMs / 2;
  }

  /** That something about `item` is to be told to the so many members in the range, or to all. */
  add(item: Address, range: Range | undefined, size: number, now: Millis): void {
    const magnitude = range === undefined ? Infinity : Math.floor(Math.log2(Math.max(1, size)) / 2);
    const gathered = this.#gathered.get(magnitude);
    if (gathered === undefined) this.#gathered.set(magnitude, { items: new Set([item]), range });
    else {
      gathered.items.add(item);
      gathered.range = gathered.range && range && hull(gathered.range, range);
    }
    this.#dueAt = Math.min(this.#dueAt, Math.max(now + this.#gatherMs, this.#lastAt + this.#windowMs));
  }

  take(now: Millis): Errand[] {
    const errands = [...this.#gathered.values()];
    this.#gathered = new Map();
    this.#dueAt = Infinity;
    const isBusy = now - this.#lastAt <= 2 * this.#windowMs;
    this.#windowMs = isBusy ? Math.min(2 * this.#windowMs, this.#longestMs) : this.#gatherMs;
    this.#lastAt = now;
    return errands;
  }
}

function hull(a: Range, b: Range): Range {
  return { from: a.from < b.from ? a.from : b.from, to: a.to > b.to ? a.to : b.to };
}

/** One call's share of an errand: whoever takes it tells the others of the branch. */
export interface Branch {
  readonly items: readonly Address[];
  /** In the order of addresses. */
  readonly members: readonly Address[];
  readonly tried: readonly Address[];
  /** How many who were asked knew it all. */
  readonly strikes: number;
}

/** Who of a branch has been asked in vain so often that the rest is left to the periodic exchange. */
const MOST_TRIES = 6;
/** After so many who knew already it is no news any more (Demers et al. 1987, section 1.4, feedback and counter). */
const MOST_STRIKES = 4;

/** Splits members, in the order of addresses, into as many branches as may be told at once. */
export function branches(items: readonly Address[], members: readonly Address[], fanout: number): Branch[] {
  const count = Math.min(fanout, members.length);
  const start = (part: number): number => Math.floor((part * members.length) / count);
  return Array.from({ length: count }, (_, part) => ({
    items,
    members: members.slice(start(part), start(part + 1)),
    tried: [],
    strikes: 0,
  }));
}

/**
 * Who of a branch is to be told next; nobody when enough were asked. First those that are `near`, to whom a connection is
 * open: a new one costs both sides more than the call. Who is alone in the branch is asked again; who `owesTooMuch`, not at all.
 */
export function nextOf(
  branch: Branch,
  random: Random,
  isNear: (member: Address) => boolean = () => false,
  owesTooMuch: (member: Address) => boolean = () => false,
): Address | undefined {
  if (branch.tried.length >= MOST_TRIES || branch.strikes > MOST_STRIKES) return undefined;
  const hearers = branch.members.filter((member) => !owesTooMuch(member));
  const untried = hearers.filter((member) => !branch.tried.includes(member));
  const near = untried.filter(isNear);
  if (untried.length > 0) return pick(random, near.length > 0 ? near : untried);
  return branch.strikes > 0 ? undefined : pick(random, hearers);
}
