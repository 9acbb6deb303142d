import type { Address } from "./address.js";
import { Aliases } from "./aliases.js";
import type { PartnerSelection } from "./partner-selection.js";
import { sample } from "./random.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** Aliases remembered for each seed that may be given: a name stands for several addresses. Guess. */
const ALIASES_PER_SEED = 16;

/** So long a peer that knows nobody waits before it tries an address again that led to itself. */
const ALONE_PERIODS = 2;

/**
 * The longest wait of a peer among others, in periods, grows with their number, from so many on: then all of them together
 * try such an address about once a period, however few they are.
 */
const FEWEST_PERIODS = 8;

/** The addresses to try, which are no members until a peer has answered there. */
export class Seeds {
  readonly #state: State;
  readonly #partnerSelection: PartnerSelection;
  readonly #aliases: Aliases;
  #problem = "";
  /** Members of before a long sleep. */
  readonly #remembered = new Set<Address>();

  constructor(state: State, partnerSelection: PartnerSelection) {
    this.#state = state;
    this.#partnerSelection = partnerSelection;
    this.#aliases = new Aliases(state.limits.maxSeeds * ALIASES_PER_SEED, state.timing.pingPeriodMs, state.random);
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

  /** A seed, or an address behind it, led to this peer itself. That is as it should be where one name stands for all. */
  ledToSelf(seed: Address): void {
    this.#problem = `seed ${seed}: it leads to this peer itself`;
  }

  /** A seed, or an address behind it, led to nobody. Where no other member is known the operator is told, now and then. */
  failed(seed: Address, reason: string, now: Millis): void {
    this.#problem = `seed ${seed}: ${reason}`;
    const { view, isLeaving } = this.#state;
    if (view.liveCount === 1 && !isLeaving)
      this.#state.warnRarely(`cannot join yet, and tries on: ${this.#problem}`, now, `seed ${seed}`);
  }

  /** Why the last seed that was tried led to no other member; empty where none has failed. */
  get problem(): string {
    return this.#problem;
  }

  /** Has addresses tried as seeds until any member is found; as many as there is room for. */
  remember(addresses: readonly Address[]): void {
    const { limits, random } = this.#state;
    const unknown = addresses.filter((address) => !this.#partnerSelection.hasSeed(address));
    for (const address of sample(random, unknown, limits.maxSeeds - this.#partnerSelection.seedCount)) {
      this.#remembered.add(address);
      this.#partnerSelection.addSeed(address);
    }
  }

  /** Once a period: ends trying the addresses remembered, where a member was found. */
  round(): void {
    if (this.#remembered.size === 0 || this.#state.view.liveCount === 1) return;
    for (const address of this.#remembered) this.#partnerSelection.removeSeed(address);
    this.#remembered.clear();
  }

  /** The address is tried no more. A member that was found there stays one. */
  remove(seed: Address): void {
    this.#partnerSelection.removeSeed(seed);
    this.#remembered.delete(seed);
  }

  /** The seeds behind which there may be somebody new. */
  open(now: Millis): Address[] {
    return this.#partnerSelection.openSeeds((seed) => this.isOpen(seed, now));
  }

  /** Whether a peer that is no live member may answer at the address. */
  isOpen(address: Address, now: Millis): boolean {
    const { address: own, view } = this.#state;
    const behind = this.#aliases.behind(address, now) ?? address;
    return address !== own && behind !== own && !view.isLive(behind);
  }

  /** A peer gave itself another address than the one that was dialled. */
  learnAlias(dialled: Address, answered: Address, now: Millis): void {
    // Who knows nobody, and was led to itself, must not wait long for the next try.
    const { liveCount } = this.#state.view;
    const mostPeriods = liveCount === 1 ? ALONE_PERIODS : Math.max(FEWEST_PERIODS, liveCount);
    this.#aliases.learn(dialled, answered, now, mostPeriods);
  }
}
