import type { Address } from "./address.js";
import { hull, type Range } from "./range.js";
import type { Millis, ProtocolTiming } from "./timing.js";

/** News that is told together. */
export interface Batch {
  /** The members that the news is about. */
  readonly items: ReadonlySet<Address>;
  /** The members that are to hear it; undefined for all. */
  readonly range: Range | undefined;
}

interface Gathered {
  readonly items: Set<Address>;
  range: Range | undefined;
}

/**
 * Gathers news for a few milliseconds before it is told. While news keeps coming it gathers for longer and longer, up
 * to a quarter of a period, so that the number of calls does not grow with the number of changes.
 */
export class News {
  readonly #gatherMs: Millis;
  readonly #longestMs: Millis;
  /**
   * The gathered news by the magnitude of their ranges. All of these contain this peer, so those of like size are
   * nearly the same.
   */
  #gathered = new Map<number, Gathered>();
  #windowMs: Millis;
  #lastAt: Millis = -Infinity;
  #dueAt: Millis = Infinity;

  constructor({ gatherMs, pingPeriodMs }: ProtocolTiming) {
    this.#gatherMs = gatherMs;
    this.#windowMs = gatherMs;
    this.#longestMs = Math.max(gatherMs, pingPeriodMs / 4);
  }

  /** When `take` is wanted next; Infinity when there is no news. */
  get dueAt(): Millis {
    return this.#dueAt;
  }

  /** How many members there is news about that is not taken yet. */
  get size(): number {
    return new Set([...this.#gathered.values()].flatMap(({ items }) => [...items])).size;
  }

  /** Adds news about a member, for the `size` members of a range, or for all. */
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

  /** Takes all that was gathered; none is left. */
  take(now: Millis): Batch[] {
    const batches = [...this.#gathered.values()];
    this.#gathered = new Map();
    this.#dueAt = Infinity;
    const isBusy = now - this.#lastAt <= 2 * this.#windowMs;
    this.#windowMs = isBusy ? Math.min(2 * this.#windowMs, this.#longestMs) : this.#gatherMs;
    this.#lastAt = now;
    return batches;
  }
}
