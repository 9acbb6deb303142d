import type { Address } from "./address.js";
import { Calls } from "./calls.js";
import { AntiEntropy } from "./anti-entropy.js";
import { Suspicions } from "./suspicions.js";
import { FailureDetector } from "./failure-detector.js";
import { Merging } from "./merging.js";
import { Membership, type MergeContext } from "./membership.js";
import type { Answer, Effect, ExchangeRequest, Input, Member, ProbeRequest } from "./messages.js";
import { normalMeta } from "./meta.js";
import { Outcomes } from "./outcomes.js";
import { Pace } from "./pace.js";
import { PartnerSelection } from "./partner-selection.js";
import type { Random } from "./random.js";
import { isLive, type MemberRecord } from "./record.js";
import { Seeking } from "./seeking.js";
import { State, type Self } from "./state.js";
import { Dissemination } from "./dissemination.js";
import type { Millis, ProtocolLimits, ProtocolTiming } from "./timing.js";

export type { Self } from "./state.js";

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
  readonly #partnerSelection = new PartnerSelection();
  readonly #pace: Pace;
  readonly #antiEntropy: AntiEntropy;
  readonly #calls: Calls;
  readonly #dissemination: Dissemination;
  readonly #membership: Membership;
  readonly #failureDetector: FailureDetector;
  readonly #merging: Merging;
  readonly #seeking: Seeking;
  readonly #outcomes: Outcomes;
  #nextRoundAt: Millis;
  #isStarted = false;

  constructor(self: Self, timing: ProtocolTiming, limits: ProtocolLimits, random: Random, now: Millis) {
    const state = new State(self, timing, limits, random, now);
    const suspicions = new Suspicions(timing);
    this.#state = state;
    this.#pace = new Pace(timing);
    this.#antiEntropy = new AntiEntropy(state, suspicions);
    this.#calls = new Calls(state, this.#antiEntropy, this.#pace, this.#partnerSelection);
    this.#dissemination = new Dissemination(state, this.#calls);
    this.#membership = new Membership(state, this.#pace, (after, told, moment) => {
      this.#follow(after, told, moment);
    });
    const [calls, dissemination, membership, pace] = [this.#calls, this.#dissemination, this.#membership, this.#pace];
    this.#failureDetector = new FailureDetector(state, { calls, suspicions, pace, membership, dissemination });
    this.#merging = new Merging(state, calls, this.#failureDetector, membership, dissemination);
    this.#seeking = new Seeking(state, calls, this.#partnerSelection);
    const [antiEntropy, failureDetector, merging, seeking] = [
      this.#antiEntropy,
      this.#failureDetector,
      this.#merging,
      this.#seeking,
    ];
    this.#outcomes = new Outcomes(state, {
      calls,
      antiEntropy,
      failureDetector,
      merging,
      membership,
      seeking,
      dissemination,
    });
    this.#nextRoundAt = now;
  }

  /** When `handle({type: "wake"})` is wanted next; Infinity after a goodbye. */
  get nextWakeAt(): Millis {
    if (this.#state.isLeaving) return Infinity;
    return Math.min(
      this.#nextRoundAt,
      this.#failureDetector.nextAt,
      this.#dissemination.dueAt,
      this.#outcomes.nextRecheckAt,
    );
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
    return { live, tombstones: size - live, exchanges: this.#calls.size, partners: this.#partnerSelection.spokenCount };
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
        this.#outcomes.replied(input.id, input.reply, now);
        break;
      case "unreachable":
        this.#outcomes.unreachable(input.id, { reason: input.reason, refused: input.refused ?? false }, now);
        break;
      case "overdue":
        this.#outcomes.overdue(input.id, now);
        break;
      case "probed":
        this.#outcomes.probed(input.id, input.reached, now);
        break;
      case "closed":
        // About as many hold a connection to it as we have talked to.
        this.#failureDetector.connectionClosed(input.address, this.#partnerSelection.spokenCount, now);
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
    if (!this.#state.isLeaving) this.#merging.take(request, now);
    const isEqual = view.hash === request.viewHash;
    // Whoever passes news on holds another view than its hearers for that reason alone.
    const isToCompare = !isEqual && request.range === undefined;
    const records = isEqual ? [] : this.#antiEntropy.corrections(request, isToCompare, now);
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
    if (isLeaving || this.#calls.count("on-behalf") >= MOST_PROBES || target === this.address) {
      this.#state.emit({ type: "report", token, reached: target === this.address && !isLeaving });
    } else {
      this.#calls.exchange(target, { for: "on-behalf", token }, now);
    }
    return this.#state.takeEffects();
  }

  // ---- the round ----------------------------------------------------------------------------------------------------

  #wake(now: Millis): void {
    if (this.#state.isLeaving) return;
    this.#excuseLateness(now);
    this.#failureDetector.wake(now);
    this.#outcomes.recheck(now);
    if (now >= this.#nextRoundAt) this.#round(now);
    this.#dissemination.tell(now);
  }

  #round(now: Millis): void {
    // The second round comes at a random part of a period, so that peers started together do not all speak at once.
    const step = this.#isStarted ? 1 : this.#state.random.next();
    this.#isStarted = true;
    this.#nextRoundAt = Math.max(this.#nextRoundAt + step * this.#state.timing.pingPeriodMs, now);
    this.#state.view.expire(now);
    this.#dissemination.forgetOld();
    this.#seeking.regularExchange(now);
    this.#failureDetector.round(now);
    this.#seeking.retryLost(now);
  }

  /** A sleeper must not blame others. */
  #excuseLateness(now: Millis): void {
    const latenessMs = now - this.nextWakeAt;
    if (latenessMs <= this.#state.timing.minTimeoutMs / 2) return;
    this.#failureDetector.excuse(latenessMs, now);
    this.#nextRoundAt = Math.max(this.#nextRoundAt, now);
  }

  // ---- changes ------------------------------------------------------------------------------------------------------

  /** Whatever follows from a change of the view follows here. */
  #follow(after: MemberRecord, told: MergeContext, now: Millis): void {
    this.#failureDetector.changed(after, told, now);
    if (!isLive(after)) this.#partnerSelection.forget(after.address);
    this.#dissemination.spread(after.address, told.spread ?? "all", now);
  }

  #updateMeta(meta: MemberRecord["meta"], now: Millis): void {
    this.#membership.changeSelf({ incarnation: this.#state.self.incarnation + 1, meta }, "set", now);
  }

  #leave(now: Millis): void {
    if (this.#state.isLeaving) return;
    const [others, strangers] = [this.#state.others(), this.#calls.strangers()];
    this.#membership.changeSelf({ status: "left" }, "leaving", now);
    this.#state.isLeaving = true;
    this.#dissemination.goodbye(others, strangers, now);
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
