import type { Address } from "./address.js";
import { hull, isWithin, type Range } from "./news.js";

/** To whom something was passed on: to all, or to a range. */
type Covered = "all" | Range;

/**
 * To whom the news of late was passed on. All divide the same list into the same parts, each with the same head; so where
 * several tell the same news they meet at the heads, who have done already what they are asked to do.
 */
export class Told {
  #recent = new Map<Address, Covered>();
  #former = new Map<Address, Covered>();

  /** There is something new about it, of which nobody was told. */
  begin(address: Address): void {
    this.#recent.delete(address);
    this.#former.delete(address);
  }

  /** Whether all of the range were told of late. */
  covers(address: Address, range: Range): boolean {
    const covered = this.#of(address);
    return covered === "all" || (covered !== undefined && isWithin(range, covered));
  }

  /** These were told; all of them where there is no range. */
  extend(address: Address, range: Range | undefined): void {
    const covered = this.#of(address);
    // A peer is asked to tell ranges in which it lies itself, so two of them overlap.
    if (range === undefined || covered === "all") this.#recent.set(address, "all");
    else this.#recent.set(address, covered === undefined ? range : hull(covered, range));
  }

  /** Once a period: what is older than two is told again where somebody asks for it. */
  age(): void {
    this.#former = this.#recent;
    this.#recent = new Map();
  }

  #of(address: Address): Covered | undefined {
    return this.#recent.get(address) ?? this.#former.get(address);
  }
}
