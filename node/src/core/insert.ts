/** An item, and the place of the item before which it is to stand. */
export interface Insertion<T> {
  readonly item: T;
  readonly before: number;
}

/** Inserts items, given in the order of their places. The list is filled from behind, so that each item moves once. */
export function insertAll<T>(list: T[], insertions: readonly Insertion<T>[]): void {
  let left = list.length;
  list.push(...insertions.map(({ item }) => item));
  let hole = list.length;
  for (const { item, before } of insertions.toReversed()) {
    while (left > before) list[--hole] = list[--left] as T;
    list[--hole] = item;
  }
}
