import type { Address } from "./address.js";
import { Aliases } from "./aliases.js";
import type { PartnerSelection } from "./partner-selection.js";
import type { State } from "./state.js";

/** Aliases remembered for each seed that may be given: a name stands for several addresses. Guess. */
const ALIASES_PER_SEED = 16;

/** The addresses to try, which are no members until a peer has answered there. */
export class Seeds {
  readonly #state: State;
  readonly #partnerSelection: PartnerSelection;
  readonly #aliases: Aliases;

  constructor(state: State, partnerSelection: PartnerSelection) {
    this.#state = state;
    this.#partnerSelection = partnerSelection;
    this.#aliases = new Aliases(state.limits.maxSeeds * ALIASES_PER_SEED);
  }

  /** Returns whether the seed is one more. The own address, and one that is a seed already, change nothing. */
  add(seed: Address): boolean {
    const { isLeaving, address, limits } = this.#state;
    if (isLeaving || seed === address || this.#partnerSelection.hasSeed(seed)) return false;
    if (this.#partnerSelection.seedCount >= limits.maxSeeds) {
      this.#state.warn(`seed ${seed} is not kept: maxSeeds is ${limits.maxSeeds}`);
      return false;
    }
    this.#partnerSelection.addSeed(seed);
    return true;
  }

  /** The seeds behind which there may be somebody new. */
  open(): Address[] {
    return this.#partnerSelection.openSeeds((seed) => this.isOpen(seed));
  }

  /** Whether a peer that is no live member may answer at the address. */
  isOpen(address: Address): boolean {
    const behind = this.#aliases.behind(address);
    const { address: own, view } = this.#state;
    return address !== own && behind !== own && !view.isLive(behind);
  }

  /** A peer gave itself another address than the one that was dialled. */
  learnAlias(dialled: Address, answered: Address): void {
    this.#aliases.learn(dialled, answered);
  }
}
