import type { Address } from "./address.js";
import type { Branch } from "./branches.js";
import type { CallId } from "./messages.js";
import type { MemberRecord } from "./record.js";
import type { Millis } from "./timing.js";

/** The reason for an exchange, on which the meaning of its outcome depends. */
export type ExchangePurpose =
  /** An exchange with a member, which is accused when the answer is missing. */
  | { readonly for: "member" }
  /** An exchange with an address at which nobody is known yet, such as a seed's. A missing answer accuses nobody. */
  | { readonly for: "seed" }
  /** An exchange that finds out whether a member is there whose connection closed. A missing answer accuses it. */
  | { readonly for: "check" }
  /**
   * An exchange that makes two views equal in some of the buckets that differ, and have differed since the row of
   * repairs began. Depth 1 is the first of a row.
   */
  | {
      readonly for: "repair";
      readonly depth: number;
      readonly differing: readonly number[];
      readonly buckets: readonly number[];
      readonly isJoin: boolean;
    }
  /** An exchange that tells news to the member called and the rest of its branch. */
  | { readonly for: "news"; readonly branch: Branch }
  /** An exchange that finds out, for the peer whose ping-req got this token, whether the one called answers. */
  | { readonly for: "on-behalf"; readonly token: number };

/** The reason for a probe (SWIM, section 3.1). */
export type ProbePurpose =
  /** A probe that finds out whether the member called is there. */
  | { readonly for: "ping" }
  /** A probe by which a helper finds out whether the member is there that the call is about. */
  | { readonly for: "ping-req"; readonly about: Address };

export type Purpose = ExchangePurpose | ProbePurpose;

/** An exchange or a probe that is under way. */
export interface Call {
  readonly id: CallId;
  readonly to: Address;
  readonly purpose: Purpose;
  readonly sentAt: Millis;
  /** A call without an answer is overdue after this time. */
  readonly timeoutMs: Millis;
  /**
   * Whether this peer knew nobody when the conversation began. Such a call asks for the whole view, and what its reply
   * says is passed on to nobody, since all others know it.
   */
  readonly isJoin: boolean;
  /**
   * The record that a missing answer makes suspect: the one held when the call began. Undefined where nobody is known
   * to be there, where the other has been heard from since, and where this peer was late itself and cannot judge.
   */
  accused: MemberRecord | undefined;
  /** Whether others were asked or told instead, as if no answer came any more. The answer is still waited for. */
  isOverdue: boolean;
  /** Whether the member called was off the list when the call began, or has been since. */
  wasRemoved: boolean;
  /** When a call that was late together with all others is judged again. */
  recheckAt: Millis | undefined;
}

/** Whether the call carries records; a probe does not. */
export function isExchange({ purpose }: Call): boolean {
  return purpose.for !== "ping" && purpose.for !== "ping-req";
}
