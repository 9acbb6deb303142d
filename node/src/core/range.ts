import type { Address } from "./address.js";

/** The members from one address to another, both included, in the order of addresses. */
export interface Range {
  readonly from: Address;
  readonly to: Address;
}

/** The shortest range that contains both. */
export function hull(a: Range, b: Range): Range {
  return { from: a.from < b.from ? a.from : b.from, to: a.to > b.to ? a.to : b.to };
}

/** Whether all of one range lies in the other. */
export function isWithin(inner: Range, outer: Range): boolean {
  return inner.from >= outer.from && inner.to <= outer.to;
}
