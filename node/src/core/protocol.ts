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
  SentRecord,
} from "./messages.js";
import { normalMeta, type PeerMeta } from "./meta.js";
import { Partners } from "./partners.js";
import { pick, sample, type Random } from "./random.js";
import { conflicts, isLive, MAX_COUNTER, type MemberRecord } from "./record.js";
import { suspicionTimeoutMs, type Millis, type ProtocolLimits, type ProtocolTiming } from "./timing.js";
import { View } from "./view.js";

/** Who this peer is when it starts. */
export interface Self {
  readonly address: Address;
  readonly cluster: string;
  /** Its wall clock in ms; raised above any generation it hears of its own address. */
  readonly generation: number;
  readonly meta: PeerMeta;
}

interface Exchange {
  readonly to: Address;
  /**
   * The record that no answer makes suspect: the one held when the exchange began. None where nobody is known to be there
   * (a seed's address), where the other has been heard from since, or where we slept and cannot judge.
   */
  accused: MemberRecord | undefined;
  readonly dueAt: Millis;
}

/** What is known of a record beyond itself when somebody told it. */
interface Told {
  readonly goneForMs?: Millis;
  readonly sent?: SentRecord;
}

/** Whom a goodbye is told to directly; they pass it on. */
const GOODBYES = 3;
/** Extra exchanges a period with members under suspicion, so that a crash of many does not become a storm. */
const RETRIES = 3;

/**
 * The protocol of one peer: inputs and the time in, effects out. It knows no clock, socket or chance of its own.
 *
 * Contract: `now` never goes backwards; every exchange effect is followed by exactly one `replied` or `unreachable`,
 * every resolve effect by at most one `resolved`; `handle({type: "wake"})` is called at `nextWakeAt`. Waking early is
 * harmless; waking late is excused: a peer that was frozen suspects nobody of the time it slept through.
 */
export class Protocol {
  readonly #timing: ProtocolTiming;
  readonly #limits: ProtocolLimits;
  readonly #random: Random;
  readonly #cluster: string;
  readonly #view: View;
  readonly #partners = new Partners();
  readonly #detector = new Detector();
  readonly #exchanges = new Map<ExchangeId, Exchange>();
  #self: MemberRecord;
  #leaving = false;
  #revision = 0;
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
    const { address, generation } = self;
    this.#self = { address, generation, incarnation: 0, status: "alive", meta: normalMeta(self.meta) };
    this.#view.merge(this.#self, 0, now);
    this.#nextRoundAt = now;
  }

  /** When `handle({type: "wake"})` is wanted next; Infinity after a goodbye. */
  get nextWakeAt(): Millis {
    return this.#leaving ? Infinity : Math.min(this.#nextRoundAt, this.#detector.nextDeadline);
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
    return { live, tombstones: size - live, exchanges: this.#exchanges.size, partners: this.#partners.size };
  }

  /** The own record as it stands now. */
  get self(): MemberRecord {
    return this.#self;
  }

  get address(): Address {
    return this.#self.address;
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
        this.#unreachable(input.id, input.reason, now);
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
    if (!this.#leaving) this.#learn(request, now);
    // Who holds the same needs nothing but a sign of life: the own record, which is told first.
    const told = this.#toTell(now);
    const records = this.#view.hash === request.viewHash ? told.slice(0, 1) : told;
    const reply: ExchangeReply = { sender: this.address, records, viewHash: this.#view.hash };
    return { reply, effects: this.#takeEffects() };
  }

  // ---- the round ----------------------------------------------------------------------------------------------------

  #wake(now: Millis): void {
    if (this.#leaving) return;
    this.#excuseLateness(now);
    for (const address of this.#detector.expired(now))
      this.#fail(address, "did not answer in time to clear itself", now);
    if (now < this.#nextRoundAt) return;
    // The second round comes at a random part of a period, so that peers started together do not all speak at once.
    const step = this.#started ? 1 : this.#random.next();
    this.#started = true;
    this.#nextRoundAt = Math.max(this.#nextRoundAt + step * this.#timing.pingPeriodMs, now);
    this.#view.expire(now);
    this.#regularExchange(now);
    this.#retrySuspects(now);
    this.#retryFailed(now);
  }

  /**
   * A sleeper must not blame others: what was due while it slept is due that much later, and open exchanges accuse
   * nobody.
   */
  #excuseLateness(now: Millis): void {
    const lateness = now - this.nextWakeAt;
    if (lateness <= this.#timing.exchangeTimeoutMs / 2) return;
    this.#detector.excuse(lateness);
    this.#nextRoundAt = now;
    for (const exchange of this.#exchanges.values()) exchange.accused = undefined;
  }

  #regularExchange(now: Millis): void {
    const turn = this.#partners.next(this.#idleMembers(), (seed) => this.#isOpen(seed), this.#random);
    if (turn === undefined) return;
    if (turn.type === "member") this.#exchange(turn.address, true, now);
    else this.#resolve(turn.address);
  }

  #retrySuspects(now: Millis): void {
    const idle = this.#detector.suspects().filter((address) => !this.#isBusyWith(address));
    for (const address of sample(this.#random, idle, RETRIES)) this.#exchange(address, true, now);
  }

  /**
   * What heals a partition of any length: now and then one of the failed is tried again (serf's reconnect, with its
   * odds).
   */
  #retryFailed(now: Millis): void {
    const failed = this.#view.failedAddresses().filter((address) => !this.#isBusyWith(address));
    if (failed.length === 0) return;
    const odds = failed.length / (this.#view.liveCount + 1);
    const chosen = this.#random.next() < odds ? pick(this.#random, failed) : undefined;
    if (chosen !== undefined) this.#exchange(chosen, true, now);
  }

  // ---- outcomes -----------------------------------------------------------------------------------------------------

  #replied(id: ExchangeId, reply: ExchangeReply, now: Millis): void {
    const exchange = this.#exchanges.get(id);
    this.#exchanges.delete(id);
    if (exchange === undefined) return;
    if (reply.sender !== exchange.to) {
      this.#partners.learnAlias(exchange.to, reply.sender, this.#limits.maxSeeds * 16);
      this.#partners.forget(exchange.to);
    }
    if (this.#leaving || reply.sender === this.address) return;
    const before = this.#self;
    this.#learn(reply, now);
    // It held something of us that is not so, and must not have to wait for our next turn to hear that.
    if (this.#self !== before) this.#exchange(reply.sender, true, now);
  }

  #unreachable(id: ExchangeId, reason: string, now: Millis): void {
    const exchange = this.#exchanges.get(id);
    this.#exchanges.delete(id);
    if (exchange === undefined || this.#leaving) return;
    const record = this.#view.get(exchange.to);
    if (record === undefined || !isLive(record)) {
      this.#partners.forget(exchange.to);
      return;
    }
    // Whoever learns of a timeout long after it was due slept itself and cannot tell who was silent.
    const late = now - exchange.dueAt > this.#timing.exchangeTimeoutMs / 2;
    if (late || exchange.accused !== record) return;
    if (this.#timing.suspicionMultiplier === 0) this.#fail(exchange.to, reason, now);
    else this.#suspect(record, reason, now);
  }

  #suspect(record: MemberRecord, reason: string, now: Millis): void {
    this.#accept({ ...record, status: "suspect" }, reason, now);
    // The accused hears it first and over a fresh connection, so that one lost call costs it nothing (Lifeguard, buddy
    // system).
    this.#exchange(record.address, true, now);
  }

  #fail(address: Address, reason: string, now: Millis): void {
    const record = this.#view.get(address);
    if (record !== undefined && isLive(record)) this.#accept({ ...record, status: "failed" }, reason, now);
    this.#detector.clear(address);
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
    const untried = addresses.filter((address) => this.#isOpen(address) && !this.#isBusyWith(address));
    const to = pick(this.#random, untried);
    if (to !== undefined) {
      this.#exchange(to, false, now);
      return;
    }
    const turn = this.#partners.next(this.#idleMembers(), () => false, this.#random);
    if (turn !== undefined) this.#exchange(turn.address, true, now);
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
    const told = sample(this.#random, this.#others(), GOODBYES);
    // Whoever is being asked right now may have taken us in already.
    const asked = [...this.#exchanges.values()].flatMap(({ to }) => (this.#view.isLive(to) ? [] : [to]));
    this.#changeSelf({ status: "left" }, "leaving", now);
    this.#leaving = true;
    for (const address of told) this.#exchange(address, true, now);
    for (const address of sample(this.#random, asked, GOODBYES)) this.#exchange(address, false, now);
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
      this.#changeSelf({ incarnation: Math.max(incarnation, theirs.incarnation) + 1 }, "refuted", now);
    }
  }

  // ---- merging ------------------------------------------------------------------------------------------------------

  #learn({ sender, records, viewHash }: ExchangeRequest | ExchangeReply, now: Millis): void {
    for (const sent of viewHash === this.#view.hash ? [] : records) {
      if (this.#view.holds(sent)) continue;
      if (sent.address === this.address) this.#mergeOwn(sent, sender, now);
      else this.#mergeOther(sent, sender, now);
    }
    if (!this.#view.isLive(sender)) return;
    this.#partners.interacted(sender);
    for (const exchange of this.#exchanges.values()) if (exchange.to === sender) exchange.accused = undefined;
    this.#detector.extend(sender, now + this.#timing.exchangeTimeoutMs);
  }

  #mergeOwn(theirs: MemberRecord, from: Address, now: Millis): void {
    if (this.#leaving || theirs.generation < this.#self.generation) return;
    if (conflicts(theirs, this.#self)) this.#warnOfConflict(theirs, from);
    const ahead = theirs.generation > this.#self.generation || theirs.incarnation > this.#self.incarnation;
    const accused = theirs.incarnation === this.#self.incarnation && theirs.status !== "alive";
    if (ahead || accused) this.#refute(theirs, now);
  }

  #mergeOther(sent: SentRecord, from: Address, now: Millis): void {
    const { goneForMs, ...theirs } = sent;
    const ours = this.#view.get(theirs.address);
    if (ours !== undefined && conflicts(theirs, ours)) this.#warnOfConflict(theirs, from);
    this.#accept(theirs, `told by ${from}`, now, { goneForMs, sent });
  }

  #warnOfConflict({ address, generation, incarnation }: MemberRecord, from: Address): void {
    const which = `generation ${generation}, incarnation ${incarnation}`;
    this.#effects.push({
      type: "warn",
      text: `two peers claim ${address} with different metadata (${which}), says ${from}`,
    });
  }

  /** The one place where the view changes: whatever follows from a change of a record follows here. */
  #accept(record: MemberRecord, reason: string, now: Millis, { goneForMs = 0, sent }: Told = {}): void {
    const merged = this.#view.merge(record, goneForMs, now, sent);
    if (merged.outcome === "refused") this.#effects.push({ type: "warn", text: merged.problem });
    if (merged.outcome !== "changed") return;
    this.#revision++;
    const { before, after } = merged;
    for (const kind of eventKinds(before, after)) {
      if (kind === "left" && after.address === this.address) continue; // whoever stops a peer knows
      this.#effects.push({ type: "announce", event: { kind, member: after, reason } });
    }
    if (!isLive(after)) this.#partners.forget(after.address);
    this.#detector.clear(after.address);
    if (after.status === "suspect") this.#detector.suspect(after.address, now + this.#suspicionMs());
  }

  // ---- small things -------------------------------------------------------------------------------------------------

  #exchange(to: Address, isMember: boolean, now: Millis): void {
    const id = this.#nextId++;
    const timeoutMs = this.#timing.exchangeTimeoutMs;
    const recipient = isMember ? to : "";
    const records = this.#toTell(now);
    const request = { cluster: this.#cluster, recipient, sender: this.address, records, viewHash: this.#view.hash };
    const held = isMember ? this.#view.get(to) : undefined;
    this.#exchanges.set(id, { to, accused: held?.status === "alive" ? held : undefined, dueAt: now + timeoutMs });
    this.#partners.interacted(to);
    this.#effects.push({ type: "exchange", id, to, request, timeoutMs });
  }

  #misdirected({ cluster, recipient }: ExchangeRequest): string | undefined {
    if (cluster !== this.#cluster) return `this peer is of the cluster "${this.#cluster}", not "${cluster}"`;
    if (recipient !== "" && recipient !== this.address) return `this peer is ${this.address}, not ${recipient}`;
    return undefined;
  }

  #toTell(now: Millis): readonly SentRecord[] {
    return this.#view.toTell(this.address, this.#random, now);
  }

  #others(): Address[] {
    return this.#view.liveAddresses().filter((address) => address !== this.address);
  }

  #idleMembers(): Address[] {
    const busy = new Set([...this.#exchanges.values()].map(({ to }) => to));
    return this.#others().filter((address) => !busy.has(address));
  }

  #isBusyWith(address: Address): boolean {
    return [...this.#exchanges.values()].some(({ to }) => to === address);
  }

  #suspicionMs(): Millis {
    return suspicionTimeoutMs(this.#timing, this.#view.liveCount);
  }

  #takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
