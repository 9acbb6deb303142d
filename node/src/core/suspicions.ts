import type { Address } from "./address.js";
import { isConfirmed, Suspicion, type Accuser } from "./suspicion.js";
import type { SuspicionFloor } from "./suspicion-floor.js";
import type { Millis, ProtocolTiming } from "./timing.js";

/** The suspicions of all members, by their addresses. */
export class Suspicions {
  readonly #timing: ProtocolTiming;
  readonly #floor: SuspicionFloor;
  readonly #suspicions = new Map<Address, Suspicion>();

  constructor(timing: ProtocolTiming, floor: SuspicionFloor) {
    this.#timing = timing;
    this.#floor = floor;
  }

  /** Begins a suspicion; nothing changes where there is one. */
  suspect(address: Address, now: Millis, { isHearsay = false } = {}): void {
    if (this.#suspicions.has(address)) return;
    this.#suspicions.set(
      address,
      new Suspicion(this.#timing, now, { isHearsay, floorMs: this.#floor.ofMs(address, now) }),
    );
  }

  /** Counts an accuser; returns whether that is new. Nobody accuses itself, nor a member that is not suspected. */
  accuse(address: Address, accuser: Accuser, now: Millis): boolean {
    if (accuser.address === address) return false;
    return this.#suspicions.get(address)?.accuse(accuser, now) ?? false;
  }

  isAccusedBy(address: Address, accuser: Address): boolean {
    return this.#suspicions.get(address)?.isAccusedBy(accuser) ?? false;
  }

  accusersOf(address: Address): Accuser[] {
    return this.#suspicions.get(address)?.accusers ?? [];
  }

  /** Whether as many accuse the member as make a difference among so many live members. */
  isConfirmed(address: Address, live: number): boolean {
    return isConfirmed(this.accusersOf(address), live);
  }

  /** Whether the member is suspected and nobody accuses it at first hand. */
  isHearsay(address: Address): boolean {
    return this.#suspicions.get(address)?.isHearsay ?? false;
  }

  clear(address: Address): void {
    this.#suspicions.delete(address);
  }

  /** The suspect has denied: it is none any more, and how long that took counts for later suspicions. */
  denied(address: Address, now: Millis): void {
    const suspicion = this.#suspicions.get(address);
    if (suspicion !== undefined) this.#floor.denied(address, now - suspicion.since, now);
    this.clear(address);
  }

  /** A suspect was heard from at first hand: a few times it has until that moment, if it has not more. */
  heard(address: Address, until: Millis): void {
    this.#suspicions.get(address)?.heard(until);
  }

  /** Gives all suspects back the time for which this peer was late, and as much as until that moment to be heard. */
  excuse(latenessMs: Millis, now: Millis, until: Millis): void {
    for (const suspicion of this.#suspicions.values()) suspicion.excuse(latenessMs, now, until);
  }

  suspects(): Address[] {
    return [...this.#suspicions.keys()];
  }

  /** The suspects whose time has run out, among so many live members. */
  expired(now: Millis, live: number): Address[] {
    const isExpired = (suspicion: Suspicion): boolean => suspicion.deadline(live) <= now;
    const due = [...this.#suspicions].filter(([, suspicion]) => isExpired(suspicion));
    // Others may have denied meanwhile, so late that this suspect gets more time as well.
    for (const [address, suspicion] of due) suspicion.raiseFloor(this.#floor.ofMs(address, now));
    return due.filter(([, suspicion]) => isExpired(suspicion)).map(([address]) => address);
  }

  /** The next moment at which a suspect's time runs out; Infinity when nobody is suspected. */
  nextDeadline(live: number): Millis {
    let next = Infinity;
    for (const suspicion of this.#suspicions.values()) next = Math.min(next, suspicion.deadline(live));
    return next;
  }
}
