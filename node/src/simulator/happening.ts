import type { Address } from "../core/address.js";
import type { CallId, ExchangeReply, ExchangeRequest, Input, ProbeRequest } from "../core/messages.js";
import type { Millis } from "../core/timing.js";
import type { SimulatedPeer } from "./simulated-peer.js";

/** A call under way. */
export interface Call {
  readonly from: SimulatedPeer;
  readonly life: number;
  readonly id: CallId;
  readonly to: Address;
  readonly deadlineAt: Millis;
  open: boolean;
}

/** What a call asks. It goes with the message alone: thousands of calls are remembered until their deadlines. */
export type Asks =
  | { readonly type: "exchange"; readonly request: ExchangeRequest }
  | { readonly type: "probe"; readonly request: ProbeRequest };

/** What waits in the queue: for a life of a peer, unless it is an action. */
export type Happening =
  | { readonly type: "wake"; readonly peer: SimulatedPeer; readonly life: number; readonly at: Millis }
  | { readonly type: "overdue"; readonly peer: SimulatedPeer; readonly life: number; readonly call: Call }
  | { readonly type: "timeout"; readonly peer: SimulatedPeer; readonly life: number; readonly call: Call }
  | {
      readonly type: "broken";
      readonly peer: SimulatedPeer;
      readonly life: number;
      readonly call: Call;
      readonly why: string;
      readonly refused: boolean;
    }
  | {
      readonly type: "request";
      readonly peer: SimulatedPeer;
      readonly life: number;
      readonly call: Call;
      readonly asks: Asks;
    }
  | {
      readonly type: "reply";
      readonly peer: SimulatedPeer;
      readonly life: number;
      readonly call: Call;
      readonly reply: ExchangeReply | boolean;
    }
  | { readonly type: "closed"; readonly peer: SimulatedPeer; readonly life: number; readonly address: Address }
  | { readonly type: "resolved"; readonly peer: SimulatedPeer; readonly life: number; readonly seed: Address }
  | { readonly type: "told"; readonly peer: SimulatedPeer; readonly life: number; readonly input: Told }
  | { readonly type: "action"; readonly what: string; readonly act: () => void };

/** What its user tells a peer. */
export type Told = Extract<Input, { readonly type: "add-seed" | "update-meta" }>;

/** What a peer is told, by others or by its user, and does not come from its own timers. */
export function comesIn({ type }: Happening): boolean {
  return type !== "wake" && type !== "overdue" && type !== "timeout";
}
