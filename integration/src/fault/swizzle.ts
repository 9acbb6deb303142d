import type { Fault } from "./fault.js";
import type { Dice, Part } from "./kind.js";
import { waysBetween } from "./ways.js";

/** The longest time between two peers that are cut off one after the other, or let back. */
const MOST_BETWEEN_MS = 5000;
/** All are cut off for so long at least, and for up to so much longer. */
const ALL_FOR_MS = { least: 5000, more: 15_000 };

/**
 * Cuts peers off one by one, in a random order, and lets them back one by one in another (FoundationDB's swizzle). No
 * order in which a cluster comes apart and together again is left out for good.
 */
export function swizzle({ peers, order, below }: Dice): { readonly parts: readonly Part<Fault>[] } {
  const all = order();
  const some = all.slice(0, 2 + below(peers - 1));
  let atMs = 0;
  const cutAt = new Map(some.map((peer, at) => [peer, (atMs += at === 0 ? 0 : below(MOST_BETWEEN_MS))]));
  atMs += ALL_FOR_MS.least + below(ALL_FOR_MS.more);
  const back = order().filter((peer) => cutAt.has(peer));
  const backAt = new Map(back.map((peer) => [peer, (atMs += below(MOST_BETWEEN_MS))]));
  const parts = some.map((peer): Part<Fault> => {
    const [afterMs = 0, endMs = 0] = [cutAt.get(peer), backAt.get(peer)];
    const others = all.filter((other) => other !== peer);
    return { afterMs, forMs: endMs - afterMs, faults: waysBetween("cut", [[peer], others]) };
  });
  return { parts };
}
