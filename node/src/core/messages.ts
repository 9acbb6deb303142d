import type { Address } from "./address.js";
import type { PeerMeta } from "./meta.js";
import type { Range } from "./range.js";
import type { MemberRecord } from "./record.js";
import type { Accuser } from "./suspicion.js";
import type { Millis } from "./timing.js";
import type { Versions } from "./versions.js";

/** A record as it travels. */
export interface SentRecord extends MemberRecord {
  /**
   * How long ago a failed or left member went, as the sender reckons, so that all forget it together without comparing
   * clocks.
   */
  readonly goneForMs?: Millis;
  /** The peers that got no answer from a suspect or failed member. */
  readonly accusers?: readonly Accuser[];
}

/** A request: one peer tells another its own record and whatever else the other may lack. */
export interface ExchangeRequest {
  readonly cluster: string;
  /** The address the sender meant to reach; empty when it dialled a seed and cannot know. */
  readonly recipient: Address;
  readonly sender: Address;
  readonly records: readonly SentRecord[];
  /** The hash of all live records that the sender holds; 0 when it does not say. */
  readonly viewHash: number;
  /** The buckets of which the sender has told all it holds, and wants to hear what it lacks. */
  readonly buckets: readonly number[];
  /** The members that the receiver is to tell; undefined where the request tells no news. */
  readonly range: Range | undefined;
  /** What the sender speaks, where that is more than the first version. */
  readonly versions?: Versions | undefined;
}

/** The answer to an exchange. */
export interface ExchangeReply {
  readonly sender: Address;
  /** Records that the other lacks, or holds an older state of, as far as the request shows. */
  readonly records: readonly SentRecord[];
  readonly viewHash: number;
  /** The hash of each bucket where the views differ; else none. */
  readonly bucketHashes: readonly number[];
  /** What the sender speaks, where that is more than the first version. */
  readonly versions?: Versions | undefined;
}

/**
 * A request to find out whether a target answers: a ping where the target is the receiver itself, else a ping-req
 * (SWIM, section 3.1).
 */
export interface ProbeRequest {
  readonly cluster: string;
  readonly recipient: Address;
  readonly sender: Address;
  readonly target: Address;
}

/** The answer to a probe. Who was asked has not tried where it does not list the target, or cannot try just now. */
export type ProbeResult = "reached" | "not reached" | "not tried";

/**
 * The name of a call (an exchange or a probe) in the effect that asks for it and in the inputs that report its outcome.
 */
export type CallId = number;

/** Everything that can happen to a protocol, except that another peer asks something. */
export type Input =
  /** The alarm rang. Early is harmless, late is excused. */
  | { readonly type: "wake" }
  | { readonly type: "replied"; readonly id: CallId; readonly reply: ExchangeReply }
  /** The call has ended without an answer. `refused`: nobody listens there, which is more than silence. */
  | { readonly type: "unreachable"; readonly id: CallId; readonly reason: string; readonly refused?: boolean }
  /** A probe was answered. A helper that does not answer is `unreachable`. */
  | { readonly type: "probed"; readonly id: CallId; readonly result: ProbeResult }
  /** An open connection to that address was closed, and not by this peer. */
  | { readonly type: "closed"; readonly address: Address }
  /** No answer has come within the `timeoutMs` of the call; it is still waited for. */
  | { readonly type: "overdue"; readonly id: CallId }
  /** The addresses that a seed stands for now; none when its name is not known. */
  | { readonly type: "resolved"; readonly seed: Address; readonly addresses: readonly Address[] }
  | { readonly type: "add-seed"; readonly seed: Address }
  | { readonly type: "remove-seed"; readonly seed: Address }
  | { readonly type: "update-meta"; readonly meta: PeerMeta }
  | { readonly type: "leave" };

/** Everything a protocol can ask for. */
export type Effect =
  /**
   * Send the request to the address; report `overdue` when there is no answer after `timeoutMs`, and exactly one
   * `replied` or `unreachable` with the same id, after `deadlineMs` at the latest.
   */
  | {
      readonly type: "exchange";
      readonly id: CallId;
      readonly to: Address;
      readonly request: ExchangeRequest;
      readonly timeoutMs: Millis;
      readonly deadlineMs: Millis;
    }
  /** Ask `to` whether the target answers; report as with an exchange, but `probed` in place of `replied`. */
  | {
      readonly type: "probe";
      readonly id: CallId;
      readonly to: Address;
      readonly request: ProbeRequest;
      readonly timeoutMs: Millis;
      readonly deadlineMs: Millis;
    }
  /** Answer the probe that came with that token. */
  | { readonly type: "report"; readonly token: number; readonly result: ProbeResult }
  /** Look up the seed's addresses and report them as `resolved`. */
  | { readonly type: "resolve"; readonly seed: Address }
  | { readonly type: "announce"; readonly event: MemberEvent }
  /** Tell the operator, and nobody else. */
  | { readonly type: "warn"; readonly text: string };

/** The answer to an exchange: exactly one reply or one refusal, and whatever else is to be done. */
export type Answer = ({ readonly reply: ExchangeReply } | { readonly refusal: string }) & {
  readonly effects: readonly Effect[];
};

/** A member as the user of a peer sees it. */
export type Member = MemberRecord;

/** The kinds of changes of a view. */
export type MemberEventKind = "joined" | "updated" | "suspected" | "recovered" | "failed" | "left";

/** A change of the view. */
export interface MemberEvent {
  /** What has changed. */
  readonly kind: MemberEventKind;
  /** The member as it is after the change. */
  readonly member: Member;
  /** The cause, where the kind alone does not say it: the error of the call that failed, or who told. */
  readonly reason: string;
}
