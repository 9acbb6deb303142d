import type { Address } from "./address.js";
import type { Calls } from "./calls.js";
import type { CallId } from "./messages.js";
import type { PartnerSelection, Turn } from "./partner-selection.js";
import { pick } from "./random.js";
import type { Seeds } from "./seeds.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** The exchange that each peer makes once a period, with the member or seed whose turn it is. */
export class RegularExchange {
  readonly #state: State;
  readonly #calls: Calls;
  readonly #partnerSelection: PartnerSelection;
  readonly #seeds: Seeds;
  #last: CallId = 0;

  constructor(state: State, calls: Calls, partnerSelection: PartnerSelection, seeds: Seeds) {
    this.#state = state;
    this.#calls = calls;
    this.#partnerSelection = partnerSelection;
    this.#seeds = seeds;
  }

  /** Once a period: calls the next partner, unless the last regular exchange is awaited still. */
  round(now: Millis): void {
    if (this.#calls.isAwaited(this.#last, now)) return;
    const turn = this.#nextTurn(this.#calls.busy(), (seed) => this.#seeds.isOpen(seed, now));
    if (turn === undefined) return;
    if (turn.type === "member") this.#last = this.#calls.exchange(turn.address, { for: "member" }, now);
    else this.resolve(turn.address);
  }

  /** Gives a seed its turn, which begins with a look-up of its addresses. */
  resolve(seed: Address): void {
    this.#partnerSelection.seedTried(seed);
    this.#state.emit({ type: "resolve", seed });
  }

  /** The turn of a seed is one exchange with one of its addresses; a member gets it where nobody new is there. */
  resolved(seed: Address, addresses: readonly Address[], now: Millis): void {
    if (this.#state.isLeaving || !this.#partnerSelection.hasSeed(seed)) return;
    if (addresses.length === 0) this.#seeds.failed(seed, "its name has no address", now);
    const busy = this.#calls.busy();
    const untried = addresses.filter((address) => this.#seeds.isOpen(address, now) && !busy.has(address));
    const to = pick(this.#state.random, untried);
    if (to !== undefined) {
      this.#calls.exchange(to, { for: "seed" }, now);
      return;
    }
    const turn = this.#nextTurn(busy, () => false);
    if (turn !== undefined) this.#calls.exchange(turn.address, { for: "member" }, now);
  }

  #nextTurn(busy: ReadonlySet<Address>, isOpen: (seed: Address) => boolean): Turn | undefined {
    const { view, random } = this.#state;
    const isIdle = (member: Address): boolean => !busy.has(member);
    return this.#partnerSelection.next(view.liveCount - 1, isIdle, isOpen, random);
  }
}
