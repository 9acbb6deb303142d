/* eslint-disable @typescript-eslint/non-nullable-type-assertion-style -- the index was checked, and `!` is forbidden */
import type { Millis } from "../core/timing.js";
import { FNV } from "../core/hash.js";

/**
 * The starting points of two hashes, which give 64 bits together: enough to tell all runs apart that anybody will ever
 * compare.
 */
const STARTS = [0x811c9dc5, 0x01234567] as const;

interface Line {
  at: Millis;
  what: string;
  who: string;
  whom: string;
}

/** Everything that happened in a run as a hash, and the last lines of it as text. */
export class Trace {
  readonly #last: Line[] = [];
  readonly #keep: number;
  /** The two hashes, as signed numbers of 32 bits. */
  #one: number = STARTS[0];
  #other: number = STARTS[1];
  #count = 0;

  /** Keeps so many lines as text; the hash is of all of them. */
  constructor(keep = 200) {
    this.#keep = keep;
  }

  /** The number of all lines. */
  get count(): number {
    return this.#count;
  }

  /** The hash of 64 bits in hexadecimal: the same for the same seed, on every machine. */
  get hash(): string {
    return [this.#one, this.#other].map((part) => (part >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** Adds a line: what happened at a moment of virtual time, in ms, to whom, and who else had a part in it. */
  add(at: Millis, what: string, who = "", whom = ""): void {
    for (const text of [`${Math.round(at * 1000)} `, what, " ", who, " ", whom]) this.#append(text);
    // A line that is old enough is written over, since ten thousand peers that join are 10^8 lines.
    const line = (this.#last[this.#count++ % this.#keep] ??= { at, what, who, whom });
    [line.at, line.what, line.who, line.whom] = [at, what, who, whom];
  }

  /** Hashes text as FNV-1a does, from both starting points in one pass. Ten thousand peers that join are 10^8 lines. */
  #append(text: string): void {
    let [one, other] = [this.#one, this.#other];
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      one = Math.imul(one ^ code, FNV.factor);
      other = Math.imul(other ^ code, FNV.factor);
    }
    [this.#one, this.#other] = [one, other];
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
