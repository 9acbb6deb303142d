import type { Address } from "./address.js";
import { Calls, type Exchange, type Look, type Purpose } from "./calls.js";
import { Comparing } from "./comparing.js";
import { Detector } from "./detector.js";
import { Evidence, type Silence } from "./evidence.js";
import { Learning } from "./learning.js";
import { Membership, type Told } from "./membership.js";
import type {
  Answer,
  Effect,
  ExchangeId,
  ExchangeReply,
  ExchangeRequest,
  Input,
  Member,
  ProbeRequest,
} from "./messages.js";
import { normalMeta } from "./meta.js";
import { Pace } from "./pace.js";
import { Partners } from "./partners.js";
import type { Random } from "./random.js";
import { isLive, type MemberRecord } from "./record.js";
import { Seeking } from "./seeking.js";
import { State, type Self } from "./state.js";
import { Telling } from "./telling.js";
import type { Millis, ProtocolLimits, ProtocolTiming } from "./timing.js";

export type { Self } from "./state.js";

/** Repairs of two views in a row; what is left then waits for the next exchange. */
const MOST_REPAIRS = 64;
/** Probes for others under way at once. Who asks for more is told that the target was not reached. */
const MOST_PROBES = 64;

/**
 * The protocol of one peer: inputs and the time in, effects out. It knows no clock, socket or chance of its own.
 *
 * Contract: `now` never goes backwards; every exchange effect is followed by exactly one `replied` or `unreachable`,
 * every probe effect by one `probed` or `unreachable`, either by at most one `overdue` before that, every resolve effect
 * by at most one `resolved`;
 * `handle({type: "wake"})` is called at `nextWakeAt`. Waking early is harmless; waking late is excused: a peer that was
 * frozen suspects nobody of the time it slept through.
 */
export class Protocol {
  readonly #state: State;
  readonly #partners = new Partners();
  readonly #pace: Pace;
  readonly #comparing: Comparing;
  readonly #calls: Calls;
  readonly #telling: Telling;
  readonly #membership: Membership;
  readonly #evidence: Evidence;
  readonly #learning: Learning;
  readonly #seeking: Seeking;
  /** Probes for others that are under way. */
  #probes = 0;
  /** Calls that are late like all others, which is held against nobody, and when to look at them again. */
  readonly #postponed = new Map<ExchangeId, Millis>();
  #nextRoundAt: Millis;
  #isStarted = false;

  constructor(self: Self, timing: ProtocolTiming, limits: ProtocolLimits, random: Random, now: Millis) {
    const state = new State(self, timing, limits, random, now);
    const detector = new Detector(timing);
    this.#state = state;
    this.#pace = new Pace(timing);
    this.#comparing = new Comparing(state, detector);
    this.#calls = new Calls(state, this.#comparing, this.#pace, this.#partners);
    this.#telling = new Telling(state, this.#calls);
    this.#membership = new Membership(state, this.#pace, (after, told, moment) => {
      this.#follow(after, told, moment);
    });
    const [calls, telling, membership, pace] = [this.#calls, this.#telling, this.#membership, this.#pace];
    this.#evidence = new Evidence(state, { calls, detector, pace, membership, telling });
    this.#learning = new Learning(state, calls, this.#evidence, membership, telling);
    this.#seeking = new Seeking(state, calls, this.#partners);
    this.#nextRoundAt = now;
  }

  /** When `handle({type: "wake"})` is wanted next; Infinity after a goodbye. */
  get nextWakeAt(): Millis {
    if (this.#state.isLeaving) return Infinity;
    const postponed = Math.min(Infinity, ...this.#postponed.values());
    return Math.min(this.#nextRoundAt, this.#evidence.nextAt, this.#telling.dueAt, postponed);
  }

  /** Raised with every change of the view. */
  get revision(): number {
    return this.#membership.revision;
  }

  /** Equal for two peers that hold the same live records. */
  get viewHash(): number {
    return this.#state.view.hash;
  }

  /** How much is held, in entries, for whoever watches over the limits. */
  sizes(): { live: number; tombstones: number; exchanges: number; partners: number } {
    const { liveCount: live, size } = this.#state.view;
    return { live, tombstones: size - live, exchanges: this.#calls.size, partners: this.#partners.spokenCount };
  }

  /** The own record as it stands now. */
  get self(): MemberRecord {
    return this.#state.self;
  }

  get address(): Address {
    return this.#state.address;
  }

  /** Whether that peer is among the listed members. */
  lists(address: Address): boolean {
    return this.#state.view.isLive(address);
  }

  /** The listed members, the own peer always among them; with `includeGone` also those remembered as failed or left. */
  members({ includeGone = false } = {}): readonly Member[] {
    const records = this.#state.view.records();
    return includeGone ? records : records.filter((record) => isLive(record) || record.address === this.address);
  }

  /** Takes in what happened and says what is to be done about it, in this order. */
  handle(input: Input, now: Millis): readonly Effect[] {
    switch (input.type) {
      case "wake":
        this.#wake(now);
        break;
      case "replied":
        this.#replied(input.id, input.reply, now);
        break;
      case "unreachable":
        this.#unreachable(input.id, { reason: input.reason, refused: input.refused ?? false }, now);
        break;
      case "overdue":
        this.#overdue(input.id, now);
        break;
      case "probed":
        this.#evidence.lookAnswered(input.id, now);
        this.#evidence.helped(input.id, input.reached, now);
        break;
      case "closed":
        // About as many hold a connection to it as we have talked to.
        this.#evidence.connectionClosed(input.address, this.#partners.spokenCount, now);
        break;
      case "resolved":
        this.#seeking.resolved(input.seed, input.addresses, now);
        break;
      case "add-seed":
        if (this.#seeking.addSeed(input.seed) && this.#isStarted) this.#seeking.resolve(input.seed);
        break;
      case "update-meta":
        this.#updateMeta(normalMeta(input.meta), now);
        break;
      case "leave":
        this.#leave(now);
        break;
    }
    return this.#state.takeEffects();
  }

  /** Being asked for an exchange: one reply, or one refusal that names why this peer is not the one meant. */
  answer(request: ExchangeRequest, now: Millis): Answer {
    const refusal = this.#misdirected(request) ?? this.#refusesNews(request);
    if (refusal !== undefined) return { refusal, effects: [] };
    const { view } = this.#state;
    if (!this.#state.isLeaving) this.#learning.take(request, now);
    const isEqual = view.hash === request.viewHash;
    // Whoever passes news on holds another view than its hearers for that reason alone.
    const isToCompare = !isEqual && request.range === undefined;
    const records = isEqual ? [] : this.#comparing.corrections(request, isToCompare, now);
    const bucketHashes = isToCompare ? view.bucketHashes : [];
    const reply = { sender: this.address, records, viewHash: view.hash, bucketHashes };
    return { reply, effects: this.#state.takeEffects() };
  }

  /**
   * Being asked whether another peer answers. The effects try it; exactly one `report` effect with this token follows, now
   * or from a later input. Or one refusal, as with an exchange.
   */
  probe(request: ProbeRequest, token: number, now: Millis): readonly Effect[] | { readonly refusal: string } {
    const refusal = this.#misdirected(request);
    if (refusal !== undefined) return { refusal };
    const { target } = request;
    const { isLeaving } = this.#state;
    if (isLeaving || this.#probes >= MOST_PROBES || target === this.address) {
      this.#state.emit({ type: "report", token, reached: target === this.address && !isLeaving });
    } else {
      this.#probes++;
      this.#calls.exchange(target, now, { token });
    }
    return this.#state.takeEffects();
  }

  // ---- the round ----------------------------------------------------------------------------------------------------

  #wake(now: Millis): void {
    if (this.#state.isLeaving) return;
    this.#excuseLateness(now);
    this.#evidence.wake(now);
    this.#judgePostponed(now);
    if (now >= this.#nextRoundAt) this.#round(now);
    this.#telling.tell(now);
  }

  #round(now: Millis): void {
    // The second round comes at a random part of a period, so that peers started together do not all speak at once.
    const step = this.#isStarted ? 1 : this.#state.random.next();
    this.#isStarted = true;
    this.#nextRoundAt = Math.max(this.#nextRoundAt + step * this.#state.timing.pingPeriodMs, now);
    this.#state.view.expire(now);
    this.#telling.forgetOld();
    this.#seeking.regularExchange(now);
    this.#evidence.round(now);
    this.#seeking.retryLost(now);
  }

  /** A sleeper must not blame others. */
  #excuseLateness(now: Millis): void {
    const latenessMs = now - this.nextWakeAt;
    if (latenessMs <= this.#state.timing.minTimeoutMs / 2) return;
    this.#evidence.excuse(latenessMs, now);
    this.#nextRoundAt = Math.max(this.#nextRoundAt, now);
  }

  // ---- outcomes -----------------------------------------------------------------------------------------------------

  #replied(id: ExchangeId, reply: ExchangeReply, now: Millis): void {
    const exchange = this.#calls.endExchange(id);
    if (exchange === undefined) return;
    const { to, purpose } = exchange;
    this.#calls.answered(exchange, now);
    this.#report(purpose, true);
    if (reply.sender !== to) this.#seeking.learnAlias(to, reply.sender);
    if (this.#state.isLeaving || reply.sender === this.address) return;
    const { self } = this.#state;
    const isAtRest = this.#membership.isAtRest(now);
    const isOld = purpose.isFirst === true || (purpose.repair !== undefined && !isAtRest);
    const spread = isOld ? "nobody" : "all";
    const isNews = this.#learning.learn(reply, spread, spread, now);
    if (reply.bucketHashes.length > 0 && (isNews || purpose.repair === undefined))
      this.#repair(reply, purpose, isAtRest, now);
    // It held something of us that is not so, and must not have to wait for our next turn to hear that.
    else if (this.#state.self !== self) this.#calls.exchange(reply.sender, now);
  }

  /**
   * Has both sides tell each other all they hold where their views differ, in messages of bounded size, as long as that
   * brings anything. While news is about, most differences mend themselves; then a part is enough.
   */
  #repair(reply: ExchangeReply, { repair = 0, isFirst = false }: Purpose, isAtRest: boolean, now: Millis): void {
    const isStorm = !isAtRest && !isFirst;
    if (repair >= (isStorm ? 1 : MOST_REPAIRS)) return;
    const buckets = this.#comparing.differing(reply, isStorm);
    if (buckets.length > 0) this.#calls.exchange(reply.sender, now, { repair: repair + 1, isFirst, buckets });
  }

  #unreachable(id: ExchangeId, silence: Silence, now: Millis): void {
    this.#evidence.helped(id, false, now, false);
    const call = this.#calls.lookOf(id) ?? this.#calls.exchangeOf(id);
    const isLate = call !== undefined && now - call.sentAt >= call.timeoutMs;
    if (isLate && this.#isExcused(call, now)) call.accused = undefined;
    const look = this.#calls.endLook(id);
    if (look !== undefined) this.#evidence.lookedInVain(look, silence, now);
    const exchange = this.#calls.endExchange(id);
    if (exchange !== undefined) this.#askedInVain(exchange, silence, now);
  }

  /**
   * Others are asked and told instead, as if no answer came any more. When it does come after all, it says how long answers
   * take: where a call is ended early nobody ever learns that, and the next one is ended early too.
   */
  #overdue(id: ExchangeId, now: Millis): void {
    this.#evidence.helped(id, false, now, false);
    const silenceOf = (timeoutMs: Millis): Silence => ({
      reason: `no answer for ${Math.round(timeoutMs)} ms`,
      refused: false,
    });
    const look = this.#calls.lookOf(id);
    const exchange = this.#calls.exchangeOf(id);
    const call = look ?? exchange;
    if (call !== undefined && this.#isExcused(call, now)) {
      call.accused = undefined;
      this.#postponed.set(id, now + call.timeoutMs);
      return;
    }
    if (look !== undefined) this.#evidence.lookedInVain(look, silenceOf(look.timeoutMs), now);
    if (exchange === undefined || exchange.isOverdue) return;
    this.#calls.isOwed(exchange.to);
    this.#askedInVain(exchange, silenceOf(exchange.timeoutMs), now);
  }

  /** Where everybody is late nobody is, but for whose connection closed. */
  #isExcused({ to, sentAt }: Look | Exchange, now: Millis): boolean {
    return !this.#evidence.sawClosing(to, now) && this.#calls.isEverybodyLate(sentAt, now);
  }

  /** Looks again at the calls that were late like all others. */
  #judgePostponed(now: Millis): void {
    for (const [id, at] of this.#postponed) {
      if (at > now) continue;
      this.#postponed.delete(id);
      this.#overdue(id, now);
    }
  }

  #askedInVain(exchange: Exchange, silence: Silence, now: Millis): void {
    if (exchange.isOverdue) return;
    const { to, purpose } = exchange;
    exchange.isOverdue = true;
    exchange.purpose = { ...purpose, token: undefined, branch: undefined };
    this.#report(purpose, false);
    if (purpose.branch !== undefined) this.#telling.tellAnother(purpose.branch, to, now);
    this.#evidence.unanswered({ ...exchange, purpose }, silence, now);
  }

  /** Says to whoever wanted to know whether the other answers. */
  #report({ token }: Purpose, reached: boolean): void {
    if (token === undefined) return;
    this.#probes--;
    this.#state.emit({ type: "report", token, reached });
  }

  // ---- changes ------------------------------------------------------------------------------------------------------

  /** Whatever follows from a change of the view follows here. */
  #follow(after: MemberRecord, told: Told, now: Millis): void {
    this.#evidence.changed(after, told, now);
    if (!isLive(after)) this.#partners.forget(after.address);
    this.#telling.spread(after.address, told.spread ?? "all", now);
  }

  #updateMeta(meta: MemberRecord["meta"], now: Millis): void {
    this.#membership.changeSelf({ incarnation: this.#state.self.incarnation + 1, meta }, "set", now);
  }

  #leave(now: Millis): void {
    if (this.#state.isLeaving) return;
    const [others, strangers] = [this.#state.others(), this.#calls.strangers()];
    this.#membership.changeSelf({ status: "left" }, "leaving", now);
    this.#state.isLeaving = true;
    this.#telling.goodbye(others, strangers, now);
  }

  /** Who leaves passes nothing on: another is to be told. */
  #refusesNews({ range }: ExchangeRequest): string | undefined {
    return this.#state.isLeaving && range !== undefined
      ? `${this.address} is leaving and passes nothing on`
      : undefined;
  }

  #misdirected({ cluster, recipient }: { cluster: string; recipient: Address }): string | undefined {
    const own = this.#state.cluster;
    if (cluster !== own) return `this peer is of the cluster "${own}", not "${cluster}"`;
    if (recipient !== "" && recipient !== this.address) return `this peer is ${this.address}, not ${recipient}`;
    return undefined;
  }
}
