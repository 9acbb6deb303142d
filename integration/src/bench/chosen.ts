/**
 * How many places on the next one is. A prime above every number of peers: so all get their turn, and mostly no two
 * neighbours follow each other, of which the second would be looked after by one that was changed just before.
 */
const STRIDE = 509;

/** The peer that is changed at this time, counted from 0: another one each time, and never the first, the seed. */
export function chosen<T>(peers: readonly T[], time: number): T {
  const peer = peers[1 + ((STRIDE * time) % (peers.length - 1))];
  if (peer === undefined) throw new Error("there is no peer but the seed");
  return peer;
}
