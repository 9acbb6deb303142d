import type { Fault, WayKind } from "./fault.js";

/** Faults of this kind on every way from one of the first peers to one of the second. No peer has a way to itself. */
export function waysFromTo<K extends WayKind>(kind: K, froms: readonly number[], tos: readonly number[]): Fault<K>[] {
  const ways = froms.flatMap((from) => tos.map((to) => ({ kind, from, to }) as Fault<K>));
  return ways.filter(({ from, to }) => from !== to);
}

/** Faults of this kind on every way from a peer of one side to a peer of another, in both directions. */
export function waysBetween<K extends WayKind>(kind: K, sides: readonly (readonly number[])[]): Fault<K>[] {
  return sides.flatMap((side) => sides.flatMap((other) => (other === side ? [] : waysFromTo(kind, side, other))));
}
