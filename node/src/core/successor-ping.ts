import type { Calls } from "./calls.js";
import type { CallId } from "./messages.js";
import type { MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/**
 * Pings the successor in the ring once a period. Without that a member whose turn it always is to call others is called
 * by nobody, and its silence is noticed N/2 periods later.
 */
export class SuccessorPing {
  readonly #state: State;
  readonly #calls: Calls;
  #last: CallId = 0;

  constructor(state: State, calls: Calls) {
    this.#state = state;
    this.#calls = calls;
  }

  /** Pings the successor, unless the last ping is awaited or an exchange with it is under way. */
  round(now: Millis): void {
    const successor = this.#successor();
    if (successor === undefined || this.#state.timing.indirectProbes === 0) return;
    if (this.#calls.isAwaited(this.#last, now)) return;
    if (!this.#calls.busy().has(successor.address)) this.#last = this.#calls.ping(successor, now);
  }

  /**
   * The first member after this peer in the ring that nobody suspects: suspects are called by those who accuse them.
   */
  #successor(): MemberRecord | undefined {
    const { view, address } = this.#state;
    const own = view.placeOf(address);
    for (let step = 1; step < view.ring.length; step++) {
      const record = view.get(view.ring[(own + step) % view.ring.length] ?? "");
      if (record?.status === "alive") return record;
    }
    return undefined;
  }
}
