/* eslint-disable @typescript-eslint/non-nullable-type-assertion-style -- the index was checked, and `!` is forbidden */
import type { Millis } from "../core/timing.js";
import { hashText } from "../core/hash.js";

/**
 * The starting points of two hashes, which give 64 bits together: enough to tell all runs apart that anybody will ever
 * compare.
 */
const STARTS = [0x811c9dc5, 0x01234567] as const;

interface Line {
  readonly at: Millis;
  readonly what: string;
  readonly who: string;
  readonly whom: string;
}

/** Everything that happened in a run as a hash, and the last lines of it as text. */
export class Trace {
  readonly #last: Line[] = [];
  readonly #keep: number;
  #hash: [number, number] = [...STARTS];
  #count = 0;

  constructor(keep = 200) {
    this.#keep = keep;
  }

  get count(): number {
    return this.#count;
  }

  /** The hash of 64 bits in hexadecimal: the same for the same seed, on every machine. */
  get hash(): string {
    return this.#hash.map((part) => part.toString(16).padStart(8, "0")).join("");
  }

  add(at: Millis, what: string, who = "", whom = ""): void {
    const text = `${Math.round(at * 1000)} ${what} ${who} ${whom}`;
    this.#hash = [hashText(text, { start: this.#hash[0] }), hashText(text, { start: this.#hash[1] })];
    this.#last[this.#count++ % this.#keep] = { at, what, who, whom };
  }

  /** The last lines, oldest first. */
  last(count: number): string[] {
    const from = Math.max(0, this.#count - Math.min(count, this.#keep));
    return Array.from({ length: this.#count - from }, (_, offset) => {
      const { at, what, who, whom } = this.#last[(from + offset) % this.#keep] as Line;
      return `${(at / 1000).toFixed(3).padStart(10)} s  ${who} ${what}${whom && ` ${whom}`}`;
    });
  }
}
