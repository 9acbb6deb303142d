import type { Address } from "./address.js";
import type { Condition } from "./condition.js";
import type { Answer, Effect, ExchangeRequest, Input, Member, ProbeRequest } from "./messages.js";
import { normalMeta } from "./meta.js";
import { makeParts, type Parts } from "./parts.js";
import { pick, type Random } from "./random.js";
import { isLive, type MemberRecord } from "./record.js";
import { State, type Identity } from "./state.js";
import { noStats, type ProtocolStats } from "./stats.js";
import type { Millis, ProtocolLimits, ProtocolTiming } from "./timing.js";
import { saidOf } from "./versions.js";

export type { Identity } from "./state.js";

/** Calls on behalf of others under way at once. A peer that asks for more is told that it was not tried. */
const MOST_ON_BEHALF = 64;

/**
 * The protocol of one peer: inputs and the time in, effects out. It knows no clock, socket or chance of its own.
 *
 * Contract: `now` never goes backwards; every exchange effect is followed by exactly one `replied` or `unreachable`,
 * every probe effect by one `probed` or `unreachable`, either by at most one `overdue` before that, every resolve
 * effect by at most one `resolved`; `handle({type: "wake"})` is called at `nextWakeAt`. Waking early is harmless.
 * Waking late is excused: a peer that was frozen suspects nobody of the time it slept through.
 */
export class Protocol {
  readonly #state: State;
  readonly #parts: Parts;
  #nextRoundAt: Millis;
  /** When anything happened last. */
  #lastAt: Millis;
  /** After a long sleep requests are refused until this moment: those that waited meanwhile tell what is long past. */
  #refusesUntil: Millis = -Infinity;
  #isStarted = false;

  constructor(identity: Identity, timing: ProtocolTiming, limits: ProtocolLimits, random: Random, now: Millis) {
    this.#state = new State(identity, timing, limits, random, now);
    this.#parts = makeParts(this.#state);
    this.#nextRoundAt = now;
    this.#lastAt = now;
  }

  // ---- as it stands -------------------------------------------------------------------------------------------------

  /** When `handle({type: "wake"})` is wanted next; Infinity after a goodbye. */
  get nextWakeAt(): Millis {
    if (this.#state.isLeaving) return Infinity;
    const { dissemination, failureDetector, outcomes, settling } = this.#parts;
    const settlesAt = this.#isStarted ? settling.settlesAt : Infinity;
    return Math.min(this.#nextRoundAt, failureDetector.nextAt, dissemination.dueAt, outcomes.nextRecheckAt, settlesAt);
  }

  /** Raised with every change of the view. */
  get revision(): number {
    return this.#parts.membership.revision;
  }

  /** Equal for two peers that hold the same live records. */
  get viewHash(): number {
    return this.#state.view.hash;
  }

  /** How it stands with this peer. */
  condition(now: Millis): Condition {
    const { membership, partnerSelection, reachability, seeds } = this.#parts;
    const { address, isLeaving, view } = this.#state;
    if (isLeaving) return { name: "leaving", reason: "" };
    if (membership.isContested(now)) return { name: "conflicting", reason: `another process claims ${address} too` };
    if (reachability.isUnreachable(now)) return { name: "unreachable", reason: `others cannot call ${address}` };
    if (view.liveCount > 1) return { name: "joined", reason: "" };
    return partnerSelection.seedCount > 0 ? { name: "joining", reason: seeds.problem } : { name: "alone", reason: "" };
  }

  /** The own record as it stands now. */
  get self(): MemberRecord {
    return this.#state.self;
  }

  get address(): Address {
    return this.#state.address;
  }

  /** How many entries are held, for whoever watches over the limits. */
  sizes(): { live: number; tombstones: number; calls: number; partners: number } {
    const { calls, partnerSelection } = this.#parts;
    const { liveCount: live, size } = this.#state.view;
    return { live, tombstones: size - live, calls: calls.size, partners: partnerSelection.spokenCount };
  }

  /** A snapshot of everything there are numbers of. The records of the view are counted for it. */
  stats(): ProtocolStats {
    const { dissemination, localHealth, roundTrip } = this.#parts;
    const { counts, self, view } = this.#state;
    const { members } = noStats();
    for (const { status } of view.records()) members[status]++;
    return {
      transitions: { ...counts.transitions },
      suspicions: { ...counts.suspicions },
      records: { ...counts.records },
      members,
      viewHash: view.hash,
      generation: self.generation,
      incarnation: self.incarnation,
      localHealth: localHealth.score,
      roundTripMs: roundTrip.smoothedMs,
      newsWaiting: dissemination.waiting,
    };
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

  // ---- the three doors ----------------------------------------------------------------------------------------------

  /** Takes in an event; returns the effects to be performed, in this order. */
  handle(input: Input, now: Millis): readonly Effect[] {
    this.#noticeLongSleep(now);
    const { closedConnections, outcomes, regularExchange, seeds } = this.#parts;
    switch (input.type) {
      case "wake":
        this.#wake(now);
        break;
      case "replied":
        outcomes.replied(input.id, input.reply, now);
        break;
      case "probed":
        outcomes.probed(input.id, input.result, now);
        break;
      case "unreachable":
        outcomes.unreachable(input.id, { reason: input.reason, refused: input.refused ?? false }, now);
        break;
      case "overdue":
        outcomes.overdue(input.id, now);
        break;
      case "closed":
        closedConnections.add(input.address, now);
        break;
      case "resolved":
        regularExchange.resolved(input.seed, input.addresses, now);
        break;
      case "add-seed":
        if (seeds.add(input.seed) && this.#isStarted) regularExchange.resolve(input.seed);
        break;
      case "remove-seed":
        seeds.remove(input.seed);
        break;
      case "update-meta":
        this.#parts.membership.updateMeta(normalMeta(input.meta), now);
        break;
      case "leave":
        this.#leave(now);
        break;
    }
    return this.#state.takeEffects();
  }

  /** Answers an exchange: with one reply, or one refusal that says why this peer is not the one meant. */
  answer(request: ExchangeRequest, now: Millis): Answer {
    this.#noticeLongSleep(now);
    const misdirected = this.#misdirected(request);
    if (request.cluster !== this.#state.cluster)
      this.#state.warnRarely(`refused a call of ${request.sender}: ${misdirected}`, now, "cluster");
    const refusal = misdirected ?? this.#refusesNews(request) ?? this.#refusesOld(now);
    if (refusal !== undefined) return { refusal, effects: this.#state.takeEffects() };
    const { antiEntropy, merging, reachability } = this.#parts;
    const { view } = this.#state;
    reachability.called();
    const versions = saidOf(this.#state.versions);
    if (merging.versionMismatch(request, now) !== undefined) {
      const reply = { sender: this.address, records: [], viewHash: 0, bucketHashes: [], versions };
      return { reply, effects: this.#state.takeEffects() };
    }
    const outdated = merging.request(request, now);
    const isEqual = view.hash === request.viewHash;
    // A peer that passes news on holds another view than its hearers for that reason alone.
    const isCompared = !isEqual && request.range === undefined;
    const records = isEqual ? [] : antiEntropy.replyRecords(request, { outdated, isCompared }, now);
    const bucketHashes = isCompared ? view.bucketHashes : [];
    const reply = { sender: this.address, records, viewHash: view.hash, bucketHashes, versions };
    return { reply, effects: this.#state.takeEffects() };
  }

  /**
   * Answers a probe: a ping at once, a ping-req by an exchange with its target. The effects hold, now or after a later
   * input, exactly one `report` with this token. Or returns one refusal, as with an exchange.
   */
  probe(request: ProbeRequest, token: number, now: Millis): readonly Effect[] | { readonly refusal: string } {
    const refusal = this.#misdirected(request);
    if (refusal !== undefined) return { refusal };
    const { target } = request;
    const { calls, reachability } = this.#parts;
    reachability.called();
    const { isLeaving, view } = this.#state;
    // Only members are tried: else anybody could have a peer dial whatever is named to it.
    const isTried = !isLeaving && view.isLive(target) && calls.count("on-behalf") < MOST_ON_BEHALF;
    if (target === this.address && !isLeaving) this.#state.emit({ type: "report", token, result: "reached" });
    else if (!isTried) this.#state.emit({ type: "report", token, result: "not tried" });
    else calls.exchange(target, { for: "on-behalf", token }, now);
    return this.#state.takeEffects();
  }

  #misdirected({ cluster, recipient }: { cluster: string; recipient: Address }): string | undefined {
    const own = this.#state.cluster;
    if (cluster !== own) return `this peer is of the cluster "${own}", not "${cluster}"`;
    if (recipient !== "" && recipient !== this.address) return `this peer is ${this.address}, not ${recipient}`;
    return undefined;
  }

  /** A peer that leaves passes nothing on: another is to be told. */
  #refusesNews({ range }: ExchangeRequest): string | undefined {
    if (!this.#state.isLeaving || range === undefined) return undefined;
    return `${this.address} is leaving and passes nothing on`;
  }

  #refusesOld(now: Millis): string | undefined {
    return now < this.#refusesUntil ? `${this.address} slept for long and begins anew` : undefined;
  }

  // ---- the round ----------------------------------------------------------------------------------------------------

  #wake(now: Millis): void {
    if (this.#state.isLeaving) return;
    const { dissemination, failureDetector, outcomes } = this.#parts;
    this.#excuseLateness(now);
    failureDetector.wake(now);
    outcomes.recheck(now);
    if (now >= this.#nextRoundAt) this.#round(now);
    if (now >= this.#parts.settling.settlesAt) this.#settle(now);
    dissemination.sendDue(now);
  }

  #round(now: Millis): void {
    // The second round comes at a random part of a period, so that peers started together do not all speak at once.
    const step = this.#isStarted ? 1 : this.#state.random.next();
    this.#isStarted = true;
    this.#nextRoundAt = Math.max(this.#nextRoundAt + step * this.#state.timing.pingPeriodMs, now);
    this.#state.view.expire(now);
    this.#parts.dissemination.age();
    this.#parts.seeds.round();
    this.#parts.regularExchange.round(now);
    this.#parts.failureDetector.round(now);
    this.#parts.reconnect.round(now);
    this.#parts.returns.round(now);
    this.#parts.reachability.remind(now);
  }

  /** Compares the own view with that of another after many changes: not all news of them has reached everybody. */
  #settle(now: Millis): void {
    const { calls, settling } = this.#parts;
    settling.settled(now);
    const partner = pick(this.#state.random, this.#state.others());
    if (partner !== undefined) calls.exchange(partner, { for: "member" }, now);
  }

  /** A peer that slept must not blame others for what it did not hear. */
  #excuseLateness(now: Millis): void {
    const latenessMs = now - this.nextWakeAt;
    if (latenessMs <= this.#state.timing.minTimeoutMs / 2) return;
    this.#parts.failureDetector.excuse(latenessMs, now);
    this.#nextRoundAt = Math.max(this.#nextRoundAt, now);
  }

  /**
   * A peer that slept for longer than the dead are remembered would bring them back at everybody. It keeps addresses to
   * try and nothing else, as a newcomer.
   */
  #noticeLongSleep(now: Millis): void {
    const sleptMs = now - this.#lastAt;
    this.#lastAt = now;
    const { pingPeriodMs, tombstoneTtlMs } = this.#state.timing;
    if (sleptMs < tombstoneTtlMs || this.#state.isLeaving) return;
    const { membership, outcomes, seeds } = this.#parts;
    seeds.remember(this.#state.others());
    outcomes.abandonAll();
    membership.forgetOthers("this peer slept for longer than members are remembered", now);
    this.#refusesUntil = now + pingPeriodMs;
  }

  // ---- the own record -----------------------------------------------------------------------------------------------

  #leave(now: Millis): void {
    if (this.#state.isLeaving) return;
    const { calls, dissemination, membership } = this.#parts;
    const [others, strangers] = [this.#state.others(), calls.strangers()];
    membership.leave(now);
    this.#state.isLeaving = true;
    dissemination.goodbye(others, strangers, now);
  }
}
