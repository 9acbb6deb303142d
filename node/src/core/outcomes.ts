import { ALL_BUCKETS, type AntiEntropy } from "./anti-entropy.js";
import type { Call } from "./call.js";
import type { Calls } from "./calls.js";
import type { ClosedConnections } from "./closed-connections.js";
import type { Dissemination } from "./dissemination.js";
import type { FailureDetector, Silence } from "./failure-detector.js";
import type { Merging } from "./merging.js";
import type { CallId, ExchangeReply, ProbeResult } from "./messages.js";
import type { Seeds } from "./seeds.js";
import type { Settling } from "./settling.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** Repairs of two views in a row; what is left then waits for the next exchange. */
const MOST_REPAIRS = 64;

/** The parts to which the outcome of a call may matter. */
interface Parts {
  readonly antiEntropy: AntiEntropy;
  readonly calls: Calls;
  readonly closedConnections: ClosedConnections;
  readonly dissemination: Dissemination;
  readonly failureDetector: FailureDetector;
  readonly merging: Merging;
  readonly seeds: Seeds;
  readonly settling: Settling;
}

/** Acts on the outcome of a call. An id that is not under way, or not any more, changes nothing. */
export class Outcomes {
  readonly #state: State;
  readonly #parts: Parts;
  /** Calls to be judged again. One that ends before its moment stays until then: waking for it is harmless. */
  readonly #postponed = new Set<Call>();

  constructor(state: State, parts: Parts) {
    this.#state = state;
    this.#parts = parts;
  }

  /** When `recheck` is wanted next; Infinity when no call waits for it. */
  get nextRecheckAt(): Millis {
    let next = Infinity;
    for (const { recheckAt = Infinity } of this.#postponed) next = Math.min(next, recheckAt);
    return next;
  }

  /** Judges the postponed calls again whose moment has come. */
  recheck(now: Millis): void {
    const due = [...this.#postponed].filter(({ recheckAt = Infinity }) => recheckAt <= now);
    for (const call of due) {
      this.#postponed.delete(call);
      this.overdue(call.id, now);
    }
  }

  /** Ends all calls: their outcomes mean nothing any more. Whoever asked for one is told that it was not tried. */
  abandonAll(): void {
    for (const { id, purpose, isOverdue } of this.#parts.calls.all()) {
      this.#parts.calls.end(id);
      if (purpose.for === "on-behalf" && !isOverdue) this.#report(purpose.token, "not tried");
    }
  }

  /** Acts on the reply to an exchange. */
  replied(id: CallId, reply: ExchangeReply, now: Millis): void {
    const { calls, merging, seeds, settling } = this.#parts;
    const call = calls.end(id);
    if (call === undefined) return;
    calls.answered(call, now);
    // Where the call was overdue before, whoever asked has been told that there was no answer.
    if (call.purpose.for === "on-behalf" && !call.isOverdue) this.#report(call.purpose.token, "reached");
    const mismatch = merging.versionMismatch(reply, now);
    if (mismatch !== undefined) {
      this.#learnedNothing(call, mismatch, now);
      return;
    }
    if (reply.sender !== call.to) seeds.learnAlias(call.to, reply.sender, now);
    if (reply.sender === this.#state.address) seeds.ledToSelf(call.to);
    if (this.#state.isLeaving || reply.sender === this.#state.address) return;
    const isAtRest = settling.isAtRest(now);
    const isStorm = !isAtRest && !settling.isSettling(now) && !call.isJoin;
    const { self } = this.#state;
    const isNews = this.#takeIn(reply, call, { isAtRest }, now);
    const isDifferent = reply.bucketHashes.length > 0;
    if (isDifferent) settling.foundDifference(now);
    if (isDifferent && (isNews || depthOf(call) === 0)) this.#repair(reply, call, { isStorm }, now);
    // The other held something of this peer that is not so, and must not have to wait for the next turn to hear that.
    else if (this.#state.self !== self) calls.exchange(reply.sender, { for: "member" }, now);
  }

  /** Acts on the answer to a probe. */
  probed(id: CallId, result: ProbeResult, now: Millis): void {
    const { calls, failureDetector } = this.#parts;
    const call = calls.end(id);
    if (call === undefined) return;
    const { purpose } = call;
    if (purpose.for === "ping-req") failureDetector.helperAnswered(purpose.about, result, now);
    if (purpose.for !== "ping") return;
    calls.answered(call, now);
    failureDetector.heardFrom(call.to, now);
  }

  /** Acts on a call that has ended without an answer. */
  unreachable(id: CallId, silence: Silence, now: Millis): void {
    const { calls } = this.#parts;
    const call = calls.get(id);
    if (call === undefined) return;
    const isLate = now - call.sentAt >= call.timeoutMs;
    if (isLate && this.#isExcused(call, now)) call.accused = undefined;
    calls.end(id);
    if (!call.isOverdue) this.#unanswered(call, silence, now);
  }

  /**
   * Acts on a call that is not answered yet: others are asked and told instead, as if no answer came any more. An
   * answer that comes after all says how long answers take: where a call is ended early nobody ever learns that, and
   * the next one is ended early too. A ping-req ends here, since the helper has had the time of several answers.
   */
  overdue(id: CallId, now: Millis): void {
    const { calls } = this.#parts;
    const call = calls.get(id);
    if (call === undefined) return;
    if (call.purpose.for !== "ping-req" && this.#isExcused(call, now)) {
      this.#postpone(call, now);
      return;
    }
    if (call.purpose.for === "ping-req") calls.end(id);
    else calls.setOverdue(call);
    this.#unanswered(call, { reason: `no answer for ${Math.round(call.timeoutMs)} ms`, refused: false }, now);
  }

  /** Acts on an answer that has not come in time, for whoever waits for it. */
  #unanswered(call: Call, silence: Silence, now: Millis): void {
    const { failureDetector } = this.#parts;
    if (call.purpose.for === "ping-req") {
      failureDetector.helperAnswered(call.purpose.about, "silent", now);
      return;
    }
    if (call.purpose.for === "on-behalf") this.#report(call.purpose.token, "not reached");
    this.#learnedNothing(call, silence.reason, now);
    failureDetector.unanswered(call, silence, now);
  }

  /** Acts on a call that has brought nothing, whether or not it was answered: what it was for is for another to do. */
  #learnedNothing({ purpose, to }: Call, reason: string, now: Millis): void {
    const { dissemination, seeds } = this.#parts;
    if (purpose.for === "news") dissemination.tellNext(purpose.branch, to, now);
    if (purpose.for === "seed") seeds.failed(to, reason, now);
  }

  /** Leaves a call unjudged for one more timeout. It accuses nobody from now on. */
  #postpone(call: Call, now: Millis): void {
    call.accused = undefined;
    call.recheckAt = now + call.timeoutMs;
    this.#postponed.add(call);
  }

  /** Where the answers of all are late, a missing one accuses nobody but a member whose connection closed. */
  #isExcused({ purpose, recheckAt, sentAt, to }: Call, now: Millis): boolean {
    const { calls, closedConnections } = this.#parts;
    if (this.#state.isLeaving) return false; // no time is left to wait once more
    // Where messages are lost, those of the few calls that told the news may all be; nothing else would tell it again.
    if (purpose.for === "news" && recheckAt !== undefined) return false;
    return !closedConnections.counts(to, now) && calls.isEverybodyLate(sentAt, now);
  }

  /** Answers the ping-req that came with the token. */
  #report(token: number, result: ProbeResult): void {
    this.#state.emit({ type: "report", token, result });
  }

  /** Merges a reply; returns whether it said anything new. Records that others know already are passed on to nobody. */
  #takeIn(reply: ExchangeReply, call: Call, { isAtRest }: { readonly isAtRest: boolean }, now: Millis): boolean {
    const isOld = call.isJoin || (depthOf(call) > 0 && !isAtRest);
    const spread = isOld ? "nobody" : "all";
    return this.#parts.merging.reply(reply, spread, now);
  }

  /**
   * Has both sides tell each other all they hold where their views differ, in messages of bounded size, as long as that
   * brings anything. A bucket that was equal once is left to the news: where many join together something of it changes
   * with every answer. While news is about, most differences mend themselves; then a part is enough.
   */
  #repair(reply: ExchangeReply, call: Call, { isStorm }: { readonly isStorm: boolean }, now: Millis): void {
    const { calls, antiEntropy } = this.#parts;
    const { isJoin, purpose } = call;
    const depth = depthOf(call);
    if (depth >= (isStorm ? 1 : MOST_REPAIRS)) return;
    const differing = antiEntropy.differing(reply, purpose.for === "repair" ? purpose.differing : ALL_BUCKETS);
    if (differing.length === 0) return;
    const buckets = antiEntropy.toRepair(differing, { isStorm });
    calls.exchange(reply.sender, { for: "repair", depth: depth + 1, isJoin, differing, buckets }, now);
  }
}

/** How many repairs have led to the call, itself included. */
function depthOf({ purpose }: Call): number {
  return purpose.for === "repair" ? purpose.depth : 0;
}
