import type { Address } from "./address.js";
import type { Effect } from "./messages.js";
import { normalMeta, type PeerMeta } from "./meta.js";
import type { Random } from "./random.js";
import type { MemberRecord } from "./record.js";
import type { Millis, ProtocolLimits, ProtocolTiming } from "./timing.js";
import { View } from "./view.js";

/** The identity of a peer when it starts. */
export interface Identity {
  readonly address: Address;
  readonly cluster: string;
  /** The wall clock in ms when it starts; raised above any generation that it hears of its own address. */
  readonly generation: number;
  readonly meta: PeerMeta;
}

/** Shared by all parts of a protocol: the own identity, the view, and the effects gathered for the caller. */
export class State {
  readonly timing: ProtocolTiming;
  readonly limits: ProtocolLimits;
  readonly random: Random;
  readonly cluster: string;
  readonly address: Address;
  readonly view: View;
  /** The own record as it stands now. */
  self: MemberRecord;
  /** After its goodbye a peer takes nothing in, passes nothing on and blames nobody. */
  isLeaving = false;
  #effects: Effect[] = [];

  constructor(identity: Identity, timing: ProtocolTiming, limits: ProtocolLimits, random: Random, now: Millis) {
    const { address, cluster, generation, meta } = identity;
    this.timing = timing;
    this.limits = limits;
    this.random = random;
    this.cluster = cluster;
    this.address = address;
    this.view = new View(limits, timing.tombstoneTtlMs);
    this.self = { address, generation, incarnation: 0, status: "alive", meta: normalMeta(meta) };
    this.view.merge(this.self, 0, now);
  }

  /** The live members in the order of addresses, without this peer and the one left out. */
  others(leftOut = this.address): Address[] {
    return this.view.ring.filter((address) => address !== this.address && address !== leftOut);
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  warn(text: string): void {
    this.emit({ type: "warn", text });
  }

  /** Takes the effects that have been emitted since the last call, in order. */
  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
