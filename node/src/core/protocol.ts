import type { Address } from "./address.js";
import { Detector } from "./detector.js";
import { eventKinds } from "./events.js";
import type {
  Answer,
  Effect,
  ExchangeId,
  ExchangeReply,
  ExchangeRequest,
  Input,
  Member,
  ProbeRequest,
  SentRecord,
} from "./messages.js";
import { normalMeta, type PeerMeta } from "./meta.js";
import { branches, News, nextOf, type Branch, type Range } from "./news.js";
import { Pace } from "./pace.js";
import { Partners, type Turn } from "./partners.js";
import { pick, sample, type Random } from "./random.js";
import {
  BUCKETS,
  conflicts,
  isAhead,
  isLive,
  isSameVersion,
  MAX_COUNTER,
  supersedes,
  type MemberRecord,
} from "./record.js";
import { Retries } from "./retries.js";
import type { Millis, ProtocolLimits, ProtocolTiming } from "./timing.js";
import { View } from "./view.js";

/** Who this peer is when it starts. */
export interface Self {
  readonly address: Address;
  readonly cluster: string;
  /** Its wall clock in ms; raised above any generation it hears of its own address. */
  readonly generation: number;
  readonly meta: PeerMeta;
}

/** An exchange that is under way. */
interface Exchange {
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
interface Purpose {
  /** Its place in a row of repairs of the two views. */
  readonly repair?: number | undefined;
  /** Nobody was known when the conversation began: what is learnt now, all others know. */
  readonly isFirst?: boolean;
  readonly branch?: Branch | undefined;
  /** Who wants to know whether the other answers. */
  readonly token?: number | undefined;
}

/** A member that did not answer, and how many of those who were asked to try it have not said yet. */
interface Inquiry {
  readonly record: MemberRecord;
  readonly reason: string;
  /** The second one about it. */
  readonly isAgain: boolean;
  waiting: number;
  /** Whether any of them answered that it was not reached; else there is nobody to ask again. */
  isAnswered: boolean;
}

/** A look whether our successor in the ring is there. */
interface Look {
  readonly record: MemberRecord;
  readonly sentAt: Millis;
  readonly timeoutMs: Millis;
  isOverdue: boolean;
}

/** To whom what is learnt is to be passed on. */
type Spread = "nobody" | "all" | Range;

/** What is known of a record beyond itself when somebody told it. */
interface Told {
  readonly goneForMs?: Millis | undefined;
  readonly spread?: Spread;
  /** Only hearsay makes it suspect. */
  readonly isHearsay?: boolean;
}

/** Extra exchanges a period with members under suspicion, so that a crash of many does not become a storm. */
const RETRIES = 3;
/** Repairs of two views in a row; what is left then waits for the next exchange. */
const MOST_REPAIRS = 64;
/** Probes for others under way at once. Who asks for more is told that the target was not reached. */
const MOST_PROBES = 64;
/** For so long a closed connection counts against a member that does not answer either. Guess. */
const CLOSED_COUNTS_MS = 5000;
/** For so many periods a missing answer confirms what others suspect. Guess. */
const MISS_COUNTS_PERIODS = 2;
/**
 * All who were connected see a crash at once. Each checks at a random moment, so late that the first few, which are enough,
 * can spare most of the others. Measured with 50 containers on 2 cores.
 */
const CHECK_SPREAD_MS = { perWitness: 10, most: 2000 };
/** What all conclude for themselves at about the same time is told by so many of them, for those who could not. */
const TELLERS = 6;
/** Whom a goodbye is told to directly at least; they pass it on. */
const GOODBYES = 3;
/**
 * So many changes in a period are no storm. Two sides of a partition that have forgotten each other learn of one another in
 * one meeting; were the first change a storm, the rest would be told to nobody. Measured: one view after 1.5 periods, not 4.
 */
const FEW_CHANGES = 3;
/**
 * Whoever owes so many answers is told no news before one of them comes: it would only owe more. Measured: with 16 news takes
 * half a period longer where 20 % of messages are lost.
 */
const MOST_OWED = 32;
/** Buckets compared in an exchange while the view changes all the time. */
const BUCKETS_IN_A_STORM = 16;
const ALL_BUCKETS = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

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
  readonly #timing: ProtocolTiming;
  readonly #limits: ProtocolLimits;
  readonly #random: Random;
  readonly #cluster: string;
  readonly #view: View;
  readonly #partners = new Partners();
  readonly #retries = new Retries();
  readonly #detector: Detector;
  readonly #pace: Pace;
  readonly #news: News;
  readonly #exchanges = new Map<ExchangeId, Exchange>();
  /** By whom they are about: probes that others make for us. */
  readonly #inquiries = new Map<Address, Inquiry>();
  readonly #probes = new Map<ExchangeId, Address>();
  readonly #looks = new Map<ExchangeId, Look>();
  /** Members that answered us last time, to whom a connection is open as far as we know. */
  readonly #near = new Set<Address>();
  /** How many answers of each are overdue and still waited for. */
  readonly #owed = new Map<Address, number>();
  /** When a member left us without an answer last, and has not been heard of since. */
  readonly #missed = new Map<Address, Millis>();
  /** Members whose connection was closed: when, and when that is to be looked into. */
  readonly #closed = new Map<Address, { readonly at: Millis; checkAt: Millis }>();
  #tokens = 0;
  #self: MemberRecord;
  /** What was concluded since the last round and told to nobody: the first to tell us finds it passed on. */
  readonly #untold = new Set<Address>();
  #leaving = false;
  #revision = 0;
  /** When the view changed last, the longest ago first. */
  readonly #changedAt: Millis[] = Array<Millis>(FEW_CHANGES).fill(-Infinity);
  #nextId: ExchangeId = 1;
  #nextRoundAt: Millis;
  #started = false;
  #effects: Effect[] = [];

  constructor(self: Self, timing: ProtocolTiming, limits: ProtocolLimits, random: Random, now: Millis) {
    this.#timing = timing;
    this.#limits = limits;
    this.#random = random;
    this.#cluster = self.cluster;
    this.#view = new View(limits, timing.tombstoneTtlMs);
    this.#detector = new Detector(timing);
    this.#pace = new Pace(timing);
    this.#news = new News(timing);
    const { address, generation } = self;
    this.#self = { address, generation, incarnation: 0, status: "alive", meta: normalMeta(self.meta) };
    this.#view.merge(this.#self, 0, now);
    this.#nextRoundAt = now;
  }

  /** When `handle({type: "wake"})` is wanted next; Infinity after a goodbye. */
  get nextWakeAt(): Millis {
    if (this.#leaving) return Infinity;
    const suspicion = this.#detector.nextDeadline(this.#view.liveCount);
    return Math.min(this.#nextRoundAt, suspicion, this.#news.dueAt, this.#nextCheckAt());
  }

  /** Raised with every change of the view. */
  get revision(): number {
    return this.#revision;
  }

  /** Equal for two peers that hold the same live records. */
  get viewHash(): number {
    return this.#view.hash;
  }

  /** How much is held, in entries, for whoever watches over the limits. */
  sizes(): { live: number; tombstones: number; exchanges: number; partners: number } {
    const { liveCount: live, size } = this.#view;
    const exchanges = this.#exchanges.size + this.#probes.size + this.#looks.size;
    return { live, tombstones: size - live, exchanges, partners: this.#partners.met };
  }

  /** The own record as it stands now. */
  get self(): MemberRecord {
    return this.#self;
  }

  get address(): Address {
    return this.#self.address;
  }

  /** Whether that peer is among the listed members. */
  lists(address: Address): boolean {
    return this.#view.isLive(address);
  }

  /** The listed members, the own peer always among them; with `includeGone` also those remembered as failed or left. */
  members({ includeGone = false } = {}): readonly Member[] {
    const records = this.#view.records();
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
        this.#unreachable(input.id, input.reason, input.refused ?? false, now);
        break;
      case "overdue":
        this.#overdue(input.id, now);
        break;
      case "probed":
        this.#probed(input.id, input.reached, now);
        break;
      case "closed":
        this.#connectionClosed(input.address, now);
        break;
      case "resolved":
        this.#resolved(input.seed, input.addresses, now);
        break;
      case "add-seed":
        this.#addSeed(input.seed);
        break;
      case "update-meta":
        this.#changeSelf({ incarnation: this.#self.incarnation + 1, meta: normalMeta(input.meta) }, "set", now);
        break;
      case "leave":
        this.#leave(now);
        break;
    }
    return this.#takeEffects();
  }

  /** Being asked for an exchange: one reply, or one refusal that names why this peer is not the one meant. */
  answer(request: ExchangeRequest, now: Millis): Answer {
    const refusal = this.#misdirected(request);
    if (refusal !== undefined) return { refusal, effects: [] };
    // Who leaves passes nothing on, which is as good as having known it.
    const known = this.#leaving || !this.#take(request, now);
    const isEqual = this.#view.hash === request.viewHash;
    // Whoever passes news on holds another view than its hearers for that reason alone.
    const isToCompare = !isEqual && request.range === undefined;
    const records = isEqual ? [] : this.#corrections(request, isToCompare, now);
    const bucketHashes = isToCompare ? this.#view.bucketHashes : [];
    const reply = { sender: this.address, records, viewHash: this.#view.hash, bucketHashes, known };
    return { reply, effects: this.#takeEffects() };
  }

  /**
   * Being asked whether another peer answers. The effects try it; exactly one `report` effect with this token follows, now
   * or from a later input. Or one refusal, as with an exchange.
   */
  probe(request: ProbeRequest, token: number, now: Millis): readonly Effect[] | { readonly refusal: string } {
    const refusal = this.#misdirected(request);
    if (refusal !== undefined) return { refusal };
    const { target } = request;
    if (this.#leaving || this.#tokens >= MOST_PROBES || target === this.address) {
      this.#effects.push({ type: "report", token, reached: target === this.address && !this.#leaving });
    } else {
      this.#tokens++;
      this.#exchange(target, now, { token });
    }
    return this.#takeEffects();
  }

  // ---- the round ----------------------------------------------------------------------------------------------------

  #wake(now: Millis): void {
    if (this.#leaving) return;
    this.#excuseLateness(now);
    for (const address of this.#detector.expired(now, this.#view.liveCount)) {
      const isKnown = this.#detector.isConfirmed(address, this.#view.liveCount);
      const isToTell = !isKnown || this.#random.next() < TELLERS / this.#view.liveCount;
      if (!isToTell) this.#untold.add(address);
      const accusers = this.#detector.accusersOf(address).map((accuser) => accuser.address);
      const reason = `did not clear itself in time${accusers.length > 0 ? `, accused by ${accusers.join(", ")}` : ""}`;
      this.#fail(address, reason, now, isToTell ? "all" : "nobody");
    }
    this.#checkClosed(now);
    if (now >= this.#nextRoundAt) this.#round(now);
    if (now >= this.#news.dueAt) this.#tellNews(now);
  }

  #round(now: Millis): void {
    // The second round comes at a random part of a period, so that peers started together do not all speak at once.
    const step = this.#started ? 1 : this.#random.next();
    this.#started = true;
    this.#nextRoundAt = Math.max(this.#nextRoundAt + step * this.#timing.pingPeriodMs, now);
    this.#view.expire(now);
    this.#untold.clear();
    this.#regularExchange(now);
    this.#probeSuccessor(now);
    this.#retrySuspects(now);
    this.#retryLost(now);
  }

  /**
   * A sleeper must not blame others: what was due while it slept is due that much later, and open exchanges accuse
   * nobody.
   */
  #excuseLateness(now: Millis): void {
    const lateness = now - this.nextWakeAt;
    if (lateness <= this.#timing.minTimeoutMs / 2) return;
    this.#pace.doubted();
    this.#detector.excuse(lateness, now + this.#pace.timeoutMs);
    if (this.#nextRoundAt < now) this.#nextRoundAt = now;
    for (const exchange of this.#exchanges.values()) exchange.accused = undefined;
    this.#looks.clear();
  }

  #regularExchange(now: Millis): void {
    const turn = this.#nextTurn(this.#busy(), (seed) => this.#isOpen(seed));
    if (turn === undefined) return;
    if (turn.type === "member") this.#exchange(turn.address, now);
    else this.#resolve(turn.address);
  }

  #nextTurn(busy: ReadonlySet<Address>, isOpen: (seed: Address) => boolean): Turn | undefined {
    const isIdle = (member: Address): boolean => member !== this.address && !busy.has(member);
    return this.#partners.next(this.#view.ring, isIdle, isOpen, this.#random);
  }

  /**
   * Each probes its successor in the ring once a period, with the smallest message there is. Without it a member that is
   * always the one to call is called by nobody, and its silence is noticed N/2 periods later.
   */
  #probeSuccessor(now: Millis): void {
    const record = this.#successor();
    if (record === undefined || this.#timing.indirectProbes === 0 || this.#busy().has(record.address)) return;
    const { timeoutMs } = this.#pace;
    const id = this.#probe(record.address, record.address, timeoutMs);
    this.#looks.set(id, { record, sentAt: now, timeoutMs, isOverdue: false });
  }

  /** The first after us in the ring whom nobody suspects: suspects are looked after by those who accuse them. */
  #successor(): MemberRecord | undefined {
    const { ring } = this.#view;
    const own = this.#view.placeOf(this.address);
    for (let step = 1; step < ring.length; step++) {
      const record = this.#view.get(ring[(own + step) % ring.length] ?? "");
      if (record?.status === "alive") return record;
    }
    return undefined;
  }

  #retrySuspects(now: Millis): void {
    const busy = this.#busy();
    // Whoever accuses tries again; the others have no more to find out than that it is accused.
    const own = this.#detector.suspects().filter((address) => this.#detector.isAccusedBy(address, this.address));
    const idle = own.filter((address) => !busy.has(address));
    for (const address of sample(this.#random, idle, RETRIES)) {
      this.#exchange(address, now);
      const record = this.#view.get(address);
      const isEnough = this.#detector.isConfirmed(address, this.#view.liveCount);
      if (record !== undefined && !isEnough) this.#inquire(record, "did not answer", now);
    }
  }

  /**
   * What heals a partition of any length: now and then one of the failed, or a seed that is no member, is tried again
   * (serf's reconnect, with odds that let the whole cluster together try each about once a period), each with backoff.
   */
  #retryLost(now: Millis): void {
    const failed = this.#view.failedAddresses();
    const seeds = this.#partners.openSeeds((seed) => this.#isOpen(seed));
    this.#retries.keepOnly(new Set([...failed, ...seeds]));
    const lost = failed.length + seeds.length;
    if (lost === 0 || this.#random.next() >= lost / (this.#view.liveCount + 1)) return;
    const busy = this.#busy();
    const due = [...failed, ...seeds].filter((address) => !busy.has(address) && this.#retries.isDue(address, now));
    const chosen = pick(this.#random, due);
    if (chosen === undefined) return;
    this.#retries.tried(chosen, this.#timing.pingPeriodMs, now);
    if (failed.includes(chosen)) this.#exchange(chosen, now);
    else this.#resolve(chosen);
  }

  // ---- outcomes -----------------------------------------------------------------------------------------------------

  #replied(id: ExchangeId, reply: ExchangeReply, now: Millis): void {
    const exchange = this.#end(id);
    if (exchange === undefined) return;
    const { to, purpose } = exchange;
    this.#pace.answered(now - exchange.sentAt, { late: exchange.isOverdue });
    this.#report(purpose, true);
    if (this.#view.isLive(to)) this.#near.add(to);
    if (reply.sender !== to) this.#partners.learnAlias(to, reply.sender, this.#limits.maxSeeds * 16);
    if (this.#leaving || reply.sender === this.address) return;
    const before = this.#self;
    const isAtRest = this.#isAtRest(now);
    const isOld = purpose.isFirst === true || (purpose.repair !== undefined && !isAtRest);
    const spread = isOld ? "nobody" : "all";
    const isNews = this.#learn(reply, spread, spread, now);
    // In a storm that is mended by the exchange, at less cost.
    if (purpose.branch !== undefined && reply.known && !this.#news.isBusy)
      this.#tellAnother(purpose.branch, to, 1, now);
    if (reply.bucketHashes.length > 0 && (isNews || purpose.repair === undefined))
      this.#repair(reply, purpose, isAtRest, now);
    // It held something of us that is not so, and must not have to wait for our next turn to hear that.
    else if (this.#self !== before) this.#exchange(reply.sender, now);
  }

  #unreachable(id: ExchangeId, reason: string, refused: boolean, now: Millis): void {
    if (this.#probes.has(id)) this.#probed(id, false, now, false);
    const look = this.#looks.get(id);
    this.#looks.delete(id);
    if (look !== undefined) this.#lookedInVain(look, reason, refused, now);
    const exchange = this.#end(id);
    if (exchange !== undefined) this.#askedInVain(exchange, reason, refused, now);
  }

  /**
   * Others are asked and told instead, as if no answer came any more. When it does come after all, it says how long answers
   * take: where a call is ended early nobody ever learns that, and the next one is ended early too.
   */
  #overdue(id: ExchangeId, now: Millis): void {
    if (this.#probes.has(id)) this.#probed(id, false, now, false);
    for (const call of [this.#looks.get(id), this.#exchanges.get(id)]) {
      if (call === undefined || call.isOverdue) continue;
      const reason = `no answer for ${Math.round(call.timeoutMs)} ms`;
      if ("record" in call) this.#lookedInVain(call, reason, false, now);
      else {
        this.#owed.set(call.to, (this.#owed.get(call.to) ?? 0) + 1);
        this.#askedInVain(call, reason, false, now);
      }
    }
  }

  #lookedInVain(look: Look, reason: string, refused: boolean, now: Millis): void {
    const wasOverdue = look.isOverdue;
    look.isOverdue = true;
    const { address } = look.record;
    if (!wasOverdue) this.#unanswered(address, { ...look, accused: look.record }, reason, refused, now);
  }

  #askedInVain(exchange: Exchange, reason: string, refused: boolean, now: Millis): void {
    if (exchange.isOverdue) return;
    const { to, purpose } = exchange;
    exchange.isOverdue = true;
    exchange.purpose = { ...purpose, token: undefined, branch: undefined };
    this.#near.delete(to);
    this.#report(purpose, false);
    if (purpose.branch !== undefined) this.#tellAnother(purpose.branch, to, 0, now);
    if (!this.#leaving) this.#unanswered(to, { ...exchange, purpose }, reason, refused, now);
  }

  #unanswered(
    to: Address,
    { accused, sentAt, timeoutMs, purpose }: Pick<Exchange, "accused" | "sentAt" | "timeoutMs"> & { purpose?: Purpose },
    reason: string,
    refused: boolean,
    now: Millis,
  ): void {
    const record = this.#view.get(to);
    if (record === undefined || !isLive(record)) return;
    // Whoever learns of a timeout long after it was due slept itself and cannot tell who was silent.
    const late = now - (sentAt + timeoutMs) > this.#timing.minTimeoutMs / 2;
    if (this.#leaving || late || accused === undefined || isAhead(record, accused)) return;
    const closed = this.#closed.get(to);
    // A call that ended with its connection says no more than that, and the check comes.
    if (closed !== undefined && closed.at > sentAt && !refused) return;
    this.#missed.set(to, now);
    // What somebody else asked for is evidence for its suspicion, if it comes to one, and starts none.
    if (purpose?.token === undefined || record.status === "suspect")
      this.#noAnswer(record, refused || this.#wasClosed(to, now), reason, now);
  }

  /** A member is silent that was thought to be well, or that others accuse already. */
  #noAnswer(record: MemberRecord, isBroken: boolean, reason: string, now: Millis): void {
    if (this.#inquiries.has(record.address)) return; // which others answer now
    if (record.status === "alive") this.#pace.doubted();
    if (this.#timing.suspicionMultiplier === 0 && this.#timing.indirectProbes === 0)
      this.#fail(record.address, reason, now);
    // Silence alone may be the fault of the way between us two.
    else if (record.status === "suspect" || isBroken) this.#accuse(record, isBroken, reason, now);
    else this.#inquire(record, reason, now);
  }

  #accuse(record: MemberRecord, isBroken: boolean, reason: string, now: Millis): void {
    const { address } = record;
    const wasAlive = record.status === "alive";
    if (wasAlive) this.#accept({ ...record, status: "suspect" }, reason, now);
    if (this.#detector.accuse(address, { address: this.address, broken: isBroken }, now))
      this.#spread(address, "all", now);
    if (this.#timing.suspicionMultiplier === 0) this.#fail(address, reason, now);
    else if (wasAlive) this.#askForSuspect(address, isBroken, reason, now);
  }

  /**
   * The accused hears it first and over a fresh connection, so that one lost call costs it nothing (Lifeguard, buddy
   * system). Where that was just tried, others are to try, since the connection may have been one that only we held.
   */
  #askForSuspect(address: Address, isBroken: boolean, reason: string, now: Millis): void {
    const record = this.#view.get(address);
    if (!isBroken) this.#exchange(address, now);
    else if (record !== undefined && !this.#detector.isConfirmed(address, this.#view.liveCount))
      this.#inquire(record, reason, now);
  }

  #fail(address: Address, reason: string, now: Millis, spread: Spread = "all"): void {
    const record = this.#view.get(address);
    if (record !== undefined && isLive(record)) this.#accept({ ...record, status: "failed" }, reason, now, { spread });
    this.#detector.clear(address);
  }

  // ---- asking others, and being asked -------------------------------------------------------------------------------

  /** Has others try a member that did not answer us (SWIM, section 3.1), and tries it once more. */
  #inquire(record: MemberRecord, reason: string, now: Millis, isAgain = false): void {
    const { address } = record;
    if (this.#inquiries.has(address)) return;
    const helpers = sample(this.#random, this.#others(address), this.#timing.indirectProbes);
    if (helpers.length === 0) {
      this.#accuse(record, false, reason, now);
      return;
    }
    this.#inquiries.set(address, { record, reason, isAgain, waiting: helpers.length, isAnswered: false });
    this.#exchange(address, now); // a single lost call costs it nothing
    // Time for the helper's own attempt, and for the way to it and back.
    const timeoutMs = 3 * this.#pace.timeoutMs;
    for (const to of helpers) this.#probes.set(this.#probe(to, address, timeoutMs), address);
  }

  #probe(to: Address, target: Address, timeoutMs: Millis): ExchangeId {
    const id = this.#nextId++;
    const request = { cluster: this.#cluster, recipient: to, sender: this.address, target };
    this.#effects.push({ type: "probe", id, to, request, timeoutMs, deadlineMs: this.#deadlineMs(timeoutMs) });
    return id;
  }

  #probed(id: ExchangeId, reached: boolean, now: Millis, isAnswer = true): void {
    const look = this.#looks.get(id);
    this.#looks.delete(id);
    if (look !== undefined) {
      this.#pace.answered(now - look.sentAt, { late: look.isOverdue });
      this.#heardOf(look.record.address, now);
    }
    const about = this.#probes.get(id);
    this.#probes.delete(id);
    const inquiry = about === undefined ? undefined : this.#inquiries.get(about);
    if (about === undefined || inquiry === undefined) return;
    inquiry.waiting--;
    if (isAnswer) inquiry.isAnswered = true;
    if (reached) {
      this.#inquiries.delete(about);
      this.#missed.delete(about);
      this.#accuseNobody(about);
    }
    if (reached || inquiry.waiting > 0) return;
    this.#inquiries.delete(about);
    const { record, reason, isAgain, isAnswered } = inquiry;
    if (this.#leaving || this.#view.get(about) !== record) return;
    // Where answers fail to come from several, once is not enough.
    if (this.#pace.doubt > 1 && isAnswered && !isAgain) this.#inquire(record, reason, now, true);
    else this.#accuse(record, false, reason, now);
  }

  #report({ token }: Purpose, reached: boolean): void {
    if (token === undefined) return;
    this.#tokens--;
    this.#effects.push({ type: "report", token, reached });
  }

  // ---- connections that close ---------------------------------------------------------------------------------------

  /** A strong hint, and no more: whoever is well closes connections too, for lack of use. */
  #connectionClosed(address: Address, now: Millis): void {
    this.#near.delete(address);
    if (this.#leaving || !this.#view.isLive(address) || this.#timing.indirectProbes === 0) return;
    // About as many hold a connection to it as we have talked to.
    const spreadMs = Math.min(CHECK_SPREAD_MS.most, CHECK_SPREAD_MS.perWitness * this.#partners.met);
    this.#closed.set(address, { at: now, checkAt: now + this.#random.next() * spreadMs });
  }

  #checkClosed(now: Millis): void {
    for (const [address, closed] of this.#closed) {
      if (closed.checkAt <= now) {
        closed.checkAt = Infinity;
        const isEnough = this.#detector.isConfirmed(address, this.#view.liveCount);
        if (this.#view.isLive(address) && !isEnough) this.#exchange(address, now);
      }
      if (now - closed.at > CLOSED_COUNTS_MS) this.#closed.delete(address);
    }
  }

  #nextCheckAt(): Millis {
    let next = Infinity;
    for (const { checkAt } of this.#closed.values()) next = Math.min(next, checkAt);
    return next;
  }

  #wasClosed(address: Address, now: Millis): boolean {
    const closed = this.#closed.get(address);
    return closed !== undefined && now - closed.at <= CLOSED_COUNTS_MS;
  }

  // ---- seeds --------------------------------------------------------------------------------------------------------

  #addSeed(seed: Address): void {
    if (this.#leaving || seed === this.address || this.#partners.hasSeed(seed)) return;
    if (this.#partners.seedCount >= this.#limits.maxSeeds) {
      this.#effects.push({ type: "warn", text: `seed ${seed} is not kept: maxSeeds is ${this.#limits.maxSeeds}` });
      return;
    }
    this.#partners.addSeed(seed);
    if (this.#started) this.#resolve(seed);
  }

  #resolve(seed: Address): void {
    this.#partners.seedTried(seed);
    this.#effects.push({ type: "resolve", seed });
  }

  /** A seed's turn is one exchange with one of its addresses; where there is nobody new, it goes to a member. */
  #resolved(seed: Address, addresses: readonly Address[], now: Millis): void {
    if (this.#leaving || !this.#partners.hasSeed(seed)) return;
    const busy = this.#busy();
    const untried = addresses.filter((address) => this.#isOpen(address) && !busy.has(address));
    const to = pick(this.#random, untried);
    if (to !== undefined) {
      this.#exchange(to, now, { isSeed: true });
      return;
    }
    const turn = this.#nextTurn(busy, () => false);
    if (turn !== undefined) this.#exchange(turn.address, now);
  }

  /** Whether somebody not yet known may answer there. */
  #isOpen(address: Address): boolean {
    const behind = this.#partners.behind(address);
    return address !== this.address && behind !== this.address && !this.#view.isLive(behind);
  }

  // ---- the own record -----------------------------------------------------------------------------------------------

  #changeSelf(change: Partial<MemberRecord>, reason: string, now: Millis): void {
    this.#self = { ...this.#self, ...change };
    this.#accept(this.#self, reason, now);
  }

  #leave(now: Millis): void {
    if (this.#leaving) return;
    const others = this.#others();
    // Whoever is being asked right now may have taken us in already.
    const asked = [...this.#exchanges.values()].flatMap(({ to }) => (this.#view.isLive(to) ? [] : [to]));
    this.#changeSelf({ status: "left" }, "leaving", now);
    this.#leaving = true;
    const fanout = Math.max(GOODBYES, this.#timing.newsFanout);
    for (const branch of branches([this.address], others, fanout)) this.#tell(branch, now);
    for (const address of sample(this.#random, asked, GOODBYES)) this.#exchange(address, now, { isSeed: true });
  }

  /** Somebody holds something of this peer that is not so: say so with a record above theirs. */
  #refute(theirs: MemberRecord, now: Millis): void {
    const { generation, incarnation } = this.#self;
    const spent = theirs.incarnation >= MAX_COUNTER;
    if (theirs.generation >= MAX_COUNTER) {
      this.#effects.push({ type: "warn", text: `${this.address} cannot refute generation ${theirs.generation}` });
    } else if (theirs.generation > generation || spent) {
      // An earlier life had a faster clock. This life must stand above it.
      this.#changeSelf({ generation: theirs.generation + 1, incarnation: 0 }, "restarted", now);
    } else {
      this.#pace.doubted();
      this.#changeSelf({ incarnation: Math.max(incarnation, theirs.incarnation) + 1 }, "refuted", now);
    }
  }

  // ---- merging ------------------------------------------------------------------------------------------------------

  /** Takes in a request and passes on what is new; returns whether anything was. */
  #take(request: ExchangeRequest, now: Millis): boolean {
    const { range, buckets, records } = request;
    const isOld = range === undefined && buckets.length > 0 && !this.#isAtRest(now);
    const isLearnt = this.#learn(request, range ?? (isOld ? "nobody" : "all"), range ?? "all", now);
    const untold = records.filter(({ address }) => range !== undefined && this.#untold.delete(address));
    const isNews = isLearnt || untold.length > 0;
    // Whoever passes on a part takes the rest along: nobody else will tell that range.
    if (isNews && range !== undefined) for (const { address } of records.slice(1)) this.#spread(address, range, now);
    return isNews;
  }

  /** Whether next to nothing changed in the last period. Else news is about, and most differences mend themselves. */
  #isAtRest(now: Millis): boolean {
    return now - (this.#changedAt[0] ?? -Infinity) > this.#timing.pingPeriodMs;
  }

  /** Takes in what was told and passes on what is new, of the sender itself maybe to others; returns whether anything was. */
  #learn(
    { sender, records }: ExchangeRequest | ExchangeReply,
    spread: Spread,
    ownSpread: Spread,
    now: Millis,
  ): boolean {
    let isNews = false;
    records.forEach((sent, place) => {
      if (this.#learnOne(sent, sender, place === 0 ? ownSpread : spread, now)) isNews = true;
    });
    this.#interacted(sender);
    this.#heardOf(sender, now);
    return isNews;
  }

  /** Any talk with a member counts, in either direction, and so does trying. */
  #interacted(address: Address): void {
    if (address !== this.address && this.#view.isLive(address)) this.#partners.interacted(address);
  }

  /** A sign of life at first hand. */
  #heardOf(address: Address, now: Millis): void {
    this.#inquiries.delete(address);
    this.#missed.delete(address);
    this.#closed.delete(address);
    this.#accuseNobody(address);
    this.#detector.extend(address, now + this.#timing.exchangeTimeoutMs);
  }

  /** What is under way with it is held against it no more. */
  #accuseNobody(address: Address): void {
    for (const exchange of this.#exchanges.values()) if (exchange.to === address) exchange.accused = undefined;
  }

  /** Whether it said anything new. */
  #learnOne(sent: SentRecord, from: Address, spread: Spread, now: Millis): boolean {
    const hasAccusers = sent.accusers !== undefined && sent.accusers.length > 0;
    if (this.#view.get(sent.address) === sent) return false; // in one process the same object is the same record
    const revision = this.#revision;
    if (sent.address === this.address) this.#mergeOwn(sent, from, now);
    else this.#mergeOther(sent, from, spread, now);
    const isAccused = hasAccusers && this.#learnAccusers(sent, spread, now);
    return isAccused || this.#revision !== revision;
  }

  #mergeOwn(theirs: MemberRecord, from: Address, now: Millis): void {
    if (this.#leaving) return;
    if (conflicts(theirs, this.#self)) this.#warnOfConflict(theirs, from);
    const isAccused = isSameVersion(theirs, this.#self) && theirs.status !== "alive";
    if (isAhead(theirs, this.#self) || isAccused) this.#refute(theirs, now);
  }

  #mergeOther(sent: SentRecord, from: Address, spread: Spread, now: Millis): void {
    const theirs = recordOf(sent);
    const ours = this.#view.get(theirs.address);
    if (ours !== undefined && conflicts(theirs, ours)) this.#warnOfConflict(theirs, from);
    if (ours !== undefined && this.#isHearsay(theirs, ours)) this.#doubt(ours, from, spread, now);
    else this.#accept(theirs, `told by ${from}`, now, { goneForMs: sent.goneForMs, spread });
  }

  /**
   * Whether somebody calls failed whom we have heard nothing bad of. Where it is true, the suspicion came first; after a
   * partition it is the other side's mistake, and the one who is called failed is to be heard.
   */
  #isHearsay(theirs: MemberRecord, ours: MemberRecord): boolean {
    if (theirs.status !== "failed" || !isLive(ours) || this.#timing.suspicionMultiplier === 0) return false;
    if (!isSameVersion(theirs, ours)) return false;
    return ours.status === "alive" || this.#detector.isHearsay(ours.address);
  }

  #doubt(ours: MemberRecord, from: Address, spread: Spread, now: Millis): void {
    if (ours.status === "suspect") return;
    this.#accept({ ...ours, status: "suspect" }, `called failed by ${from}`, now, { spread, isHearsay: true });
    this.#exchange(ours.address, now);
  }

  #learnAccusers(sent: SentRecord, spread: Spread, now: Millis): boolean {
    const { address, accusers = [] } = sent;
    const ours = this.#view.get(address);
    if (ours?.status !== "suspect" || !isSameVersion(sent, ours)) return false;
    const isNews = accusers.filter((accuser) => this.#detector.accuse(address, accuser, now)).length > 0;
    // In a storm the suspicion itself is enough: more accusers only shorten it.
    if (isNews && !this.#news.isBusy) this.#spread(address, spread, now);
    return isNews;
  }

  #warnOfConflict({ address, generation, incarnation }: MemberRecord, from: Address): void {
    const which = `generation ${generation}, incarnation ${incarnation}`;
    this.#effects.push({
      type: "warn",
      text: `two peers claim ${address} with different metadata (${which}), says ${from}`,
    });
  }

  /** The one place where the view changes: whatever follows from a change of a record follows here. */
  #accept(record: MemberRecord, reason: string, now: Millis, told: Told = {}): void {
    const merged = this.#view.merge(record, told.goneForMs ?? 0, now);
    if (merged.outcome === "refused") this.#effects.push({ type: "warn", text: merged.problem });
    if (merged.outcome !== "changed") return;
    this.#revision++;
    this.#changedAt.shift();
    this.#changedAt.push(now);
    const { before, after } = merged;
    for (const kind of eventKinds(before, after)) {
      if (kind === "left" && after.address === this.address) continue; // whoever stops a peer knows
      this.#effects.push({ type: "announce", event: { kind, member: after, reason } });
    }
    this.#detector.clear(after.address);
    this.#inquiries.delete(after.address);
    if (after.status === "suspect") {
      this.#detector.suspect(after.address, now, told);
      this.#confirm(after.address, now);
    } else if (!isLive(after)) this.#missed.delete(after.address);
    if (!isLive(after)) this.#forget(after.address);
    this.#spread(after.address, told.spread ?? "all", now);
  }

  /** Others suspect it: that it did not answer us lately either counts now. */
  #confirm(address: Address, now: Millis): void {
    const at = this.#missed.get(address) ?? -Infinity;
    if (now - at > MISS_COUNTS_PERIODS * this.#timing.pingPeriodMs) return;
    const own = { address: this.address, broken: this.#wasClosed(address, now) };
    if (this.#detector.accuse(address, own, now)) this.#spread(address, "all", now);
  }

  #forget(gone: Address): void {
    this.#partners.forget(gone);
    this.#near.delete(gone);
  }

  // ---- news ---------------------------------------------------------------------------------------------------------

  #spread(address: Address, spread: Spread, now: Millis): void {
    if (spread === "nobody" || this.#leaving || this.#timing.newsFanout === 0) return;
    if (spread === "all") this.#news.add(address, undefined, this.#view.liveCount, now);
    else this.#news.add(address, spread, this.#view.countWithin(spread), now);
  }

  #tellNews(now: Millis): void {
    for (const { items, range } of this.#news.take(now)) {
      // Whom the news is about knows it best; who is accused is told apart.
      const hearers = range === undefined ? this.#view.ring : this.#view.within(range);
      const members = hearers.filter((member) => member !== this.address && !(items.size === 1 && items.has(member)));
      for (const branch of branches([...items], members, this.#timing.newsFanout)) this.#tell(branch, now);
    }
  }

  /** Tells the next of a branch, who tells the others; at most as many items as a message holds. */
  #tell(branch: Branch, now: Millis): void {
    const isDeaf = (member: Address): boolean => (this.#owed.get(member) ?? 0) >= MOST_OWED;
    const to = nextOf(branch, this.#random, (member) => this.#near.has(member), isDeaf);
    if (to === undefined) return;
    this.#exchange(to, now, { branch });
  }

  /** One of a branch did not answer, or knew it already and passes nothing on. */
  #tellAnother(branch: Branch, to: Address, strikes: number, now: Millis): void {
    this.#tell({ ...branch, tried: [...branch.tried, to], strikes: branch.strikes + strikes }, now);
  }

  // ---- comparing views ----------------------------------------------------------------------------------------------

  /** What the other holds an older record of, or lacks, in what it told and in the buckets it asks for. */
  #corrections(request: ExchangeRequest, isToCompare: boolean, now: Millis): readonly SentRecord[] {
    const told = new Map(request.records.map((record) => [record.address, record]));
    const records: SentRecord[] = [];
    const add = (ours: SentRecord): void => {
      const theirs = told.get(ours.address);
      if (theirs === undefined || supersedes(ours, theirs)) records.push(this.#withAccusers(ours));
    };
    // First ourselves, whom the other may not know yet.
    const addresses = new Set([...(isToCompare ? [this.address] : []), ...told.keys()]);
    for (const address of addresses) {
      const ours = this.#view.told(address, now);
      if (ours !== undefined) add(ours);
    }
    for (const ours of this.#view.toldOfBuckets(this.#fitting(request.buckets), now))
      if (!addresses.has(ours.address)) add(ours);
    return this.#cut(records);
  }

  /** What is too much for one message loses records by chance, so that each gets its turn; never the first. */
  #cut(records: readonly SentRecord[]): readonly SentRecord[] {
    const most = this.#limits.maxRecordsPerMessage;
    return records.length <= most
      ? records
      : [...records.slice(0, 1), ...sample(this.#random, records.slice(1), most - 1)];
  }

  /**
   * Has both sides tell each other all they hold where their views differ, in messages of bounded size, as long as that
   * brings anything. While news is about, most differences mend themselves; then a part is enough.
   */
  #repair(reply: ExchangeReply, { repair = 0, isFirst = false }: Purpose, isAtRest: boolean, now: Millis): void {
    const ours = this.#view.bucketHashes;
    const differing = ALL_BUCKETS.filter((bucket) => reply.bucketHashes[bucket] !== ours[bucket]);
    if (differing.length === 0 || repair >= MOST_REPAIRS) return;
    if (!isAtRest && !isFirst && repair > 0) return;
    const most = isAtRest || isFirst ? BUCKETS : BUCKETS_IN_A_STORM;
    const buckets = this.#fitting(sample(this.#random, differing, most));
    this.#exchange(reply.sender, now, { repair: repair + 1, isFirst, buckets });
  }

  /** The first of these buckets, as many as one message has room for. */
  #fitting(buckets: readonly number[]): number[] {
    let room = this.#limits.maxRecordsPerMessage - 1;
    const fitting = buckets.filter((bucket) => (room -= this.#view.sizeOfBucket(bucket)) >= 0);
    return fitting.length > 0 ? fitting : buckets.slice(0, 1);
  }

  // ---- small things -------------------------------------------------------------------------------------------------

  #exchange(
    to: Address,
    now: Millis,
    { isSeed = false, buckets = [], ...purpose }: Purpose & { isSeed?: boolean; buckets?: readonly number[] } = {},
  ): void {
    const id = this.#nextId++;
    const timeoutMs = purpose.branch === undefined ? this.#pace.timeoutMs : this.#pace.usualMs;
    // Who knows nobody asks for everything at once.
    const isFirst = purpose.isFirst ?? (this.#view.liveCount === 1 && !this.#leaving && purpose.branch === undefined);
    const asked = isFirst && purpose.repair === undefined ? ALL_BUCKETS : buckets;
    const records = this.#toTell(to, asked, purpose.branch, now);
    const request: ExchangeRequest = {
      cluster: this.#cluster,
      recipient: isSeed ? "" : to,
      sender: this.address,
      records,
      viewHash: this.#view.hash,
      buckets: asked,
      range: purpose.branch && rangeOf(purpose.branch),
    };
    // News goes to many at once: were each that is lost held against somebody, a lossy network would drown in suspicion.
    const isEvidence = !isSeed && purpose.branch === undefined && purpose.repair === undefined;
    const held = isEvidence ? this.#view.get(to) : undefined;
    const accused = held !== undefined && isLive(held) ? held : undefined;
    this.#exchanges.set(id, {
      to,
      accused,
      sentAt: now,
      timeoutMs,
      purpose: { ...purpose, isFirst },
      isOverdue: false,
    });
    this.#interacted(to);
    this.#effects.push({ type: "exchange", id, to, request, timeoutMs, deadlineMs: this.#deadlineMs(timeoutMs) });
  }

  #deadlineMs(timeoutMs: Millis): Millis {
    return Math.max(timeoutMs, this.#timing.exchangeTimeoutMs);
  }

  /** The own record, and what the other is to know: the news, what is held against it, the buckets that are compared. */
  #toTell(to: Address, buckets: readonly number[], branch: Branch | undefined, now: Millis): readonly SentRecord[] {
    const isAccused = this.#view.get(to)?.status !== "alive";
    const addresses = new Set([this.address, ...(branch?.items ?? []), ...(isAccused ? [to] : [])]);
    const named = [...addresses].flatMap((address) => this.#view.told(address, now) ?? []);
    const compared = this.#view.toldOfBuckets(buckets, now).filter(({ address }) => !addresses.has(address));
    return this.#cut([...named, ...compared]).map((record) => this.#withAccusers(record));
  }

  #withAccusers(record: SentRecord): SentRecord {
    return record.status === "suspect" ? { ...record, accusers: this.#detector.accusersOf(record.address) } : record;
  }

  #end(id: ExchangeId): Exchange | undefined {
    const exchange = this.#exchanges.get(id);
    this.#exchanges.delete(id);
    if (exchange?.isOverdue) this.#isPaid(exchange.to);
    return exchange;
  }

  #isPaid(debtor: Address): void {
    const left = (this.#owed.get(debtor) ?? 0) - 1;
    if (left > 0) this.#owed.set(debtor, left);
    else this.#owed.delete(debtor);
  }

  #misdirected({ cluster, recipient }: { cluster: string; recipient: Address }): string | undefined {
    if (cluster !== this.#cluster) return `this peer is of the cluster "${this.#cluster}", not "${cluster}"`;
    if (recipient !== "" && recipient !== this.address) return `this peer is ${this.address}, not ${recipient}`;
    return undefined;
  }

  /** The live members, without ourselves and the one left out, in order. */
  #others(leftOut = this.address): Address[] {
    return this.#view.ring.filter((address) => address !== this.address && address !== leftOut);
  }

  /** Of whom an exchange that is under way will tell something before long; news does not. */
  #busy(): ReadonlySet<Address> {
    const asking = [...this.#exchanges.values()].filter(({ purpose, isOverdue }) => !purpose.branch && !isOverdue);
    return new Set(asking.map(({ to }) => to));
  }

  #takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}

/** Without what only travels with it. */
function recordOf(sent: SentRecord): MemberRecord {
  if (sent.goneForMs === undefined && sent.accusers === undefined) return sent;
  const { address, generation, incarnation, status, meta } = sent;
  return { address, generation, incarnation, status, meta };
}

function rangeOf({ members }: Branch): Range {
  return { from: members[0] ?? "", to: members.at(-1) ?? "" };
}
