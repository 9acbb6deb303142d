import { insertAll, type Insertion } from "./insert.js";

/** Items in the order of their turns to come. */
export class Line<T> {
  /** Items in order. One that is also in `#later` stands there instead, and has left a gap here. */
  #items: T[] = [];
  /** The items that have come to the end since. A list of all others takes a third of the memory of a set. */
  #later = new Set<T>();

  /** Puts an item at the end of the line, whether it is in it or not. */
  putLast(item: T): void {
    this.#later.delete(item);
    this.#later.add(item);
  }

  /** Whether the item has been put at the end since items were let into the line last. */
  hasComeLast(item: T): boolean {
    return this.#later.has(item);
  }

  /** Lets items into the line that are not in it, given in the order of their places; beyond its end they stand at the end. */
  insert(insertions: readonly Insertion<T>[]): void {
    this.#closeUp();
    insertAll(this.#items, insertions);
  }

  delete(item: T): void {
    this.#later.delete(item);
    const place = this.#items.indexOf(item);
    if (place >= 0) this.#items.splice(place, 1);
  }

  /** The first item for which `isWanted` holds; undefined where there is none. */
  first(isWanted: (item: T) => boolean): T | undefined {
    this.#dropFirstGaps();
    for (const item of this.#items) if (!this.#later.has(item) && isWanted(item)) return item;
    for (const item of this.#later) if (isWanted(item)) return item;
    return undefined;
  }

  #dropFirstGaps(): void {
    const first = this.#items.findIndex((item) => !this.#later.has(item));
    if (first < 0) this.#closeUp();
    else if (first > 0) this.#items.splice(0, first);
  }

  /** Closes all gaps, and the list holds everybody. */
  #closeUp(): void {
    const later = this.#later;
    if (later.size === 0) return;
    this.#items = [...this.#items.filter((item) => !later.has(item)), ...later];
    this.#later = new Set();
  }
}
