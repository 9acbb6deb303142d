import type { Accusations, Evidence } from "./accusations.js";
import type { Address } from "./address.js";
import type { Call } from "./call.js";
import type { Calls } from "./calls.js";
import type { ClosedConnections } from "./closed-connections.js";
import type { HelperResult, IndirectProbes } from "./indirect-probes.js";
import type { LocalHealth } from "./local-health.js";
import type { Change, MergeContext } from "./membership.js";
import type { Proofs } from "./proofs.js";
import { sample } from "./random.js";
import { isAhead, isLive, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import { SuccessorPing } from "./successor-ping.js";
import type { Suspicions } from "./suspicions.js";
import type { Timeouts } from "./timeouts.js";
import type { Millis } from "./timing.js";

/** Extra exchanges a period with members under suspicion, so that a crash of many does not become a storm. */
const RETRIES = 3;
/** For so many periods a missing answer confirms what others suspect. Guess. */
const MISS_COUNTS_PERIODS = 2;

/** For so many periods a connection that breaks is not believed alone of a member that has denied the last accusation. Guess. */
const DENIAL_COUNTS_PERIODS = 64;

/** Why a call got no answer. */
export interface Silence {
  readonly reason: string;
  /** Whether nobody listens there, which is more than silence. */
  readonly refused: boolean;
}

interface Parts {
  readonly accusations: Accusations;
  readonly calls: Calls;
  readonly closedConnections: ClosedConnections;
  readonly indirectProbes: IndirectProbes;
  readonly localHealth: LocalHealth;
  readonly proofs: Proofs;
  readonly suspicions: Suspicions;
  readonly timeouts: Timeouts;
}

/** Decides what a missing answer means, and calls members often enough that a missing one is noticed. */
export class FailureDetector {
  readonly #state: State;
  readonly #parts: Parts;
  readonly #successorPing: SuccessorPing;
  /** When a member left this peer without an answer last, and has not been heard from since. */
  readonly #missed = new Map<Address, Millis>();
  /** When a member denied last what this peer accused it of. */
  readonly #denied = new Map<Address, Millis>();

  constructor(state: State, parts: Parts) {
    this.#state = state;
    this.#parts = parts;
    this.#successorPing = new SuccessorPing(state, parts.calls);
  }

  /** When `wake` is wanted next; Infinity when nobody is suspected and no connection closed. */
  get nextAt(): Millis {
    const { suspicions, closedConnections } = this.#parts;
    return Math.min(suspicions.nextDeadline(this.#state.view.liveCount), closedConnections.nextAt);
  }

  // ---- by the clock -------------------------------------------------------------------------------------------------

  /** Removes suspects whose time has run out, and checks members whose connection closed. */
  wake(now: Millis): void {
    const { accusations, closedConnections, suspicions } = this.#parts;
    for (const address of suspicions.expired(now, this.#state.view.liveCount)) accusations.expire(address, now);
    for (const address of closedConnections.takeDue(now)) this.#check(address, now);
  }

  /** Once a period: pings the successor, and calls the suspects again that this peer accuses. */
  round(now: Millis): void {
    this.#successorPing.round(now);
    this.#retrySuspects(now);
  }

  /** Makes up for this peer's own lateness: suspicions run out that much later, and no call accuses anybody. */
  excuse(latenessMs: Millis, now: Millis): void {
    const { calls, localHealth, suspicions, timeouts } = this.#parts;
    localHealth.worsen();
    suspicions.excuse(latenessMs, now, now + timeouts.accusingMs);
    calls.accuseNobody();
  }

  /** Calls a member whose connection closed. Where that was in vain and too few others say the same, all are told. */
  #check(address: Address, now: Millis): void {
    const { accusations, calls, suspicions } = this.#parts;
    const record = this.#state.view.get(address);
    if (record === undefined || !isLive(record) || this.#isConfirmed(address)) return;
    if (suspicions.isAccusedBy(address, this.#state.address)) accusations.escalate(record, "connection closed", now);
    else calls.exchange(address, { for: "check" }, now);
  }

  /** Peers that only heard of an accusation have no more to find out than that, so the accusers alone try again. */
  #retrySuspects(now: Millis): void {
    const { accusations, calls, suspicions } = this.#parts;
    const { view, address: own, random } = this.#state;
    const busy = calls.busy();
    const accused = suspicions.suspects().filter((each) => suspicions.isAccusedBy(each, own));
    const idle = accused.filter((address) => !busy.has(address));
    for (const address of sample(random, idle, RETRIES)) {
      calls.exchange(address, { for: "member" }, now);
      const record = view.get(address);
      if (record !== undefined && !this.#isConfirmed(address)) accusations.verify(record, "did not answer", now);
    }
  }

  // ---- signs of life, and changes -----------------------------------------------------------------------------------

  /** The member was heard from at first hand: nothing that is under way counts against it. */
  heardFrom(address: Address, now: Millis): void {
    const { calls, closedConnections, indirectProbes, suspicions } = this.#parts;
    calls.heard(now);
    indirectProbes.forget(address);
    this.#missed.delete(address);
    closedConnections.forget(address);
    calls.clear(address);
    suspicions.heard(address, now + this.#state.timing.exchangeTimeoutMs);
  }

  /** The record held of a member has changed: suspicions and proofs follow that. */
  changed({ before, after }: Change, context: MergeContext, now: Millis): void {
    const { address, generation, status } = after;
    const { calls, indirectProbes, proofs, suspicions } = this.#parts;
    const accusers = context.accusers ?? suspicions.accusersOf(address);
    if (status === "alive" && suspicions.isAccusedBy(address, this.#state.address)) {
      this.#denied.set(address, now);
      if (before?.generation === generation) this.#state.counts.suspicions.wrong++;
    } else if (status !== "alive" && status !== "suspect") this.#denied.delete(address);
    if (status === "alive") suspicions.denied(address, now);
    else suspicions.clear(address);
    proofs.forget(address);
    indirectProbes.forget(address);
    if (status === "suspect") {
      suspicions.suspect(address, now, context);
      for (const accuser of context.accusers ?? []) suspicions.accuse(address, accuser, now);
      this.#confirmIfMissed(address, now);
    } else if (status !== "alive") {
      this.#missed.delete(address);
      calls.removed(address);
    }
    if (status === "failed") proofs.add(address, accusers, now);
  }

  /** Accuses a member that others suspect, where it left this peer without an answer lately. */
  #confirmIfMissed(address: Address, now: Millis): void {
    const at = this.#missed.get(address) ?? -Infinity;
    if (now - at > MISS_COUNTS_PERIODS * this.#state.timing.pingPeriodMs) return;
    const { accusations, closedConnections } = this.#parts;
    accusations.confirm(address, { broken: closedConnections.counts(address, now) }, now);
  }

  // ---- missing answers ----------------------------------------------------------------------------------------------

  /** A call got no answer: decides whether that says anything of the member called, and what follows. */
  unanswered(call: Call, { reason, refused }: Silence, now: Millis): void {
    const { to, purpose } = call;
    const { calls, closedConnections } = this.#parts;
    const record = this.#state.view.get(to);
    if (record === undefined || !isLive(record) || !this.#isToBlame(call, record, now)) return;
    // A call that ended with its connection says no more than that, and the check of the member comes.
    if (closedConnections.hasClosedSince(call.sentAt, to) && !refused) return;
    if (!refused && this.#isCutShort(call, now) && closedConnections.checkOnceMore(to)) {
      calls.exchange(to, { for: "check" }, now);
      return;
    }
    this.#missed.set(to, now);
    // A missing answer that another peer asked for confirms a suspicion, and starts none.
    if (purpose.for !== "on-behalf" || record.status === "suspect")
      this.#noAnswer(record, { reason, broken: refused || closedConnections.counts(to, now) }, now);
  }

  /** A helper has tried a member, or did not answer itself. */
  helperAnswered(about: Address, result: HelperResult, now: Millis): void {
    const { accusations, calls, indirectProbes, localHealth } = this.#parts;
    if (!indirectProbes.has(about)) return;
    const failed = indirectProbes.result(about, result);
    if (result === "reached") {
      this.#missed.delete(about);
      calls.clear(about);
    }
    if (failed === undefined || this.#state.isLeaving || this.#state.view.get(about) !== failed.record) return;
    const { record, reason, canRepeat } = failed;
    // Where this peer's own health is bad, one attempt is not enough.
    if (localHealth.score > 1 && canRepeat) accusations.verify(record, reason, now, { isSecond: true });
    else accusations.accuse(record, { reason, broken: false }, now);
  }

  /** Whether a check ended before its time, as when the connection that was made for it broke. */
  #isCutShort({ purpose, sentAt, timeoutMs }: Call, now: Millis): boolean {
    return purpose.for === "check" && now - sentAt < timeoutMs;
  }

  /** Whether the missing answer can be held against the member as it is now. */
  #isToBlame({ accused, sentAt, timeoutMs }: Call, record: MemberRecord, now: Millis): boolean {
    // A peer that learns of a timeout long after it was due slept itself and cannot tell who was silent.
    const isLate = now - (sentAt + timeoutMs) > this.#state.timing.minTimeoutMs / 2;
    return !this.#state.isLeaving && !isLate && accused !== undefined && !isAhead(record, accused);
  }

  /** A member is silent that was thought to be well, or that others accuse already. */
  #noAnswer(record: MemberRecord, evidence: Evidence, now: Millis): void {
    const { accusations, indirectProbes, localHealth } = this.#parts;
    const { timing } = this.#state;
    if (indirectProbes.has(record.address)) return; // the helpers decide
    // A connection that broke is the member's doing, or that of the way to it.
    if (record.status === "alive" && !evidence.broken) localHealth.worsen();
    if (timing.suspicionMultiplier === 0 && timing.indirectProbes === 0)
      accusations.fail(record.address, evidence.reason, now);
    else if (record.status === "suspect" || (evidence.broken && !this.#hasDenied(record.address, now)))
      accusations.accuse(record, evidence, now);
    // Silence alone may be the fault of the way between these two.
    else accusations.verify(record, evidence.reason, now);
  }

  /** Whether the member has denied an accusation lately: then the way to it may be closed for this peer alone. */
  #hasDenied(address: Address, now: Millis): boolean {
    const at = this.#denied.get(address) ?? -Infinity;
    return now - at <= DENIAL_COUNTS_PERIODS * this.#state.timing.pingPeriodMs;
  }

  #isConfirmed(address: Address): boolean {
    return this.#parts.suspicions.isConfirmed(address, this.#state.view.liveCount);
  }
}
