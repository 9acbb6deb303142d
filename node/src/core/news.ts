import type { Address } from "./address.js";
import { BUCKETS, bucketOf } from "./record.js";
import type { Millis, ProtocolTiming } from "./timing.js";

/** The members from one address to another, both included, in the order of addresses. */
export interface Range {
  readonly from: Address;
  readonly to: Address;
}

/** The shortest range that has both of them in it. */
export function hull(a: Range, b: Range): Range {
  return { from: a.from < b.from ? a.from : b.from, to: a.to > b.to ? a.to : b.to };
}

/** Whether all of one range lies in the other. */
export function isWithin(inner: Range, outer: Range): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
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

/** One call's share of an errand: whoever takes it tells the others of the branch. */
export interface Branch {
  readonly items: readonly Address[];
  /** In the order of addresses. */
  readonly members: readonly Address[];
  /** Whom the one who is told is to tell; none: nobody. */
  readonly range: Range | undefined;
  readonly tried: readonly Address[];
}

/** Who of a branch has been asked in vain so often that the rest is left to the periodic exchange. */
const MOST_TRIES = 6;

/**
 * Splits a part of the ring into as many branches as may be told at once. They depend on the ring alone, so that all who tell
 * the same news divide it in the same way.
 */
export function branches(items: readonly Address[], ring: readonly Address[], fanout: number): Branch[] {
  const count = Math.min(fanout, ring.length);
  const start = (part: number): number => Math.floor((part * ring.length) / count);
  return Array.from({ length: count }, (_, part) => {
    const members = ring.slice(start(part), start(part + 1));
    return { items, members, range: { from: members[0] ?? "", to: members.at(-1) ?? "" }, tried: [] };
  });
}

/**
 * Who of a branch is to be told next: its head, the same for all who tell it, else the next after that; nobody when enough
 * were asked. Who is slow comes last. When all were told the first is told again, since a single call may be lost.
 */
export function nextOf(
  { members, tried }: Branch,
  isHearer: (member: Address) => boolean = () => true,
  isSlow: (member: Address) => boolean = () => false,
): Address | undefined {
  if (tried.length >= MOST_TRIES) return undefined;
  let [next, least]: [Address | undefined, number] = [undefined, Infinity];
  for (const member of members) {
    const times = tried.filter((each) => each === member).length;
    const cost = (2 * times + (isSlow(member) ? 1 : 0)) * BUCKETS + bucketOf(member);
    if (cost < least && isHearer(member)) [next, least] = [member, cost];
  }
  return next;
}
