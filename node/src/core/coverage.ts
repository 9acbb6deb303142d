import type { Address } from "./address.js";
import { hull, isWithin, type Range } from "./news.js";

/** To whom something was passed on: to none yet, to all, or to a range. */
type Covered = "none" | "all" | Range;

/**
 * To whom the news of late was passed on. All divide the same list into the same parts, each with the same head; so where
 * several tell the same news they meet at the heads, who have done already what they are asked to do.
 */
export class Coverage {
  #recent = new Map<Address, Covered>();
  #former = new Map<Address, Covered>();

  /** There is something new about it, of which nobody was told. */
  begin(address: Address): void {
    this.#recent.set(address, "none");
  }

  /** Whether it is news of late. */
  has(address: Address): boolean {
    return this.#of(address) !== undefined;
  }

  /** Whether all of the range were told. */
  covers(address: Address, range: Range): boolean {
    const covered = this.#of(address) ?? "none";
    return covered === "all" || (covered !== "none" && isWithin(range, covered));
  }

  /** These were told; all of them where there is no range. */
  extend(address: Address, range: Range | undefined): void {
    const covered = this.#of(address) ?? "none";
    // A peer is asked to tell ranges in which it lies itself, so two of them overlap.
    if (range === undefined || covered === "all") this.#recent.set(address, "all");
    else this.#recent.set(address, covered === "none" ? range : hull(covered, range));
  }

  /** Once a period: what is older than two is no news any more. */
  age(): void {
    this.#former = this.#recent;
    this.#recent = new Map();
  }

  #of(address: Address): Covered | undefined {
    return this.#recent.get(address) ?? this.#former.get(address);
  }
}
