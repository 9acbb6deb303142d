import type { Address } from "./address.js";
import { firstPlace } from "./bisect.js";
import { insertAll } from "./insert.js";
import type { Range } from "./range.js";

/** The live members in the order of their addresses. */
export class Ring {
  readonly #members: Address[] = [];
  /** Members without a place: those of one message get theirs together, since each one moves all that follow. */
  #unplaced: Address[] = [];

  get size(): number {
    return this.#members.length + this.#unplaced.length;
  }

  /** All members in order. The list changes with the ring. */
  get members(): readonly Address[] {
    this.#placeAll();
    return this.#members;
  }

  /** Adds a member that is not in the ring. */
  add(address: Address): void {
    this.#unplaced.push(address);
  }

  /** Removes a member that is in the ring. */
  delete(address: Address): void {
    this.#placeAll();
    this.#members.splice(this.placeOf(address), 1);
  }

  /** The place of a member, from 0; of an address that is none, the place of the next member. */
  placeOf(address: Address): number {
    return firstPlace(this.members, (member) => member >= address);
  }

  /** The members of a range, in order. */
  within({ from, to }: Range): readonly Address[] {
    return this.members.slice(this.placeOf(from), this.#placeAfter(to));
  }

  /** How many members there are in a range. */
  countWithin({ from, to }: Range): number {
    return Math.max(0, this.#placeAfter(to) - this.placeOf(from));
  }

  #placeAfter(address: Address): number {
    return firstPlace(this.members, (member) => member > address);
  }

  #placeAll(): void {
    if (this.#unplaced.length === 0) return;
    const placeOf = (item: Address): number => firstPlace(this.#members, (member) => member > item);
    const insertions = this.#unplaced.sort().map((item) => ({ item, before: placeOf(item) }));
    insertAll(this.#members, insertions);
    this.#unplaced = [];
  }
}
