import type { Address } from "./address.js";

/**
 * How many answers a member may owe. One that owes so many is told no news before one of them comes: it would only owe
 * more. Measured: with 16 news takes half a period longer where 20 % of messages are lost.
 */
const MOST = 32;

/** How many answers each member owes that are overdue and still waited for. */
export class OverdueAnswers {
  readonly #counts = new Map<Address, number>();

  /** Counts one more overdue answer of this member. */
  add(member: Address): void {
    this.#counts.set(member, (this.#counts.get(member) ?? 0) + 1);
  }

  /** Counts one overdue answer of this member less: it came, or was given up. */
  remove(member: Address): void {
    const left = (this.#counts.get(member) ?? 0) - 1;
    if (left > 0) this.#counts.set(member, left);
    else this.#counts.delete(member);
  }

  /** Whether the member owes any answer. */
  has(member: Address): boolean {
    return this.#counts.has(member);
  }

  /** Whether the member owes too many answers to be told anything that is no answer. */
  isFull(member: Address): boolean {
    return (this.#counts.get(member) ?? 0) >= MOST;
  }
}
