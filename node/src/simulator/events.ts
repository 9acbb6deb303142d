import type { Address } from "../core/address.js";
import type { Effect, ExchangeReply, ExchangeRequest, Input, ProbeRequest, ProbeResult } from "../core/messages.js";
import type { Millis } from "../core/timing.js";

/** The effects of a protocol that call another peer. */
export type CallEffect = Extract<Effect, { readonly type: "exchange" | "probe" }>;

/** The inputs that come from the user of a peer. */
export type UserInput = Extract<Input, { readonly type: "add-seed" | "update-meta" }>;

/** One end of the network: a machine, as far as events and calls need to know it. */
export interface Endpoint {
  readonly index: number;
  readonly address: Address;
  /** The number of starts of the machine's process; what was meant for an earlier life is dropped. */
  readonly life: number;
  /** The number of the machine's moves to another IP. */
  readonly moves: number;
  /** The peers to which the process holds a connection, the least recently used first, each with the moves of that time. */
  readonly connections: ReadonlyMap<Address, number>;
  /** Takes in an event that is due. */
  deliver(event: ProcessEvent): void;
  /** Puts an event on its way to another endpoint. */
  send(event: ProcessEvent): void;
}

/** A call under way over gRPC, as the caller's process holds it. */
export interface Rpc {
  readonly caller: Endpoint;
  readonly life: number;
  readonly id: CallEffect["id"];
  readonly to: Address;
  readonly deadlineAt: Millis;
  /** Whether the call has no outcome yet; an outcome that comes later is passed over. */
  isOpen: boolean;
}

/** What a call asks. It travels with the request alone: thousands of calls are remembered until their deadlines. */
export type Question =
  | { readonly type: "exchange"; readonly request: ExchangeRequest }
  | { readonly type: "probe"; readonly request: ProbeRequest };

/** Why a call has no answer. */
export interface Failure {
  readonly reason: string;
  /** Whether nobody listens there, which is more than silence. */
  readonly refused: boolean;
}

/** What happens to one life of a peer's process: from its own timers, from the network, or by its user. */
export type ProcessEvent = { readonly to: Endpoint; readonly life: number } & (
  | { readonly type: "wake"; readonly at: Millis }
  | { readonly type: "overdue"; readonly rpc: Rpc }
  | { readonly type: "timeout"; readonly rpc: Rpc }
  | { readonly type: "request"; readonly rpc: Rpc; readonly question: Question }
  | { readonly type: "reply"; readonly rpc: Rpc; readonly reply: ExchangeReply | ProbeResult }
  | { readonly type: "broken"; readonly rpc: Rpc; readonly failure: Failure }
  | { readonly type: "closed"; readonly address: Address }
  | { readonly type: "resolved"; readonly seed: Address; readonly addresses: readonly Address[] }
  | { readonly type: "told"; readonly input: UserInput }
);

/**
 * Whether an event comes from outside the process, which is from other peers or from its user, and not from a timer.
 */
export function isIncoming({ type }: ProcessEvent): boolean {
  return type !== "wake" && type !== "overdue" && type !== "timeout";
}
