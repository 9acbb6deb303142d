import type { Address } from "./address.js";
import { ALL_BUCKETS, type AntiEntropy } from "./anti-entropy.js";
import { isExchange, type Call, type ExchangePurpose, type ProbePurpose, type Purpose } from "./call.js";
import type { CallId, ExchangeRequest } from "./messages.js";
import { LateAnswers } from "./late-answers.js";
import { OverdueAnswers } from "./overdue-answers.js";
import type { PartnerSelection } from "./partner-selection.js";
import { isLive, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Timeouts } from "./timeouts.js";
import type { Millis } from "./timing.js";
import { saidOf } from "./versions.js";

/**
 * The next call of a round waits for the last one for so many timeouts, though all are late: on an overloaded processor
 * the timeouts grow, where messages are lost they do not.
 */
const AWAITED_TIMEOUTS = 4;

/** The calls under way, by their ids, which rise in the order in which the calls were made. */
export class Calls {
  readonly #state: State;
  readonly #antiEntropy: AntiEntropy;
  readonly #partnerSelection: PartnerSelection;
  readonly #timeouts: Timeouts;
  readonly #calls = new Map<CallId, Call>();
  /** Answers to exchanges; those to probes do not count. */
  readonly #overdueAnswers = new OverdueAnswers();
  readonly #lateAnswers: LateAnswers;
  /** When the latest call was made that has been answered. */
  #answeredFrom: Millis = -Infinity;
  /** When any other peer was heard from last. */
  #heardAt: Millis = -Infinity;
  #nextId: CallId = 1;

  constructor(state: State, antiEntropy: AntiEntropy, partnerSelection: PartnerSelection, timeouts: Timeouts) {
    this.#state = state;
    this.#antiEntropy = antiEntropy;
    this.#partnerSelection = partnerSelection;
    this.#timeouts = timeouts;
    this.#lateAnswers = new LateAnswers(state.timing);
  }

  get size(): number {
    return this.#calls.size;
  }

  get(id: CallId): Call | undefined {
    return this.#calls.get(id);
  }

  // ---- begin --------------------------------------------------------------------------------------------------------

  /** Sends the own record, and whatever the purpose asks for besides; returns the id of the call. */
  exchange(to: Address, purpose: ExchangePurpose, now: Millis): CallId {
    const isJoin = this.#isJoin(purpose);
    const timeoutMs = this.#timeoutMs(to, purpose, now);
    const request = this.#request(to, purpose, { isJoin }, now);
    const id = this.#begin({ to, purpose, sentAt: now, timeoutMs, isJoin, accused: this.#accusedBy(purpose, to) });
    if (this.#state.view.isLive(to)) this.#partnerSelection.called(to);
    const deadlineMs = this.#timeouts.deadlineMs(timeoutMs);
    this.#state.emit({ type: "exchange", id, to, request, timeoutMs, deadlineMs });
    return id;
  }

  /** Asks a member whether it is there, with the smallest message there is; returns the id of the call. */
  ping(accused: MemberRecord, now: Millis): CallId {
    const { address } = accused;
    const timeoutMs = this.#timeouts.ofPing(address, now);
    return this.#probe(address, { to: address, purpose: { for: "ping" }, sentAt: now, timeoutMs, accused });
  }

  /** Asks a helper whether it can reach the member in question. */
  pingReq(helper: Address, about: Address, now: Millis): void {
    const timeoutMs = this.#timeouts.helperMs;
    const purpose = { for: "ping-req", about } as const;
    this.#probe(about, { to: helper, purpose, sentAt: now, timeoutMs, accused: undefined });
  }

  // ---- outcomes -----------------------------------------------------------------------------------------------------

  /** Ends a call and returns it; undefined where it is not under way. */
  end(id: CallId): Call | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    if (call.isOverdue && isExchange(call)) this.#overdueAnswers.remove(call.to);
    return call;
  }

  /** The calls under way, in the order in which they were made. */
  all(): readonly Call[] {
    return [...this.#calls.values()];
  }

  /** Marks a call whose answer is late; the call goes on, and others may be asked or told instead. */
  setOverdue(call: Call): void {
    call.isOverdue = true;
    if (isExchange(call)) this.#overdueAnswers.add(call.to);
  }

  /** Takes note that the call was answered, and of how long that took where it says how long answers take. */
  answered(call: Call, now: Millis): void {
    const { sentAt, isOverdue } = call;
    if (this.#lateAnswers.add(call, isOverdue ? this.#owing() : [], now))
      this.#timeouts.answered(now - sentAt, { isOverdue });
    this.#answeredFrom = Math.max(this.#answeredFrom, sentAt);
  }

  /** Takes note that another peer was heard from, in answer or of itself. */
  heard(now: Millis): void {
    this.#heardAt = now;
  }

  // ---- who is accused -----------------------------------------------------------------------------------------------

  /** No call under way accuses anybody any more. */
  accuseNobody(): void {
    for (const call of this.#calls.values()) call.accused = undefined;
  }

  /** The member is on the list no more: what it owes says nothing of how long the others take. */
  removed(member: Address): void {
    for (const call of this.#calls.values()) if (call.to === member) call.wasRemoved = true;
  }

  /** No call under way accuses this member any more. */
  clear(member: Address): void {
    for (const call of this.#calls.values()) if (call.to === member) call.accused = undefined;
  }

  /**
   * Whether all answers are late, so that a missing one says nothing of whoever owes it: of several members called from
   * that moment on none has answered yet, though others were heard from lately. So it is where all share a processor
   * that is overloaded; were each of them called again, it would stay so.
   */
  isEverybodyLate(sentAt: Millis, now: Millis): boolean {
    if (this.#answeredFrom >= sentAt || now - this.#heardAt > this.#state.timing.exchangeTimeoutMs) return false;
    const called = new Set<Address>();
    for (const call of this.#calls.values())
      if (call.sentAt >= sentAt && call.purpose.for !== "ping-req") called.add(call.to);
    return called.size > 1;
  }

  // ---- who may be called --------------------------------------------------------------------------------------------

  /** Whether the answer is waited for, and not for so long that it was lost like those of the others. */
  isAwaited(id: CallId, now: Millis): boolean {
    const call = this.#calls.get(id);
    return call !== undefined && !call.isOverdue && now - call.sentAt < AWAITED_TIMEOUTS * this.#timeouts.usualMs;
  }

  /** How many calls of a kind wait for an answer that is not overdue. */
  count(kind: Purpose["for"]): number {
    let count = 0;
    for (const { purpose, isOverdue } of this.#calls.values()) if (purpose.for === kind && !isOverdue) count++;
    return count;
  }

  /** The addresses of which an exchange under way tells something before long; one with news tells nothing. */
  busy(): ReadonlySet<Address> {
    const busy = new Set<Address>();
    for (const call of this.#calls.values())
      if (isExchange(call) && call.purpose.for !== "news" && !call.isOverdue) busy.add(call.to);
    return busy;
  }

  /** The addresses called for an exchange that are no members, and may have taken this peer in already. */
  strangers(): Address[] {
    const { view } = this.#state;
    return [...this.#calls.values()].filter((call) => isExchange(call) && !view.isLive(call.to)).map(({ to }) => to);
  }

  /** The members held alive of which an answer is overdue. */
  #owing(): Address[] {
    const { view } = this.#state;
    const overdue = [...this.#calls.values()].filter(({ isOverdue }) => isOverdue);
    return overdue.map(({ to }) => to).filter((address) => view.get(address)?.status === "alive");
  }

  /** Whether any answer of the member is overdue. */
  owes(member: Address): boolean {
    return this.#overdueAnswers.has(member);
  }

  /** Whether so many answers of the member are overdue that it is to be told nothing that is no answer. */
  owesTooMuch(member: Address): boolean {
    return this.#overdueAnswers.isFull(member);
  }

  // ---- the making of a call -----------------------------------------------------------------------------------------

  #begin(call: Omit<Call, "id" | "isOverdue" | "wasRemoved" | "recheckAt">): CallId {
    const { view } = this.#state;
    const id = this.#nextId++;
    const wasRemoved = view.get(call.to) !== undefined && !view.isLive(call.to);
    this.#calls.set(id, { ...call, id, isOverdue: false, wasRemoved, recheckAt: undefined });
    return id;
  }

  #probe(
    target: Address,
    call: Pick<Call, "to" | "sentAt" | "timeoutMs" | "accused"> & { purpose: ProbePurpose },
  ): CallId {
    const { cluster, address: sender } = this.#state;
    const { to, timeoutMs } = call;
    const id = this.#begin({ ...call, isJoin: false });
    const request = { cluster, recipient: to, sender, target };
    this.#state.emit({ type: "probe", id, to, request, timeoutMs, deadlineMs: this.#timeouts.deadlineMs(timeoutMs) });
    return id;
  }

  #request(
    to: Address,
    purpose: ExchangePurpose,
    { isJoin }: { readonly isJoin: boolean },
    now: Millis,
  ): ExchangeRequest {
    const { cluster, address: sender, versions, view } = this.#state;
    const branch = purpose.for === "news" ? purpose.branch : undefined;
    const compared = isJoin ? ALL_BUCKETS : [];
    const buckets = purpose.for === "repair" ? purpose.buckets : compared;
    return {
      cluster,
      recipient: purpose.for === "seed" ? "" : to,
      sender,
      records: this.#antiEntropy.requestRecords(to, { items: branch?.items ?? [], buckets }, now),
      viewHash: view.hash,
      versions: saidOf(versions),
      buckets,
      range: branch && (branch.range ?? { from: to, to }),
    };
  }

  #timeoutMs(to: Address, purpose: ExchangePurpose, now: Millis): Millis {
    const isShort = purpose.for === "check" || purpose.for === "news";
    return isShort ? this.#timeouts.shortMs : this.#timeouts.of(to, now);
  }

  /** Whether nobody is known, so that everything is asked for at once. A repair goes on as the conversation began. */
  #isJoin(purpose: ExchangePurpose): boolean {
    if (purpose.for === "repair") return purpose.isJoin;
    return purpose.for !== "news" && this.#state.view.liveCount === 1 && !this.#state.isLeaving;
  }

  /** News goes to many at once: were each lost call held against somebody, a lossy network would drown in suspicion. */
  #accusedBy(purpose: ExchangePurpose, to: Address): MemberRecord | undefined {
    if (purpose.for !== "member" && purpose.for !== "check" && purpose.for !== "on-behalf") return undefined;
    const held = this.#state.view.get(to);
    return held !== undefined && isLive(held) ? held : undefined;
  }
}
