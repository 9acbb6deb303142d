import { isDeepStrictEqual } from "node:util";
import type { Fault } from "../fault/fault.js";
import { endOf, ends, isNothing, kindsEndedBy, placeOf, rowOf } from "../fault/kinds.js";

/** A lasting fault that a step wants, as long as nothing ends it. */
interface Claim {
  readonly fault: Fault;
  readonly owner: object;
}

/**
 * The lasting faults that steps want. Several steps may want a fault of the same kind at the same place: the latest of
 * them is in force, and when it is over, the one before it is again.
 */
export class Claims {
  #claims: readonly Claim[] = [];

  /** Notes faults that a step applies, and drops those that they end. */
  add(faults: readonly Fault[], owner: object): void {
    const ending = faults.filter((fault) => kindsEndedBy(fault).length > 0);
    const left = this.#claims.filter((claim) => !ending.some((fault) => ends(fault, claim.fault)));
    const lasting = faults.filter((fault) => rowOf(fault.kind).lasts === "until ended" && !isNothing(fault));
    this.#claims = [...left, ...lasting.map((fault) => ({ fault, owner }))];
  }

  /** Drops all that a step still wants; returns the faults to be applied for that, which are none where others go on. */
  drop(owner: object): Fault[] {
    const own = this.#claims.filter((claim) => claim.owner === owner);
    const inForce = new Map(this.#claims.map(({ fault }) => [placeOf(fault), fault]));
    this.#claims = this.#claims.filter((claim) => claim.owner !== owner);
    const left = new Map(this.#claims.map(({ fault }) => [placeOf(fault), fault]));
    return own.flatMap(({ fault }) => {
      const place = placeOf(fault);
      if (inForce.get(place) !== fault) return []; // a later one is in force
      const next = left.get(place);
      return isDeepStrictEqual(next, fault) ? [] : (next ?? endOf(fault) ?? []);
    });
  }
}
