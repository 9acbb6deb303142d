import type { Address } from "./address.js";
import { ALL_BUCKETS, type AntiEntropy } from "./anti-entropy.js";
import { isExchange, type Call, type ExchangePurpose, type Purpose } from "./call.js";
import type { LocalHealth } from "./local-health.js";
import type { CallId, ExchangeRequest } from "./messages.js";
import type { PartnerSelection } from "./partner-selection.js";
import { isLive, type MemberRecord } from "./record.js";
import type { RoundTrip } from "./round-trip.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/**
 * A member that owes so many answers is told no news before one of them comes: it would only owe more. Measured: with 16
 * news takes half a period longer where 20 % of messages are lost.
 */
const MOST_OVERDUE = 32;

/**
 * The next regular call waits for the last one for so many timeouts, though all are late: on an overloaded processor the
 * timeouts grow, where messages are lost they do not.
 */
const AWAITED_TIMEOUTS = 4;

/** The parts that say what is sent, and how long an answer is waited for. */
interface Parts {
  readonly antiEntropy: AntiEntropy;
  readonly localHealth: LocalHealth;
  readonly partnerSelection: PartnerSelection;
  readonly roundTrip: RoundTrip;
}

/** The calls under way, by their ids, which rise in the order in which the calls were made. */
export class Calls {
  readonly #state: State;
  readonly #antiEntropy: AntiEntropy;
  readonly #roundTrip: RoundTrip;
  readonly #localHealth: LocalHealth;
  readonly #partnerSelection: PartnerSelection;
  readonly #calls = new Map<CallId, Call>();
  /** Calls to be judged again at their `recheckAt`. One that ends before stays until then: waking for it is harmless. */
  readonly #postponed = new Set<Call>();
  /** How many answers of each member are overdue and still waited for; those to probes do not count. */
  readonly #overdue = new Map<Address, number>();
  /** When the latest call was made that has been answered. */
  #answeredFrom: Millis = -Infinity;
  /** When any other peer was heard from last. */
  #heardAt: Millis = -Infinity;
  #nextId: CallId = 1;

  constructor(state: State, { antiEntropy, localHealth, partnerSelection, roundTrip }: Parts) {
    this.#state = state;
    this.#antiEntropy = antiEntropy;
    this.#localHealth = localHealth;
    this.#partnerSelection = partnerSelection;
    this.#roundTrip = roundTrip;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** A missing answer says something of the member called after this time. */
  get timeoutMs(): Millis {
    return this.#localHealth.scale(this.#roundTrip.timeoutMs);
  }

  get(id: CallId): Call | undefined {
    return this.#calls.get(id);
  }

  // ---- begin and end ------------------------------------------------------------------------------------------------

  /** Sends the own record, and what the purpose asks for besides; returns the id of the call. */
  exchange(to: Address, purpose: ExchangePurpose, now: Millis): CallId {
    const { cluster, address: sender, view } = this.#state;
    const isJoin = this.#isJoin(purpose);
    const branch = purpose.for === "news" ? purpose.branch : undefined;
    const buckets = purpose.for === "repair" ? purpose.buckets : isJoin ? ALL_BUCKETS : [];
    const request: ExchangeRequest = {
      cluster,
      recipient: purpose.for === "seed" ? "" : to,
      sender,
      records: this.#antiEntropy.requestRecords(to, { items: branch?.items ?? [], buckets }, now),
      viewHash: view.hash,
      buckets,
      range: branch && (branch.range ?? { from: to, to }),
    };
    // News goes out as soon as answers usually come: whoever is slow is not waited for, and nobody is accused.
    const timeoutMs = branch === undefined ? this.#patienceWith(to) : this.#roundTrip.timeoutMs;
    const call = this.#begin(to, purpose, timeoutMs, { now, isJoin, accused: this.#accusedBy(purpose, to) });
    if (view.isLive(to)) this.#partnerSelection.called(to);
    this.#state.emit({
      type: "exchange",
      id: call.id,
      to,
      request,
      timeoutMs,
      deadlineMs: this.#deadlineMs(timeoutMs),
    });
    return call.id;
  }

  /** Asks a member whether it is there, with the smallest message there is. */
  ping(accused: MemberRecord, now: Millis): CallId {
    const { address } = accused;
    return this.#probe(address, address, { for: "ping" }, { timeoutMs: this.#patienceWith(address), now, accused });
  }

  /** Asks a helper whether it can reach the member in question. */
  pingReq(helper: Address, about: Address, now: Millis): void {
    // Time for the helper's own attempt, and for the way to it and back; no longer than any answer, as the budgets reckon.
    const timeoutMs = Math.min(3 * this.timeoutMs, this.#state.timing.exchangeTimeoutMs);
    this.#probe(helper, about, { for: "ping-req", about }, { timeoutMs, now, accused: undefined });
  }

  /** Ends a call and returns it; undefined where it is not under way. */
  end(id: CallId): Call | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    if (call.isOverdue && isExchange(call)) this.#removeOverdue(call.to);
    return call;
  }

  /** Others are to be asked or told instead; the call goes on. */
  setOverdue(call: Call): void {
    call.isOverdue = true;
    if (isExchange(call)) this.#overdue.set(call.to, (this.#overdue.get(call.to) ?? 0) + 1);
  }

  /** Leaves the call unjudged for one more timeout. It accuses nobody from now on. */
  postpone(call: Call, now: Millis): void {
    call.accused = undefined;
    call.recheckAt = now + call.timeoutMs;
    this.#postponed.add(call);
  }

  /** When the next postponed call is to be judged again; Infinity where there is none. */
  get nextRecheckAt(): Millis {
    let next = Infinity;
    for (const { recheckAt = Infinity } of this.#postponed) next = Math.min(next, recheckAt);
    return next;
  }

  /** The postponed calls whose moment has come, in the order in which they were postponed; each once. */
  takeDueRechecks(now: Millis): readonly Call[] {
    const due = [...this.#postponed].filter(({ recheckAt = Infinity }) => recheckAt <= now);
    for (const call of due) this.#postponed.delete(call);
    return due;
  }

  // ---- answers ------------------------------------------------------------------------------------------------------

  /** The call was answered: what that says about round trips. */
  answered({ sentAt, isOverdue }: Call, now: Millis): void {
    this.#roundTrip.add(now - sentAt);
    // An answer that comes when it was given up is no sign of good health: it was wrong not to wait for it.
    if (!isOverdue) this.#localHealth.improve();
    this.#answeredFrom = Math.max(this.#answeredFrom, sentAt);
  }

  /** Another peer was heard from, in answer or of itself. */
  heard(now: Millis): void {
    this.#heardAt = now;
  }

  /**
   * Whether all answers are late, so that a missing one says nothing of whoever owes it: of several members called from that
   * moment on none has answered yet, though others were heard from of late. So it is where all share a processor that is
   * overloaded; were each of them called again, it would stay so.
   */
  isEverybodyLate(sentAt: Millis, now: Millis): boolean {
    if (this.#answeredFrom >= sentAt || now - this.#heardAt > this.#state.timing.exchangeTimeoutMs) return false;
    const called = new Set<Address>();
    for (const call of this.#calls.values())
      if (call.sentAt >= sentAt && call.purpose.for !== "ping-req") called.add(call.to);
    return called.size > 1;
  }

  /** Whether the answer is waited for, and not for so long that it was lost like those of the others. */
  isAwaited(id: CallId, now: Millis): boolean {
    const call = this.#calls.get(id);
    return call !== undefined && !call.isOverdue && now - call.sentAt < AWAITED_TIMEOUTS * this.#roundTrip.timeoutMs;
  }

  /** No call under way accuses anybody any more. */
  accuseNobody(): void {
    for (const call of this.#calls.values()) call.accused = undefined;
  }

  /** No call under way accuses this member any more. */
  clear(member: Address): void {
    for (const call of this.#calls.values()) if (call.to === member) call.accused = undefined;
  }

  // ---- who is called ------------------------------------------------------------------------------------------------

  /** How many calls of a kind wait for an answer that is not overdue. */
  count(kind: Purpose["for"]): number {
    let count = 0;
    for (const { purpose, isOverdue } of this.#calls.values()) if (purpose.for === kind && !isOverdue) count++;
    return count;
  }

  /** The members and seeds of which an exchange under way tells something before long; one of news tells nothing. */
  busy(): ReadonlySet<Address> {
    const busy = new Set<Address>();
    for (const call of this.#calls.values())
      if (isExchange(call) && call.purpose.for !== "news" && !call.isOverdue) busy.add(call.to);
    return busy;
  }

  /** The addresses that are asked for an exchange and are no members: whoever is there may have taken this peer in already. */
  strangers(): Address[] {
    const { view } = this.#state;
    return [...this.#calls.values()].filter((call) => isExchange(call) && !view.isLive(call.to)).map(({ to }) => to);
  }

  /** Whether the member owes any answer. */
  owes(member: Address): boolean {
    return this.#overdue.has(member);
  }

  /** Whether the member owes too many answers to be told anything that is no answer. */
  owesTooMuch(member: Address): boolean {
    return (this.#overdue.get(member) ?? 0) >= MOST_OVERDUE;
  }

  // ---- parts of a call ----------------------------------------------------------------------------------------------

  #begin(
    to: Address,
    purpose: Purpose,
    timeoutMs: Millis,
    { now, isJoin = false, accused }: { now: Millis; isJoin?: boolean; accused: MemberRecord | undefined },
  ): Call {
    const id = this.#nextId++;
    const call = { id, to, purpose, sentAt: now, timeoutMs, isJoin, accused, isOverdue: false, recheckAt: undefined };
    this.#calls.set(id, call);
    return call;
  }

  #probe(
    to: Address,
    target: Address,
    purpose: Purpose,
    { timeoutMs, now, accused }: { timeoutMs: Millis; now: Millis; accused: MemberRecord | undefined },
  ): CallId {
    const { cluster, address: sender } = this.#state;
    const { id } = this.#begin(to, purpose, timeoutMs, { now, accused });
    const request = { cluster, recipient: to, sender, target };
    this.#state.emit({ type: "probe", id, to, request, timeoutMs, deadlineMs: this.#deadlineMs(timeoutMs) });
    return id;
  }

  /** Whether nobody is known, so that everything is asked for at once; a repair goes on with what its row began as. */
  #isJoin(purpose: ExchangePurpose): boolean {
    if (purpose.for === "repair") return purpose.isJoin;
    return purpose.for !== "news" && this.#state.view.liveCount === 1 && !this.#state.isLeaving;
  }

  /** News goes to many at once: were each that is lost held against somebody, a lossy network would drown in suspicion. */
  #accusedBy(purpose: ExchangePurpose, to: Address): MemberRecord | undefined {
    if (purpose.for !== "member" && purpose.for !== "on-behalf") return undefined;
    const held = this.#state.view.get(to);
    return held !== undefined && isLive(held) ? held : undefined;
  }

  /** A member that has never spoken to this peer may just have begun, and has a connection to open. */
  #patienceWith(member: Address): Millis {
    const { pingPeriodMs, exchangeTimeoutMs } = this.#state.timing;
    const first = this.#partnerSelection.hasSpoken(member) ? 0 : Math.min(pingPeriodMs, exchangeTimeoutMs);
    return Math.max(this.timeoutMs, first);
  }

  #deadlineMs(timeoutMs: Millis): Millis {
    return Math.max(timeoutMs, this.#state.timing.exchangeTimeoutMs);
  }

  #removeOverdue(member: Address): void {
    const left = (this.#overdue.get(member) ?? 0) - 1;
    if (left > 0) this.#overdue.set(member, left);
    else this.#overdue.delete(member);
  }
}
