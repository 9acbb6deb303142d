import type { Address } from "./address.js";
import type { Calls } from "./calls.js";
import type { FailureDetector } from "./failure-detector.js";
import type { Membership, MergeContext } from "./membership.js";
import type { ExchangeReply, ExchangeRequest, SentRecord } from "./messages.js";
import { conflicts, isAhead, isSameVersion, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Spread, Dissemination } from "./dissemination.js";
import type { Millis } from "./timing.js";

/** Takes in what others say. */
export class Merging {
  readonly #state: State;
  readonly #calls: Calls;
  readonly #failureDetector: FailureDetector;
  readonly #membership: Membership;
  readonly #dissemination: Dissemination;

  constructor(
    state: State,
    calls: Calls,
    failureDetector: FailureDetector,
    membership: Membership,
    dissemination: Dissemination,
  ) {
    this.#state = state;
    this.#calls = calls;
    this.#failureDetector = failureDetector;
    this.#membership = membership;
    this.#dissemination = dissemination;
  }

  /** Takes in a request and passes on what is new. */
  take(request: ExchangeRequest, now: Millis): void {
    const { range, buckets, records } = request;
    const isOld = range === undefined && buckets.length > 0 && !this.#membership.isAtRest(now);
    this.learn(request, range ?? (isOld ? "nobody" : "all"), range ?? "all", now);
    if (range === undefined) return;
    // The sender's own record comes first in any case, and is news only where it comes alone. What is no news to us may be to
    // the others of the range: after a partition those of the other side are heads of the parts of both.
    for (const { address } of records.slice(records.length > 1 ? 1 : 0))
      this.#dissemination.passOn(address, range, now);
  }

  /** Takes in what was told and passes on what is new, of the sender itself maybe to others; returns whether anything was. */
  learn({ sender, records }: ExchangeRequest | ExchangeReply, spread: Spread, ownSpread: Spread, now: Millis): boolean {
    let isNews = false;
    records.forEach((sent, place) => {
      if (this.#learnOne(sent, sender, place === 0 ? ownSpread : spread, now)) isNews = true;
    });
    this.#calls.spoke(sender);
    this.#failureDetector.heardOf(sender, now);
    return isNews;
  }

  /** Whether it said anything new. */
  #learnOne(sent: SentRecord, from: Address, spread: Spread, now: Millis): boolean {
    const { address, accusers = [] } = sent;
    if (this.#state.view.get(address) === sent) return false; // in one process the same object is the same record
    const { revision } = this.#membership;
    if (address === this.#state.address) this.#mergeOwn(sent, from, now);
    else this.#mergeOther(sent, from, spread, now);
    if (sent.status === "suspect") this.#failureDetector.accused(sent, accusers, now);
    return this.#membership.revision !== revision;
  }

  #mergeOwn(theirs: MemberRecord, from: Address, now: Millis): void {
    const { self, isLeaving } = this.#state;
    if (isLeaving) return;
    if (conflicts(theirs, self)) this.#warnOfConflict(theirs, from);
    const isAccused = isSameVersion(theirs, self) && theirs.status !== "alive";
    if (isAhead(theirs, self) || isAccused) this.#membership.refute(theirs, now);
  }

  #mergeOther(sent: SentRecord, from: Address, spread: Spread, now: Millis): void {
    const theirs = recordOf(sent);
    const ours = this.#state.view.get(theirs.address);
    if (ours !== undefined && conflicts(theirs, ours)) this.#warnOfConflict(theirs, from);
    if (ours !== undefined && this.#failureDetector.isHearsay(sent, ours))
      this.#failureDetector.doubt(ours, from, spread, now);
    else this.#membership.accept(theirs, `told by ${from}`, now, { ...toldWith(sent), spread });
  }

  #warnOfConflict({ address, generation, incarnation }: MemberRecord, from: Address): void {
    const which = `generation ${generation}, incarnation ${incarnation}`;
    this.#state.warn(`two peers claim ${address} with different metadata (${which}), says ${from}`);
  }
}

/** What only travels with it. Whoever calls somebody suspect whom nobody accuses has it from hearsay itself. */
function toldWith({ status, goneForMs, accusers }: SentRecord): MergeContext {
  return { goneForMs, accusers, isHearsay: status === "suspect" && (accusers ?? []).length === 0 };
}

/** Without what only travels with it. */
function recordOf(sent: SentRecord): MemberRecord {
  if (sent.goneForMs === undefined && sent.accusers === undefined) return sent;
  const { address, generation, incarnation, status, meta } = sent;
  return { address, generation, incarnation, status, meta };
}
