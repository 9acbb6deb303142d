import type { Address } from "./address.js";
import { ALL_BUCKETS, type Comparing } from "./comparing.js";
import type { ExchangeId, ExchangeRequest } from "./messages.js";
import type { Branch } from "./news.js";
import type { Pace } from "./pace.js";
import type { Partners } from "./partners.js";
import { isLive, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** An exchange that is under way. */
export interface Exchange {
  readonly to: Address;
  /**
   * The record that no answer makes suspect: the one held when the exchange began. None where nobody is known to be there
   * (a seed's address), where the other has been heard from since, or where we slept and cannot judge.
   */
  accused: MemberRecord | undefined;
  readonly sentAt: Millis;
  readonly timeoutMs: Millis;
  /** What it is for is done otherwise once it is overdue. */
  purpose: Purpose;
  isOverdue: boolean;
}

/** Why an exchange takes place, as far as that matters for what follows. */
export interface Purpose {
  /** Its place in a row of repairs of the two views. */
  readonly repair?: number | undefined;
  /** Nobody was known when the conversation began: what is learnt now, all others know. */
  readonly isFirst?: boolean;
  readonly branch?: Branch | undefined;
  /** Who wants to know whether the other answers. */
  readonly token?: number | undefined;
}

/** A look whether our successor in the ring is there. */
export interface Look {
  readonly to: Address;
  /** As of an exchange. */
  accused: MemberRecord | undefined;
  readonly sentAt: Millis;
  readonly timeoutMs: Millis;
  isOverdue: boolean;
}

/**
 * Whoever owes so many answers is told no news before one of them comes: it would only owe more. Measured: with 16 news takes
 * half a period longer where 20 % of messages are lost.
 */
const MOST_OWED = 32;

/**
 * A call is awaited for so many timeouts, though all are late: on an overloaded processor the timeouts grow, where messages
 * are lost they do not.
 */
const AWAITED_TIMEOUTS = 4;

/** The calls that are under way, and to whom one may go at once. */
export class Calls {
  readonly #state: State;
  readonly #comparing: Comparing;
  readonly #pace: Pace;
  readonly #partners: Partners;
  readonly #exchanges = new Map<ExchangeId, Exchange>();
  readonly #looks = new Map<ExchangeId, Look>();
  /** By whom they are about: probes that others make for us. */
  readonly #questions = new Map<ExchangeId, Address>();
  /** How many answers of each are overdue and still waited for. */
  readonly #owed = new Map<Address, number>();
  /** When the latest call was made that has been answered. */
  #answeredFrom: Millis = -Infinity;
  /** When somebody spoke to us last. */
  #heardAt: Millis = -Infinity;
  #nextId: ExchangeId = 1;

  constructor(state: State, comparing: Comparing, pace: Pace, partners: Partners) {
    this.#state = state;
    this.#comparing = comparing;
    this.#pace = pace;
    this.#partners = partners;
  }

  get size(): number {
    return this.#exchanges.size + this.#looks.size + this.#questions.size;
  }

  exchange(
    to: Address,
    now: Millis,
    { isSeed = false, buckets = [], ...purpose }: Purpose & { isSeed?: boolean; buckets?: readonly number[] } = {},
  ): ExchangeId {
    const { cluster, address: sender, view, isLeaving } = this.#state;
    const id = this.#nextId++;
    const timeoutMs = purpose.branch === undefined ? this.#patienceWith(to) : this.#pace.usualMs;
    // Who knows nobody asks for everything at once.
    const isFirst = purpose.isFirst ?? (view.liveCount === 1 && !isLeaving && purpose.branch === undefined);
    const asked = isFirst && purpose.repair === undefined ? ALL_BUCKETS : buckets;
    const request: ExchangeRequest = {
      cluster,
      recipient: isSeed ? "" : to,
      sender,
      records: this.#comparing.toTell(to, asked, purpose.branch, now),
      viewHash: view.hash,
      buckets: asked,
      range: purpose.branch && (purpose.branch.range ?? { from: to, to }),
    };
    // News goes to many at once: were each that is lost held against somebody, a lossy network would drown in suspicion.
    const isEvidence = !isSeed && purpose.branch === undefined && purpose.repair === undefined;
    const held = isEvidence ? view.get(to) : undefined;
    const accused = held !== undefined && isLive(held) ? held : undefined;
    const call = { to, accused, sentAt: now, timeoutMs, purpose: { ...purpose, isFirst }, isOverdue: false };
    this.#exchanges.set(id, call);
    if (this.#state.view.isLive(to)) this.#partners.called(to);
    this.#state.emit({ type: "exchange", id, to, request, timeoutMs, deadlineMs: this.#deadlineMs(timeoutMs) });
    return id;
  }

  /** Whether its answer is waited for, and not for so long that it was lost like those of the others. */
  isAwaited(id: ExchangeId, now: Millis): boolean {
    const call = this.#exchanges.get(id) ?? this.#looks.get(id);
    return call !== undefined && !call.isOverdue && now - call.sentAt < AWAITED_TIMEOUTS * this.#pace.usualMs;
  }

  /** Asks a member whether it is there, with the smallest message there is. */
  look(record: MemberRecord, now: Millis): ExchangeId {
    const timeoutMs = this.#patienceWith(record.address);
    const id = this.#probe(record.address, record.address, timeoutMs);
    this.#looks.set(id, { to: record.address, accused: record, sentAt: now, timeoutMs, isOverdue: false });
    return id;
  }

  /** Asks a helper whether it can reach the one it is about. */
  ask(helper: Address, about: Address): void {
    // Time for the helper's own attempt, and for the way to it and back; no longer than any answer, as the budgets reckon.
    const timeoutMs = Math.min(3 * this.#pace.timeoutMs, this.#state.timing.exchangeTimeoutMs);
    this.#questions.set(this.#probe(helper, about, timeoutMs), about);
  }

  exchangeOf(id: ExchangeId): Exchange | undefined {
    return this.#exchanges.get(id);
  }

  lookOf(id: ExchangeId): Look | undefined {
    return this.#looks.get(id);
  }

  /** It is under way no more. */
  endExchange(id: ExchangeId): Exchange | undefined {
    const exchange = this.#exchanges.get(id);
    this.#exchanges.delete(id);
    if (exchange?.isOverdue) this.#isPaid(exchange.to);
    return exchange;
  }

  endLook(id: ExchangeId): Look | undefined {
    const look = this.#looks.get(id);
    this.#looks.delete(id);
    return look;
  }

  /** Whom it was about. */
  endQuestion(id: ExchangeId): Address | undefined {
    const about = this.#questions.get(id);
    this.#questions.delete(id);
    return about;
  }

  /** It was answered. */
  answered({ sentAt, isOverdue }: Exchange | Look, now: Millis): void {
    this.#pace.answered(now - sentAt, { late: isOverdue });
    this.#answeredFrom = Math.max(this.#answeredFrom, sentAt);
  }

  /** Somebody spoke to us. */
  heard(now: Millis): void {
    this.#heardAt = now;
  }

  /**
   * Whether everybody is late, so that nobody is: of those who were called from that moment on, several, none has answered
   * yet, though we are not alone. So it is where all share a processor that is overloaded; were each of them called again,
   * it would be for good.
   */
  isEverybodyLate(sentAt: Millis, now: Millis): boolean {
    if (this.#answeredFrom >= sentAt || now - this.#heardAt > this.#state.timing.exchangeTimeoutMs) return false;
    const asked = new Set<Address>();
    for (const call of this.#exchanges.values()) if (call.sentAt >= sentAt) asked.add(call.to);
    for (const call of this.#looks.values()) if (call.sentAt >= sentAt) asked.add(call.to);
    return asked.size > 1;
  }

  /** Its answer is late. */
  isOwed(debtor: Address): void {
    this.#owed.set(debtor, (this.#owed.get(debtor) ?? 0) + 1);
  }

  /** What is under way is held against nobody, or against one of them, no more. */
  accuseNobody(address?: Address): void {
    for (const call of [...this.#exchanges.values(), ...this.#looks.values()])
      if (address === undefined || call.to === address) call.accused = undefined;
  }

  /** Of whom an exchange that is under way will tell something before long; news does not. */
  busy(): ReadonlySet<Address> {
    const asking = [...this.#exchanges.values()].filter(({ purpose, isOverdue }) => !purpose.branch && !isOverdue);
    return new Set(asking.map(({ to }) => to));
  }

  /** How many calls of news wait for an answer that is not late yet. */
  get tellings(): number {
    let count = 0;
    for (const { purpose } of this.#exchanges.values()) if (purpose.branch !== undefined) count++;
    return count;
  }

  /** Those who are being asked and are no members: they may have taken us in already. */
  strangers(): Address[] {
    return [...this.#exchanges.values()].flatMap(({ to }) => (this.#state.view.isLive(to) ? [] : [to]));
  }

  /** It has spoken to us. */
  spoke(address: Address): void {
    const { view, address: own } = this.#state;
    if (address !== own && view.isLive(address)) this.#partners.spoke(address);
  }

  /** Whether it has ever spoken to us. */
  hasSpoken(member: Address): boolean {
    return this.#partners.hasSpoken(member);
  }

  /** Whether it owes any answer. */
  owes(member: Address): boolean {
    return this.#owed.has(member);
  }

  /** Whether it owes too many answers to be told anything that is no answer. */
  owesTooMuch(member: Address): boolean {
    return (this.#owed.get(member) ?? 0) >= MOST_OWED;
  }

  #probe(to: Address, target: Address, timeoutMs: Millis): ExchangeId {
    const { cluster, address: sender } = this.#state;
    const id = this.#nextId++;
    const request = { cluster, recipient: to, sender, target };
    this.#state.emit({ type: "probe", id, to, request, timeoutMs, deadlineMs: this.#deadlineMs(timeoutMs) });
    return id;
  }

  /** A member that has never spoken to us may just have begun, and has a connection to open. */
  #patienceWith(member: Address): Millis {
    const { pingPeriodMs, exchangeTimeoutMs } = this.#state.timing;
    const first = this.hasSpoken(member) ? 0 : Math.min(pingPeriodMs, exchangeTimeoutMs);
    return Math.max(this.#pace.timeoutMs, first);
  }

  #deadlineMs(timeoutMs: Millis): Millis {
    return Math.max(timeoutMs, this.#state.timing.exchangeTimeoutMs);
  }

  #isPaid(debtor: Address): void {
    const left = (this.#owed.get(debtor) ?? 0) - 1;
    if (left > 0) this.#owed.set(debtor, left);
    else this.#owed.delete(debtor);
  }
}
