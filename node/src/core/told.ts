import type { Address } from "./address.js";
import { hull, isWithin, type Range } from "./range.js";

/**
 * Remembers for two periods to whom news was passed on. All peers divide the same ring into the same parts, each with
 * the same head; so where several tell the same news they meet at the heads, who have told it already.
 */
export class Told {
  #recent = new Map<Address, "all" | Range>();
  #former = new Map<Address, "all" | Range>();

  /** Begins anew with a member about which there is something new, of which nobody was told. */
  begin(item: Address): void {
    this.#recent.delete(item);
    this.#former.delete(item);
  }

  /** Whether all of the range were told of the member lately. */
  covers(item: Address, range: Range): boolean {
    const told = this.#of(item);
    return told === "all" || (told !== undefined && isWithin(range, told));
  }

  /** Notes that the range was told of the member; undefined for all. */
  add(item: Address, range: Range | undefined): void {
    const told = this.#of(item);
    // A peer is asked to tell ranges in which it lies itself, so two of them overlap.
    if (range === undefined || told === "all") this.#recent.set(item, "all");
    else this.#recent.set(item, told === undefined ? range : hull(told, range));
  }

  /** Ages all entries, once a period. News told more than two periods ago is told again where somebody asks for it. */
  age(): void {
    this.#former = this.#recent;
    this.#recent = new Map();
  }

  #of(item: Address): "all" | Range | undefined {
    return this.#recent.get(item) ?? this.#former.get(item);
  }
}
