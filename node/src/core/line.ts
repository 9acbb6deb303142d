import type { Address } from "./address.js";
import { insertAll, type Insertion } from "./insert.js";

/** Turns are numbered in their order: a clock would have ties, and only the order counts. */
export type Moment = number;

/** Members in the order of the turns to come, with the moments of their last turns. */
export class Line {
  /** Members in order, with their moments. Whoever is also in `#later` stands there instead, and has left a gap here. */
  #members: Address[] = [];
  #moments: Moment[] = [];
  /** The members who have come to the end since. Lists of all others take a third of the memory of a map. */
  #later = new Map<Address, Moment>();

  /** Puts a member at the end of the line, whether it is in it or not. */
  putLast(member: Address, at: Moment): void {
    this.#later.delete(member);
    this.#later.set(member, at);
  }

  /**
   * Lets members into the line, given in the order of their places; beyond its end they stand at the end, as if they
   * had had a turn just now.
   */
  insert(insertions: readonly Insertion<Address>[], now: Moment): void {
    this.#closeUp();
    const moments = insertions.map(({ before }) => ({ item: this.#moments[before] ?? now, before }));
    insertAll(this.#members, insertions);
    insertAll(this.#moments, moments);
  }

  delete(member: Address): void {
    this.#later.delete(member);
    const place = this.#members.indexOf(member);
    if (place < 0) return;
    this.#members.splice(place, 1);
    this.#moments.splice(place, 1);
  }

  /** The first member for which `isWanted` holds; undefined where its last turn was later than `latest`, or it is nobody. */
  first(isWanted: (member: Address) => boolean, latest: Moment): Address | undefined {
    this.#dropFirstGaps();
    for (const [place, member] of this.#members.entries()) {
      if ((this.#moments[place] ?? Infinity) > latest) return undefined;
      if (!this.#later.has(member) && isWanted(member)) return member;
    }
    for (const [member, at] of this.#later) {
      if (at > latest) return undefined;
      if (isWanted(member)) return member;
    }
    return undefined;
  }

  #dropFirstGaps(): void {
    while (this.#later.has(this.#members[0] ?? "")) {
      this.#members.shift();
      this.#moments.shift();
    }
    if (this.#members.length === 0) this.#closeUp();
  }

  /** Closes all gaps, and the lists hold everybody. */
  #closeUp(): void {
    const [members, later] = [this.#members, this.#later];
    this.#moments = [...this.#moments.filter((_, place) => !later.has(members[place] ?? "")), ...later.values()];
    this.#members = [...members.filter((member) => !later.has(member)), ...later.keys()];
    this.#later = new Map();
  }
}
