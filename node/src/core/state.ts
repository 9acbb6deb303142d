import type { Address } from "./address.js";
import type { Effect } from "./messages.js";
import { normalMeta, type PeerMeta } from "./meta.js";
import type { Random } from "./random.js";
import type { MemberRecord } from "./record.js";
import type { Millis, ProtocolLimits, ProtocolTiming } from "./timing.js";
import { View } from "./view.js";

/** Who this peer is when it starts. */
export interface Identity {
  readonly address: Address;
  readonly cluster: string;
  /** Its wall clock in ms; raised above any generation it hears of its own address. */
  readonly generation: number;
  readonly meta: PeerMeta;
}

/** What all parts of a protocol share: who we are, what we hold, and what is to be done about it. */
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

  constructor(self: Identity, timing: ProtocolTiming, limits: ProtocolLimits, random: Random, now: Millis) {
    const { address, cluster, generation, meta } = self;
    this.timing = timing;
    this.limits = limits;
    this.random = random;
    this.cluster = cluster;
    this.address = address;
    this.view = new View(limits, timing.tombstoneTtlMs);
    this.self = { address, generation, incarnation: 0, status: "alive", meta: normalMeta(meta) };
    this.view.merge(this.self, 0, now);
  }

  /** The live members, without ourselves and the one left out, in order. */
  others(leftOut = this.address): Address[] {
    return this.view.ring.filter((address) => address !== this.address && address !== leftOut);
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  warn(text: string): void {
    this.emit({ type: "warn", text });
  }

  /** What is to be done since this was asked last, in order. */
  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
