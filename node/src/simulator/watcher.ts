import type { Address } from "../core/address.js";
import type { Effect, ExchangeReply, ExchangeRequest, Input, MemberEvent, ProbeRequest } from "../core/messages.js";
import type { SimulatedPeer } from "./simulated-peer.js";

/** The kinds of things that a peer can take in. */
export type Cause = Input["type"] | "request" | "probe";

/** An observer of a simulation. It is called synchronously, and must change nothing. */
export interface Watcher {
  /** A peer has taken something in: its state is consistent again, and these effects follow. */
  handled?(peer: SimulatedPeer, cause: Cause, effects: readonly Effect[]): void;
  /** A peer's view has changed, and its user is told so. */
  announced?(peer: SimulatedPeer, event: MemberEvent): void;
  /** A peer asks another to find out whether a third one answers, or whether it answers itself. */
  probed?(from: SimulatedPeer, request: ProbeRequest): void;
  /** A message is sent to the address `to`, where nobody need be. */
  sent?(from: SimulatedPeer, message: ExchangeRequest | ExchangeReply, to: Address): void;
}
