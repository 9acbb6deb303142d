import type { Address } from "./address.js";
import type { Accuser } from "./suspicion.js";
import type { PeerMeta } from "./meta.js";
import type { Range } from "./range.js";
import type { MemberRecord } from "./record.js";
import type { Millis } from "./timing.js";

/** A record as it travels. */
export interface SentRecord extends MemberRecord {
  /**
   * Of a failed or left member: how long ago that was, as the sender reckons, so that all forget it together without
   * antiEntropy clocks.
   */
  readonly goneForMs?: Millis;
  /** Of a suspect: who says that it does not answer. */
  readonly accusers?: readonly Accuser[];
}

export interface ExchangeRequest {
  readonly cluster: string;
  /** The address the sender meant to reach; empty when it dialled a seed and cannot know. */
  readonly recipient: Address;
  readonly sender: Address;
  readonly records: readonly SentRecord[];
  /** Of all live records the sender holds; 0 when it does not say. */
  readonly viewHash: number;
  /** Of these buckets the sender has told all it holds, and wants to hear what it lacks. */
  readonly buckets: readonly number[];
  /** With news: the members that whoever gets it is to tell. */
  readonly range: Range | undefined;
}

export interface ExchangeReply {
  readonly sender: Address;
  /** What the other lacks, as far as it is known. */
  readonly records: readonly SentRecord[];
  readonly viewHash: number;
  /** Where the views differ: the hash of each bucket; else none. */
  readonly bucketHashes: readonly number[];
}

/** Asks a peer to find out whether another answers. */
export interface ProbeRequest {
  readonly cluster: string;
  readonly recipient: Address;
  readonly sender: Address;
  readonly target: Address;
}

/** Names one exchange between the effect that asks for it and the input that reports its outcome. */
export type CallId = number;

/** Everything that can happen to a protocol, except being asked. */
export type Input =
  /** The alarm rang. Early is harmless, late is excused. */
  | { readonly type: "wake" }
  | { readonly type: "replied"; readonly id: CallId; readonly reply: ExchangeReply }
  /** `refused`: nobody listens there, which is more than silence. */
  | { readonly type: "unreachable"; readonly id: CallId; readonly reason: string; readonly refused?: boolean }
  /** What a probe found out; where the one who was asked did not answer itself, `unreachable`. */
  | { readonly type: "probed"; readonly id: CallId; readonly reached: boolean }
  /** An open connection to that address was closed, and not by us. */
  | { readonly type: "closed"; readonly address: Address }
  /** There is no answer yet, after the `timeoutMs` of the call; it is still waited for. */
  | { readonly type: "overdue"; readonly id: CallId }
  /** The addresses a seed stands for now; none when its name is not known. */
  | { readonly type: "resolved"; readonly seed: Address; readonly addresses: readonly Address[] }
  | { readonly type: "add-seed"; readonly seed: Address }
  | { readonly type: "update-meta"; readonly meta: PeerMeta }
  | { readonly type: "leave" };

/** Everything a protocol can ask for. */
export type Effect =
  /**
   * Send the request to the address; report `overdue` when there is no answer after `timeoutMs`, and exactly one `replied`
   * or `unreachable` with the same id, after `deadlineMs` at the latest.
   */
  | {
      readonly type: "exchange";
      readonly id: CallId;
      readonly to: Address;
      readonly request: ExchangeRequest;
      readonly timeoutMs: Millis;
      readonly deadlineMs: Millis;
    }
  /** Ask `to` whether the target answers; report as with an exchange, but `probed` where that is `replied`. */
  | {
      readonly type: "probe";
      readonly id: CallId;
      readonly to: Address;
      readonly request: ProbeRequest;
      readonly timeoutMs: Millis;
      readonly deadlineMs: Millis;
    }
  /** What is to be answered to the probe that came with that token. */
  | { readonly type: "report"; readonly token: number; readonly reached: boolean }
  /** Look up the seed's addresses and report them as `resolved`. */
  | { readonly type: "resolve"; readonly seed: Address }
  | { readonly type: "announce"; readonly event: MemberEvent }
  /** Something an operator should know of, and nobody else. */
  | { readonly type: "warn"; readonly text: string };

/** What being asked leads to: exactly one reply or one refusal, and whatever else is to be done. */
export type Answer = ({ readonly reply: ExchangeReply } | { readonly refusal: string }) & {
  readonly effects: readonly Effect[];
};

/** What one peer believes of another, as its user sees it. */
export type Member = MemberRecord;

export type MemberEventKind = "joined" | "updated" | "suspected" | "recovered" | "failed" | "left";

/** One change of the view. */
export interface MemberEvent {
  readonly kind: MemberEventKind;
  readonly member: Member;
  /** Why, where the kind alone does not say it: the error of the exchange that failed, or who told. */
  readonly reason: string;
}
