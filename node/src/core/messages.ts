import type { Address } from "./address.js";
import type { PeerMeta } from "./meta.js";
import type { MemberRecord } from "./record.js";
import type { Millis } from "./timing.js";

/** A record with the age of its tombstone, so that all forget the member together without comparing clocks. */
export interface SentRecord extends MemberRecord {
  /** For a failed or left member how long ago that was, as the sender reckons; else 0. */
  readonly goneForMs: Millis;
}

export interface ExchangeRequest {
  readonly cluster: string;
  /** The address the sender meant to reach; empty when it dialled a seed and cannot know. */
  readonly recipient: Address;
  readonly sender: Address;
  readonly records: readonly SentRecord[];
  /** Of all live records the sender holds; 0 when it does not say. */
  readonly viewHash: number;
}

export interface ExchangeReply {
  readonly sender: Address;
  readonly records: readonly SentRecord[];
  readonly viewHash: number;
}

/** Names one exchange between the effect that asks for it and the input that reports its outcome. */
export type ExchangeId = number;

/** Everything that can happen to a protocol, except being asked. */
export type Input =
  /** The alarm rang. Early is harmless, late is excused. */
  | { readonly type: "wake" }
  | { readonly type: "replied"; readonly id: ExchangeId; readonly reply: ExchangeReply }
  | { readonly type: "unreachable"; readonly id: ExchangeId; readonly reason: string }
  /** The addresses a seed stands for now; none when its name is not known. */
  | { readonly type: "resolved"; readonly seed: Address; readonly addresses: readonly Address[] }
  | { readonly type: "add-seed"; readonly seed: Address }
  | { readonly type: "update-meta"; readonly meta: PeerMeta }
  | { readonly type: "leave" };

/** Everything a protocol can ask for. */
export type Effect =
  /** Send the request to the address; report exactly one `replied` or `unreachable` with the same id. */
  | {
      readonly type: "exchange";
      readonly id: ExchangeId;
      readonly to: Address;
      readonly request: ExchangeRequest;
      readonly timeoutMs: Millis;
    }
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
