import type { Address } from "./address.js";
import { Backoff } from "./backoff.js";
import type { Calls } from "./calls.js";
import type { SentRecord } from "./messages.js";
import { isLive, supersedes, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/**
 * Members that were removed, and call to say that they are back. One that can call and cannot be called would be listed
 * and removed for ever; so it is listed again once it has answered a call. That is tried at once, and ever more seldom.
 */
export class Returns {
  readonly #state: State;
  readonly #calls: Calls;
  readonly #backoff = new Backoff();

  constructor(state: State, calls: Calls) {
    this.#state = state;
    this.#calls = calls;
  }

  /** Whether a record in a request is the claim of a removed member that it is back, and nothing but its own word. */
  isClaim(theirs: SentRecord, ours: MemberRecord | undefined, from: Address): boolean {
    if (theirs.address !== from || ours?.status !== "failed" || ours.generation !== theirs.generation) return false;
    return isLive(theirs) && supersedes(theirs, ours);
  }

  /** Calls a member that claims to be back, unless that was tried lately. */
  verify(address: Address, now: Millis): void {
    if (!this.#backoff.isDue(address, now) || this.#calls.busy().has(address)) return;
    if (this.#backoff.tried(address, this.#state.timing.pingPeriodMs, now) > 1)
      this.#state.warnRarely(
        `${address} calls, but does not answer when it is called: it is not listed until it does`,
        now,
      );
    this.#calls.exchange(address, { for: "member" }, now);
  }

  /** Forgets the waits of those who are not remembered as failed and whose wait is long over. */
  round(now: Millis): void {
    const { view } = this.#state;
    this.#backoff.forgetIf((address, until) => view.get(address)?.status !== "failed" && until < now);
  }
}
