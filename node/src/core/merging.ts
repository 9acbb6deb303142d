import type { Accusations } from "./accusations.js";
import type { Address } from "./address.js";
import type { Dissemination, Spread } from "./dissemination.js";
import type { FailureDetector } from "./failure-detector.js";
import type { Hearsay } from "./hearsay.js";
import type { Membership, MergeContext } from "./membership.js";
import type { ExchangeReply, ExchangeRequest, SentRecord } from "./messages.js";
import type { PartnerSelection } from "./partner-selection.js";
import type { Reachability } from "./reachability.js";
import { conflicts, isSameVersion, supersedes, type MemberRecord } from "./record.js";
import type { Returns } from "./returns.js";
import type { Settling } from "./settling.js";
import type { State } from "./state.js";
import type { Accuser } from "./suspicion.js";
import type { Millis } from "./timing.js";
import { versionProblem } from "./versions.js";

/** The parts to which something that others say may matter. */
interface Parts {
  readonly accusations: Accusations;
  readonly dissemination: Dissemination;
  readonly failureDetector: FailureDetector;
  readonly hearsay: Hearsay;
  readonly membership: Membership;
  readonly partnerSelection: PartnerSelection;
  readonly reachability: Reachability;
  readonly returns: Returns;
  readonly settling: Settling;
}

/** Where a record comes from, and to whom it goes if it is news. */
interface Source {
  readonly from: Address;
  /** Whether the sender has called this peer, which shows that it lives and not that it can be called. */
  readonly isCall: boolean;
  readonly spread: Spread;
  /** The reason of the events that follow. */
  readonly reason: string;
}

const NOBODY: readonly Accuser[] = [];

/** Merges what other peers say into the view, and passes on what is new. */
export class Merging {
  readonly #state: State;
  readonly #parts: Parts;
  /** The own record that others were last found to accuse. */
  #accusedSelf: MemberRecord | undefined;

  constructor(state: State, parts: Parts) {
    this.#state = state;
    this.#parts = parts;
  }

  /**
   * Merges a request; returns whose records it tells in an older state than this peer holds them. News in it goes to the
   * range it names, and so do records that are no news to this peer.
   */
  request(request: ExchangeRequest, now: Millis): readonly Address[] {
    const { range, buckets, records } = request;
    const isOld = range === undefined && buckets.length > 0 && !this.#parts.settling.isAtRest(now);
    const spread = range ?? (isOld ? "nobody" : "all");
    const { outdated } = this.#merge(request, { spread, ownSpread: range ?? "all", isCall: true }, now);
    if (range === undefined) return outdated;
    // The sender's own record comes first in any case, and is news only where it comes alone. A record that is no news
    // to this peer may be to the others of the range: after a partition those of the other side are heads of the parts
    // of both.
    for (const { address } of records.slice(records.length > 1 ? 1 : 0))
      this.#parts.dissemination.passOn(address, range, now);
    return outdated;
  }

  /** Merges a reply and passes on what is new to these; returns whether anything was. */
  reply(reply: ExchangeReply, spread: Spread, now: Millis): boolean {
    return this.#merge(reply, { spread, ownSpread: spread, isCall: false }, now).isNews;
  }

  /** Merges all records of a message; returns whether any said anything new, and whose were older than those held. */
  #merge(
    { sender: from, records }: ExchangeRequest | ExchangeReply,
    { spread, ownSpread, isCall }: { readonly spread: Spread; readonly ownSpread: Spread; readonly isCall: boolean },
    now: Millis,
  ): { readonly isNews: boolean; readonly outdated: readonly Address[] } {
    const others: Source = { from, isCall, spread, reason: `told by ${from}` };
    const sender: Source = { ...others, spread: ownSpread };
    const outdated: Address[] = [];
    let isNews = false;
    records.forEach((sent, place) => {
      const saysNew = this.#mergeOne(sent, place === 0 ? sender : others, now);
      isNews ||= saysNew;
      if (saysNew) this.#state.counts.records.news++;
      else if (place > 0) this.#state.counts.records.duplicates++;
      if (this.#isOutdated(sent)) outdated.push(sent.address);
    });
    this.heard(from, now);
    return { isNews, outdated };
  }

  /**
   * Why nothing can be learnt from a message: its sender speaks no version that this peer does. It lives, and that counts:
   * a third peer, which speaks with both, may have it on the lists.
   */
  versionMismatch({ sender, versions }: ExchangeRequest | ExchangeReply, now: Millis): string | undefined {
    const problem = versionProblem(this.#state.versions, versions);
    if (problem === undefined) return undefined;
    this.#state.warnRarely(`nothing is learnt from ${sender}: ${problem}`, now, `versions ${sender}`);
    this.heard(sender, now);
    return problem;
  }

  /** Takes in that a peer has spoken: it lives, whatever it said. */
  heard(from: Address, now: Millis): void {
    const { view, address: own, isLeaving } = this.#state;
    if (isLeaving) return;
    if (from !== own && view.isLive(from)) this.#parts.partnerSelection.spoke(from);
    this.#parts.failureDetector.heardFrom(from, now);
  }

  /** Whether the view holds a later record. In one process the same object is the same record. */
  #isOutdated(theirs: SentRecord): boolean {
    const ours = this.#state.view.get(theirs.address);
    return ours !== undefined && ours !== theirs && supersedes(ours, theirs);
  }

  /** Returns whether the record said anything new. A peer that leaves takes nothing in. */
  #mergeOne(sent: SentRecord, source: Source, now: Millis): boolean {
    const { address } = sent;
    const ours = this.#state.view.get(address);
    if (ours === sent || this.#state.isLeaving) return false; // in one process the same object is the same record
    if (this.#state.isBeyondClocks(sent.generation, now)) {
      this.#state.warnRarely(
        `${source.from} tells of ${address} in a life a century ahead, which is not believed`,
        now,
      );
      return false;
    }
    const { accusations, membership } = this.#parts;
    const { revision } = membership;
    if (address === this.#state.address) this.#mergeOwn(sent, source, now);
    else this.#mergeOther(sent, ours, source, now);
    if (sent.status === "suspect") accusations.count(sent, this.#witnesses(sent), now);
    return membership.revision !== revision;
  }

  #mergeOwn(theirs: MemberRecord, { from }: Source, now: Millis): void {
    const { self } = this.#state;
    if (conflicts(theirs, self)) this.#warnOfConflict(theirs, from, now);
    const isAccused = isSameVersion(theirs, self) && theirs.status !== "alive";
    if (isAccused && this.#accusedSelf !== self) this.#state.counts.suspicions.suffered++;
    if (isAccused) this.#accusedSelf = self;
    const { membership, reachability } = this.#parts;
    if (isAccused ? reachability.accused(now) : supersedes(theirs, self)) membership.refute(theirs, now);
  }

  #mergeOther(sent: SentRecord, ours: MemberRecord | undefined, source: Source, now: Millis): void {
    const { hearsay, membership, returns } = this.#parts;
    const { from, isCall, spread, reason } = source;
    const theirs = recordOf(sent);
    const witnesses = this.#witnesses(sent);
    if (ours !== undefined && conflicts(theirs, ours)) this.#warnOfConflict(theirs, from, now);
    if (isCall && returns.isClaim(sent, ours, from)) returns.verify(from, now);
    else if (ours !== undefined && hearsay.isHearsay(theirs, ours, witnesses)) hearsay.suspect(ours, from, spread, now);
    else membership.accept(theirs, reason, now, contextOf(sent, witnesses, source));
  }

  /**
   * The accusers that this peer lists itself. How many are enough is reckoned from that list: in a small one the word of
   * somebody who is not on it, since it cannot be called, would be enough alone.
   */
  #witnesses({ accusers }: SentRecord): readonly Accuser[] {
    return accusers?.filter(({ address }) => this.#state.view.isLive(address)) ?? NOBODY;
  }

  #warnOfConflict({ address, generation, incarnation }: MemberRecord, from: Address, now: Millis): void {
    const which = `generation ${generation}, incarnation ${incarnation}`;
    this.#state.warnRarely(`two peers claim ${address} with different metadata (${which}), says ${from}`, now);
  }
}

/** What is known of a sent record beside it. A peer that calls a member suspect and names no accuser has hearsay. */
function contextOf(sent: SentRecord, witnesses: readonly Accuser[], { from, spread }: Source): MergeContext {
  const { address, status, goneForMs, accusers = NOBODY } = sent;
  return {
    goneForMs,
    spread,
    isOwnWord: address === from,
    isHearsay: status === "suspect" && accusers.length === 0,
    accusers: sent.accusers && witnesses,
  };
}

/** The record alone, without what only travels with it. */
function recordOf(sent: SentRecord): MemberRecord {
  if (sent.goneForMs === undefined && sent.accusers === undefined) return sent;
  const { address, generation, incarnation, status, meta } = sent;
  return { address, generation, incarnation, status, meta };
}
