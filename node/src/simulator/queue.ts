/* eslint-disable @typescript-eslint/non-nullable-type-assertion-style -- the index was checked, and `!` is forbidden */
import type { Millis } from "../core/timing.js";

interface Item<T> {
  readonly at: Millis;
  readonly order: number;
  readonly what: T;
}

/** Items by moment, earliest first; those of one moment in the order in which they were put in. A binary heap. */
export class Queue<T> {
  readonly #heap: Item<T>[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** The moment of the first item; Infinity when the queue is empty. */
  get nextAt(): Millis {
    return this.#heap[0]?.at ?? Infinity;
  }

  put(at: Millis, what: T): void {
    const item = { at, order: this.#order++, what };
    let hole = this.#heap.length;
    this.#heap.push(item);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = this.#heap[parent] as Item<T>;
      if (!before(item, above)) break;
      this.#heap[hole] = above;
      hole = parent;
    }
    this.#heap[hole] = item;
  }

  take(): T | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (this.#heap.length > 0) this.#sink(last);
    return first.what;
  }

  #sink(item: Item<T>): void {
    const heap = this.#heap;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, heap[child] as Item<T>)) child++;
      const below = heap[child] as Item<T>;
      if (!before(below, item)) break;
      heap[hole] = below;
      hole = child;
    }
    heap[hole] = item;
  }
}

function before<T>(a: Item<T>, b: Item<T>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
