import type { Address } from "./address.js";
import type { Calls } from "./calls.js";
import type { CallId } from "./messages.js";
import type { PartnerSelection, Turn } from "./partner-selection.js";
import { pick } from "./random.js";
import { Backoff } from "./backoff.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** Whom to talk to once a period, and whom to look for: seeds, and members that were lost. */
export class Seeking {
  readonly #state: State;
  readonly #calls: Calls;
  readonly #partnerSelection: PartnerSelection;
  readonly #backoff = new Backoff();
  #last: CallId = 0;

  constructor(state: State, calls: Calls, partners: PartnerSelection) {
    this.#state = state;
    this.#calls = calls;
    this.#partnerSelection = partners;
  }

  regularExchange(now: Millis): void {
    if (this.#calls.isAwaited(this.#last, now)) return;
    const turn = this.#nextTurn(this.#calls.busy(), (seed) => this.#isOpen(seed));
    if (turn === undefined) return;
    if (turn.type === "member") this.#last = this.#calls.exchange(turn.address, { for: "member" }, now);
    else this.resolve(turn.address);
  }

  /**
   * What heals a partition of any length: now and then one of the failed, or a seed that is no member, is tried again
   * (serf's reconnect, with odds that let the whole cluster together try each about once a period), each with backoff.
   */
  retryLost(now: Millis): void {
    const { view, random, timing } = this.#state;
    const failed = view.failedAddresses();
    const seeds = this.#partnerSelection.openSeeds((seed) => this.#isOpen(seed));
    this.#backoff.keepOnly(new Set([...failed, ...seeds]));
    const lost = failed.length + seeds.length;
    if (lost === 0 || random.next() >= lost / (view.liveCount + 1)) return;
    const busy = this.#calls.busy();
    const due = [...failed, ...seeds].filter((address) => !busy.has(address) && this.#backoff.isDue(address, now));
    const chosen = pick(random, due);
    if (chosen === undefined) return;
    this.#backoff.tried(chosen, timing.pingPeriodMs, now);
    if (failed.includes(chosen)) this.#calls.exchange(chosen, { for: "member" }, now);
    else this.resolve(chosen);
  }

  /** Whether it is one more; the own address, and one given already, change nothing. */
  addSeed(seed: Address): boolean {
    const { isLeaving, address, limits } = this.#state;
    if (isLeaving || seed === address || this.#partnerSelection.hasSeed(seed)) return false;
    if (this.#partnerSelection.seedCount >= limits.maxSeeds) {
      this.#state.warn(`seed ${seed} is not kept: maxSeeds is ${limits.maxSeeds}`);
      return false;
    }
    this.#partnerSelection.addSeed(seed);
    return true;
  }

  resolve(seed: Address): void {
    this.#partnerSelection.seedTried(seed);
    this.#state.emit({ type: "resolve", seed });
  }

  /** A seed's turn is one exchange with one of its addresses; where there is nobody new, it goes to a member. */
  resolved(seed: Address, addresses: readonly Address[], now: Millis): void {
    if (this.#state.isLeaving || !this.#partnerSelection.hasSeed(seed)) return;
    const busy = this.#calls.busy();
    const untried = addresses.filter((address) => this.#isOpen(address) && !busy.has(address));
    const to = pick(this.#state.random, untried);
    if (to !== undefined) {
      this.#calls.exchange(to, { for: "seed" }, now);
      return;
    }
    const turn = this.#nextTurn(busy, () => false);
    if (turn !== undefined) this.#calls.exchange(turn.address, { for: "member" }, now);
  }

  /** Who answered where another was dialled. */
  learnAlias(dialled: Address, answered: Address): void {
    this.#partnerSelection.learnAlias(dialled, answered, this.#state.limits.maxSeeds * 16);
  }

  #nextTurn(busy: ReadonlySet<Address>, isOpen: (seed: Address) => boolean): Turn | undefined {
    const { view, address, random } = this.#state;
    const isIdle = (member: Address): boolean => member !== address && !busy.has(member);
    return this.#partnerSelection.next(view.ring, isIdle, isOpen, random);
  }

  /** Whether somebody not yet known may answer there. */
  #isOpen(address: Address): boolean {
    const behind = this.#partnerSelection.behind(address);
    const { address: own, view } = this.#state;
    return address !== own && behind !== own && !view.isLive(behind);
  }
}
