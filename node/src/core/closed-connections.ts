import type { Address } from "./address.js";
import { finish, hashText } from "./hash.js";
import type { Newcomers } from "./newcomers.js";
import type { PartnerSelection } from "./partner-selection.js";
import { isLive, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Timeouts } from "./timeouts.js";
import type { Millis } from "./timing.js";

/** How long a closed connection counts against a member that does not answer either. Guess. */
const COUNTS_MS: Millis = 5000;

/**
 * A crash closes the connections of all who were connected at once. Four accusers are enough; so many check first, as
 * one of them may be slow or gone itself, and as many more each time that these were not enough. Measured in the
 * simulator.
 */
const CHECKERS = 10;
/** The last of all to check does so after this time at most. */
const MOST_DELAY_MS: Millis = 1000;

interface Closing {
  readonly at: Millis;
  /** The life of the member that held the other end: of a later one the closing says nothing. */
  readonly generation: number;
  readonly delayMs: Millis;
  checkAt: Millis;
  /** Whether a check was cut short, and made again. */
  isRepeated: boolean;
}

/** The parts by which the order of the checks is chosen. */
interface Parts {
  readonly newcomers: Newcomers;
  readonly partnerSelection: PartnerSelection;
  readonly timeouts: Timeouts;
}

/**
 * Members whose connection closed, and not by this peer: a strong hint, and no more, since a healthy peer closes
 * connections too, for lack of use.
 */
export class ClosedConnections {
  readonly #state: State;
  readonly #parts: Parts;
  readonly #closed = new Map<Address, Closing>();

  constructor(state: State, parts: Parts) {
    this.#state = state;
    this.#parts = parts;
  }

  /** Plans a check of a member whose connection closed. */
  add(address: Address, now: Millis): void {
    const { view, timing, isLeaving } = this.#state;
    const record = view.get(address);
    if (isLeaving || record === undefined || !isLive(record) || timing.indirectProbes === 0) return;
    const delayMs = this.#delayMs(record, now);
    this.#closed.set(address, {
      at: now,
      generation: record.generation,
      delayMs,
      checkAt: now + delayMs,
      isRepeated: false,
    });
  }

  /** Plans one more check, from that moment on after the same delay. */
  checkAgain(address: Address, moment: Millis): void {
    const closed = this.#closed.get(address);
    if (closed !== undefined) closed.checkAt = moment + closed.delayMs;
  }

  /**
   * Whether a check that was cut short is to be made again. That is so once for each closing: a network that closes
   * connections may close two in a row, without anybody having crashed.
   */
  checkOnceMore(address: Address): boolean {
    const closed = this.#closed.get(address);
    if (closed === undefined || closed.isRepeated) return false;
    closed.isRepeated = true;
    return true;
  }

  /** Forgets the closed connection of a member that was heard from since. */
  forget(address: Address): void {
    this.#closed.delete(address);
  }

  /** When the next member is to be checked; Infinity when none is. */
  get nextAt(): Millis {
    let next = Infinity;
    for (const { checkAt } of this.#closed.values()) next = Math.min(next, checkAt);
    return next;
  }

  /** The members to be checked by now, each once. Connections that do not count any more are forgotten. */
  takeDue(now: Millis): Address[] {
    const due: Address[] = [];
    for (const [address, closed] of this.#closed) {
      if (closed.checkAt <= now) due.push(address);
      if (closed.checkAt <= now) closed.checkAt = Infinity;
      if (now - closed.at > COUNTS_MS) this.#closed.delete(address);
    }
    return due;
  }

  /** Whether a closed connection still counts against the member. */
  counts(address: Address, now: Millis): boolean {
    return now - this.#closedAt(address) <= COUNTS_MS;
  }

  /** Whether the member's connection closed after that moment. */
  hasClosedSince(moment: Millis, address: Address): boolean {
    return this.#closedAt(address) > moment;
  }

  /**
   * How long this peer leaves the check to others: all choose the same order, which begins at a place in the ring that
   * is drawn by the member's life, and the next check when the first can have told what they found.
   */
  #delayMs(record: MemberRecord, now: Millis): Millis {
    const { view, address: own } = this.#state;
    const drawn = finish(hashText(`${record.address} ${record.generation}`)) / 2 ** 32;
    const start = Math.floor(drawn * view.liveCount);
    const steps = (view.placeOf(own) - start + view.liveCount) % view.liveCount;
    const connected = this.#connectedShare(record.address, now);
    // Where few of the others are connected, of those who check first more have nothing to check.
    const atOnce = CHECKERS * (2 - connected);
    const turn = Math.floor((steps * connected) / atOnce);
    return Math.min(MOST_DELAY_MS, turn * 2 * this.#parts.timeouts.shortMs);
  }

  /** About how large a share of the others holds a connection to that member, as far as this peer can tell. */
  #connectedShare(member: Address, now: Millis): number {
    const { newcomers, partnerSelection } = this.#parts;
    const { view, timing } = this.#state;
    const others = view.liveCount - 1;
    const periods = newcomers.ageMs(member, now) / timing.pingPeriodMs;
    const connected = Math.min(partnerSelection.spokenCount, 2 + periods);
    return others <= 1 ? 1 : Math.min(1, connected / (others - 1));
  }

  #closedAt(address: Address): Millis {
    const closing = this.#closed.get(address);
    const isOfThisLife = closing?.generation === this.#state.view.get(address)?.generation;
    return isOfThisLife ? (closing?.at ?? -Infinity) : -Infinity;
  }
}
