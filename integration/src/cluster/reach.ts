import type { Fault } from "../fault/fault.js";
import type { Presence } from "./presence.js";
import { Trust } from "./trust.js";

/** Tells presence what faults mean for who reaches whom. */
export class Reach {
  readonly #presence: Presence;
  readonly #peers: () => readonly { readonly number: number }[];
  readonly #trust = new Trust();

  /** `peers` are all there are, those that are down included. */
  constructor(presence: Presence, peers: () => readonly { readonly number: number }[]) {
    this.#presence = presence;
    this.#peers = peers;
  }

  /** To be called before the fault is applied, since its effect may be noticed before it is done. */
  changes(fault: Fault<"cut" | "reject" | "nat" | "ca" | "certificate">): void {
    if ("from" in fault) this.#presence.cut(fault.from, fault.to);
    else if (fault.kind === "nat") {
      for (const other of this.#others(fault)) this.#presence.cut(other, fault.peer, "NAT");
    } else this.#trustChanges(fault);
  }

  /** To be called when networks have healed, or a single fault is over. */
  healed({ only }: Fault<"heal">): void {
    if (only === undefined) this.#presence.healed();
    else if ("from" in only) this.#presence.opened(only.from, only.to);
    else if (only.kind === "nat") {
      for (const other of this.#others(only)) this.#presence.opened(other, only.peer, "NAT");
    }
  }

  /**
   * Tells presence at once of trust that is gone, since the peers notice within moments; and of trust that is back, which
   * they cannot notice before.
   */
  #trustChanges(fault: Fault<"ca" | "certificate">): void {
    this.#trust.note(fault);
    const numbers = this.#peers().map(({ number }) => number);
    for (const one of numbers)
      for (const other of numbers)
        if (one < other) this.#presence.believed(one, other, this.#trust.isMutual(one, other));
  }

  #others({ peer }: { readonly peer: number }): number[] {
    return this.#peers().flatMap(({ number }) => (number === peer ? [] : number));
  }
}
