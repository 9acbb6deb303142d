import type { Address } from "./address.js";

/** The members that answered under another address than their own, such as a name or a container's published port. */
export class Aliases {
  readonly #aliases = new Map<Address, Address>();
  readonly #most: number;

  /** At most so many are remembered; the one learnt longest ago goes first. */
  constructor(most: number) {
    this.#most = most;
  }

  /** A member answered where another address was dialled. */
  learn(dialled: Address, answered: Address): void {
    this.#aliases.delete(dialled);
    this.#aliases.set(dialled, answered);
    const oldest = this.#aliases.keys().next();
    if (this.#aliases.size > this.#most && oldest.done === false) this.#aliases.delete(oldest.value);
  }

  /** The member behind an address, which is the address itself as far as nothing else is known. */
  behind(address: Address): Address {
    return this.#aliases.get(address) ?? address;
  }
}
