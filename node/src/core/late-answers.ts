import type { Address } from "./address.js";
import type { Call } from "./call.js";
import type { Millis, ProtocolTiming } from "./timing.js";

/** How many answers are remembered, to see how those of other members came. Guess: some ten periods at rest. */
const REMEMBERED = 64;
/** Where at least one of so many members that owe or gave an answer is late, all answers are expected later. Measured. */
const MANY = 4;
/** Two members that answer late on their own, within so many periods, are no chance. Measured. */
const RECENT_PERIODS = 30;

interface Answer {
  readonly from: Address;
  readonly sentAt: Millis;
  readonly isLate: boolean;
}

/**
 * Decides which answers that come late say how long answers take. Where the processor or the network is overloaded
 * those of many are late, and the timeouts have to grow; where one member was frozen, its late answers say nothing of
 * the others, and would make the next silence go unnoticed for longer.
 */
export class LateAnswers {
  readonly #timing: ProtocolTiming;
  /** The latest answers, the oldest first. */
  readonly #answers: Answer[] = [];
  /** When each of the two members that did so last answered late though nobody had removed them. */
  readonly #lateAt = new Map<Address, Millis>();

  constructor(timing: ProtocolTiming) {
    this.#timing = timing;
  }

  /**
   * Takes note of the answer to a call. Returns whether the time that it took is a sample of how long answers take, given
   * the members that owe answers now.
   */
  add(call: Call, owing: readonly Address[], now: Millis): boolean {
    const isSample = !call.isOverdue || this.#areManyLate(call, owing) || this.#isAnotherLate(call, now);
    this.#answers.push({ from: call.to, sentAt: call.sentAt, isLate: call.isOverdue });
    if (this.#answers.length > REMEMBERED) this.#answers.shift();
    if (call.isOverdue && !call.wasRemoved) this.#note(call.to, now);
    return isSample;
  }

  /** Whether many of the other members that were called since this call began were late, too. */
  #areManyLate({ to, sentAt }: Call, owing: readonly Address[]): boolean {
    const since = this.#answers.filter((answer) => answer.sentAt >= sentAt && answer.from !== to);
    const late = new Set(owing.filter((member) => member !== to));
    for (const { from, isLate } of since) if (isLate) late.add(from);
    const inTime = new Set(since.filter(({ from, isLate }) => !isLate && !late.has(from)).map(({ from }) => from));
    return late.size > 0 && MANY * late.size >= late.size + inTime.size;
  }

  /** Whether this member was not removed for its silence, and another such member answered late not long ago. */
  #isAnotherLate({ to, wasRemoved }: Call, now: Millis): boolean {
    const recentMs = RECENT_PERIODS * this.#timing.pingPeriodMs;
    return !wasRemoved && [...this.#lateAt].some(([member, at]) => member !== to && now - at <= recentMs);
  }

  #note(member: Address, now: Millis): void {
    this.#lateAt.delete(member);
    this.#lateAt.set(member, now);
    const [oldest] = this.#lateAt.keys();
    if (this.#lateAt.size > 2 && oldest !== undefined) this.#lateAt.delete(oldest);
  }
}
