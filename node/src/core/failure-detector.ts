import type { Address } from "./address.js";
import type { Call } from "./call.js";
import type { Calls } from "./calls.js";
import { ClosedConnections } from "./closed-connections.js";
import type { Accuser, Suspicions } from "./suspicions.js";
import { IndirectProbes } from "./indirect-probes.js";
import type { Membership, MergeContext } from "./membership.js";
import type { CallId, SentRecord } from "./messages.js";
import type { Pace } from "./pace.js";
import { sample } from "./random.js";
import { isAhead, isLive, isSameVersion, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Spread, Dissemination } from "./dissemination.js";
import type { Millis } from "./timing.js";

/** Extra exchanges a period with members under suspicion, so that a crash of many does not become a storm. */
const RETRIES = 3;
/** For so many periods a missing answer confirms what others suspect. Guess. */
const MISS_COUNTS_PERIODS = 2;
/**
 * All who were connected see a crash at once. Each checks at a random moment, so late that the first few, which are enough,
 * can spare most of the others. Measured with 50 containers on 2 cores.
 */
const CHECK_SPREAD_MS = { perWitness: 30, most: 1000 };

/** Why a call got no answer. */
export interface Silence {
  readonly reason: string;
  /** Nobody listens there, which is more than silence. */
  readonly refused: boolean;
}

/** What evidence is gathered with. */
interface Means {
  readonly calls: Calls;
  readonly suspicions: Suspicions;
  readonly pace: Pace;
  readonly membership: Membership;
  readonly dissemination: Dissemination;
}

/** Weighs what speaks for and against the others: looks after them, and says who is suspect and who has failed. */
export class FailureDetector {
  readonly #state: State;
  readonly #calls: Calls;
  readonly #suspicions: Suspicions;
  readonly #pace: Pace;
  readonly #membership: Membership;
  readonly #dissemination: Dissemination;
  readonly #indirectProbes: IndirectProbes;
  readonly #closed = new ClosedConnections();
  #lastLook: CallId = 0;
  /** When a member left us without an answer last, and has not been heard of since. */
  readonly #missed = new Map<Address, Millis>();

  constructor(state: State, { calls, suspicions, pace, membership, dissemination }: Means) {
    this.#state = state;
    this.#calls = calls;
    this.#suspicions = suspicions;
    this.#pace = pace;
    this.#membership = membership;
    this.#dissemination = dissemination;
    this.#indirectProbes = new IndirectProbes(state, calls);
  }

  /** When `wake` is wanted next. */
  get nextAt(): Millis {
    return Math.min(this.#suspicions.nextDeadline(this.#state.view.liveCount), this.#closed.nextAt);
  }

  /** Removes those whose time has run out, and looks into connections that closed. */
  wake(now: Millis): void {
    for (const address of this.#suspicions.expired(now, this.#state.view.liveCount)) this.#expire(address, now);
    for (const address of this.#closed.takeDue(now)) this.#lookInto(address, now);
  }

  /** Its connection closed: we check, and where that was in vain and too few others say the same, others are to try. */
  #lookInto(address: Address, now: Millis): void {
    const record = this.#state.view.get(address);
    if (record === undefined || !isLive(record) || this.#isConfirmed(address)) return;
    if (this.#suspicions.isAccusedBy(address, this.#state.address)) {
      this.#dissemination.spread(address, "all", now);
      this.#inquire(record, "connection closed", now);
    } else this.#calls.exchange(address, { for: "member" }, now);
  }

  /** Once a period: looks after the successor and after those whom we accuse. */
  round(now: Millis): void {
    this.#lookAtSuccessor(now);
    this.#retrySuspects(now);
  }

  /** We were late ourselves by so much: what was due meanwhile is due that much later, and nobody is accused of it. */
  excuse(latenessMs: Millis, now: Millis): void {
    this.#pace.doubted();
    this.#suspicions.excuse(latenessMs, now, now + this.#pace.timeoutMs);
    this.#calls.accuseNobody();
  }

  /** A sign of life at first hand. */
  heardOf(address: Address, now: Millis): void {
    this.#calls.heard(now);
    this.#indirectProbes.forget(address);
    this.#missed.delete(address);
    this.#closed.forget(address);
    this.#calls.clear(address);
    this.#suspicions.extend(address, now + this.#state.timing.exchangeTimeoutMs);
  }

  /** What is held of a member has changed. */
  changed({ address, status }: MemberRecord, told: MergeContext, now: Millis): void {
    const accusers = told.accusers ?? this.#suspicions.accusersOf(address);
    this.#suspicions.clear(address);
    this.#indirectProbes.forget(address);
    if (status === "suspect") {
      this.#suspicions.suspect(address, now, told);
      for (const accuser of told.accusers ?? []) this.#suspicions.accuse(address, accuser, now);
      this.#confirm(address, now);
    } else if (status !== "alive") this.#missed.delete(address);
    if (status === "failed") this.#suspicions.failed(address, accusers, now);
  }

  /** Whether its connection closed a short while ago, and it was not heard of since. */
  sawClosing(address: Address, now: Millis): boolean {
    return this.#closed.counts(address, now);
  }

  // ---- what others say ----------------------------------------------------------------------------------------------

  /**
   * Whether somebody calls failed whom we have heard nothing bad of. Where it is true, the suspicion came first; after a
   * partition it is the other side's mistake, and the one who is called failed is to be heard.
   */
  isHearsay(theirs: SentRecord, ours: MemberRecord): boolean {
    if (this.#suspicions.isProof(theirs.accusers ?? [], this.#state.view.liveCount)) return false;
    if (theirs.status !== "failed" || !isLive(ours) || this.#state.timing.suspicionMultiplier === 0) return false;
    if (!isSameVersion(theirs, ours)) return false;
    return ours.status === "alive" || this.#suspicions.isHearsay(ours.address);
  }

  /** Suspects it for that, and has it deny it. */
  doubt(ours: MemberRecord, from: Address, spread: Spread, now: Millis): void {
    if (ours.status === "suspect") return;
    const told = { spread, isHearsay: true };
    this.#membership.accept({ ...ours, status: "suspect" }, `called failed by ${from}`, now, told);
    this.#calls.exchange(ours.address, { for: "member" }, now);
  }

  /** Counts them, and tells nobody: every accuser tells the heads, and who counts enough of them tells all. */
  accused(suspect: MemberRecord, accusers: readonly Accuser[], now: Millis): void {
    const { address } = suspect;
    const ours = this.#state.view.get(address);
    if (ours?.status !== "suspect" || !isSameVersion(suspect, ours)) return;
    for (const accuser of accusers) this.#suspicions.accuse(address, accuser, now);
  }

  /** Others suspect it: that it did not answer us lately either counts now. */
  #confirm(address: Address, now: Millis): void {
    const at = this.#missed.get(address) ?? -Infinity;
    if (now - at > MISS_COUNTS_PERIODS * this.#state.timing.pingPeriodMs) return;
    this.#accuseToo(address, this.#closed.counts(address, now), now);
  }

  // ---- what we see --------------------------------------------------------------------------------------------------

  /** A strong hint, and no more: whoever is well closes connections too, for lack of use. So many hold one like ours. */
  connectionClosed(address: Address, witnesses: number, now: Millis): void {
    const { view, timing, random, isLeaving } = this.#state;
    if (isLeaving || !view.isLive(address) || timing.indirectProbes === 0) return;
    const spreadMs = Math.min(CHECK_SPREAD_MS.most, CHECK_SPREAD_MS.perWitness * witnesses);
    this.#closed.add(address, now, random.next() * spreadMs);
  }

  /**
   * Each looks after its successor in the ring once a period. Without it a member that is always the one to call is called
   * by nobody, and its silence is noticed N/2 periods later.
   */
  #lookAtSuccessor(now: Millis): void {
    const record = this.#successor();
    if (record === undefined || this.#state.timing.indirectProbes === 0) return;
    if (this.#calls.isAwaited(this.#lastLook, now)) return;
    if (!this.#calls.busy().has(record.address)) this.#lastLook = this.#calls.ping(record, now);
  }

  /** The first after us in the ring whom nobody suspects: suspects are looked after by those who accuse them. */
  #successor(): MemberRecord | undefined {
    const { view, address } = this.#state;
    const own = view.placeOf(address);
    for (let step = 1; step < view.ring.length; step++) {
      const record = view.get(view.ring[(own + step) % view.ring.length] ?? "");
      if (record?.status === "alive") return record;
    }
    return undefined;
  }

  #retrySuspects(now: Millis): void {
    const busy = this.#calls.busy();
    // Whoever accuses tries again; the others have no more to find out than that it is accused.
    const own = this.#suspicions.suspects().filter((each) => this.#suspicions.isAccusedBy(each, this.#state.address));
    const idle = own.filter((address) => !busy.has(address));
    for (const address of sample(this.#state.random, idle, RETRIES)) {
      this.#calls.exchange(address, { for: "member" }, now);
      const record = this.#state.view.get(address);
      if (record !== undefined && !this.#isConfirmed(address)) this.#inquire(record, "did not answer", now);
    }
  }

  /** A call got no answer: whether that says anything, and what. */
  unanswered({ to, accused, sentAt, timeoutMs, purpose }: Call, { reason, refused }: Silence, now: Millis): void {
    const record = this.#state.view.get(to);
    if (record === undefined || !isLive(record)) return;
    // Whoever learns of a timeout long after it was due slept itself and cannot tell who was silent.
    const late = now - (sentAt + timeoutMs) > this.#state.timing.minTimeoutMs / 2;
    if (this.#state.isLeaving || late || accused === undefined || isAhead(record, accused)) return;
    // A call that ended with its connection says no more than that, and the check comes.
    if (this.#closed.isSince(sentAt, to) && !refused) return;
    this.#missed.set(to, now);
    // What somebody else asked for is evidence for its suspicion, if it comes to one, and starts none.
    if (purpose.for !== "on-behalf" || record.status === "suspect")
      this.#noAnswer(record, refused || this.#closed.counts(to, now), reason, now);
  }

  /** A member is silent that was thought to be well, or that others accuse already. */
  #noAnswer(record: MemberRecord, isBroken: boolean, reason: string, now: Millis): void {
    const { suspicionMultiplier, indirectProbes } = this.#state.timing;
    if (this.#indirectProbes.has(record.address)) return; // which others answer now
    if (record.status === "alive") this.#pace.doubted();
    if (suspicionMultiplier === 0 && indirectProbes === 0) this.#fail(record.address, reason, now);
    // Silence alone may be the fault of the way between us two.
    else if (record.status === "suspect" || isBroken) this.#accuse(record, isBroken, reason, now);
    else this.#inquire(record, reason, now);
  }

  // ---- what we conclude ---------------------------------------------------------------------------------------------

  #inquire(record: MemberRecord, reason: string, now: Millis, isAgain = false): void {
    if (!this.#indirectProbes.open(record, reason, now, isAgain)) this.#accuse(record, false, reason, now);
  }

  /** A helper says whether it reached the one we asked it about, or (no `isAnswer`) does not say. */
  helped(about: Address, reached: boolean, now: Millis, isAnswer = true): void {
    if (!this.#indirectProbes.has(about)) return;
    const inquiry = this.#indirectProbes.found(about, reached, isAnswer);
    if (reached) {
      this.#missed.delete(about);
      this.#calls.clear(about);
    }
    if (inquiry === undefined || this.#state.isLeaving || this.#state.view.get(about) !== inquiry.record) return;
    const { record, reason, isAgain, isAnswered } = inquiry;
    // Where answers fail to come from several, once is not enough.
    if (this.#pace.doubt > 1 && isAnswered && !isAgain) this.#inquire(record, reason, now, true);
    else this.#accuse(record, false, reason, now);
  }

  #accuse(record: MemberRecord, isBroken: boolean, reason: string, now: Millis): void {
    const { address } = record;
    const wasAlive = record.status === "alive";
    // Others have seen the connection close, too: only who counts us hears of it before that is told to all.
    const isSeen = isBroken && this.#closed.counts(address, now);
    const told: MergeContext = { spread: isSeen ? "nobody" : "all", accusers: [this.#ourselves(isBroken)] };
    if (wasAlive) this.#membership.accept({ ...record, status: "suspect" }, reason, now, told);
    else this.#accuseToo(address, isBroken, now);
    if (wasAlive && isSeen) this.#dissemination.tellHead(address, now);
    if (this.#state.timing.suspicionMultiplier === 0) this.#fail(address, reason, now);
    else if (wasAlive) this.#askForSuspect(address, isBroken, reason, now);
  }

  /**
   * It is suspect already: only the head of all counts who accuses it as well. Whom it has never spoken to cannot tell slow
   * from gone, and leaves that to others: measured with a hundred containers on 2 cores, where just those who had begun
   * were so confirmed, and removed.
   */
  #accuseToo(address: Address, broken: boolean, now: Millis): void {
    if (!broken && !this.#calls.hasSpoken(address)) return;
    if (this.#suspicions.accuse(address, this.#ourselves(broken), now)) this.#dissemination.tellHead(address, now);
  }

  #ourselves(broken: boolean): Accuser {
    return { address: this.#state.address, broken };
  }

  /**
   * The accused hears it first and over a fresh connection, so that one lost call costs it nothing (Lifeguard, buddy
   * system). Where that was just tried, others are to try, since the connection may have been one that only we held.
   */
  #askForSuspect(address: Address, isBroken: boolean, reason: string, now: Millis): void {
    const record = this.#state.view.get(address);
    if (!isBroken) this.#calls.exchange(address, { for: "member" }, now);
    else if (this.#closed.counts(address, now)) this.#closed.checkAgain(address, now + this.#pace.timeoutMs);
    else if (record !== undefined && !this.#isConfirmed(address)) this.#inquire(record, reason, now);
  }

  #expire(address: Address, now: Millis): void {
    const accusers = this.#suspicions.accusersOf(address).map((accuser) => accuser.address);
    const reason = `did not clear itself in time${accusers.length > 0 ? `, accused by ${accusers.join(", ")}` : ""}`;
    this.#fail(address, reason, now);
  }

  #fail(address: Address, reason: string, now: Millis): void {
    const record = this.#state.view.get(address);
    if (record !== undefined && isLive(record)) this.#membership.accept({ ...record, status: "failed" }, reason, now);
  }

  #isConfirmed(address: Address): boolean {
    return this.#suspicions.isConfirmed(address, this.#state.view.liveCount);
  }
}
