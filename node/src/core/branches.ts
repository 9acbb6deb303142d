import type { Address } from "./address.js";
import type { Range } from "./range.js";
import { BUCKETS, bucketOf } from "./record.js";

/** A part of the ring that is to hear some news: the member that is called tells the others. */
export interface Branch {
  /** The members that the news is about. */
  readonly items: readonly Address[];
  /** The members of the branch, in the order of addresses. */
  readonly members: readonly Address[];
  /** The members that whoever is called is to tell; undefined where the news is to stay there. */
  readonly range: Range | undefined;
  /** The members called in vain, in the order of the calls. */
  readonly tried: readonly Address[];
}

/** How many calls in vain a branch gets. After that the rest of it is left to the periodic exchange. */
const MOST_TRIES = 6;

/**
 * Splits a part of the ring into as many branches as may be told at once. They depend on the ring alone, so that all
 * who tell the same news divide it in the same way.
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
 * The next member of a branch to be called with the news: its head first, which is the same for all who tell it, else
 * the next by bucket and address; undefined after MOST_TRIES calls in vain. Slow members come last. When all were
 * called, the first is called again, since a single call may be lost. Only members for which `isHearer` holds are
 * called at all.
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
    if (least === 0) break; // nobody costs less, and of thousands a sixty-fourth costs no more
  }
  return next;
}
