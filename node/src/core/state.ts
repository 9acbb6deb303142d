import type { Address } from "./address.js";
import type { Effect } from "./messages.js";
import { normalMeta, type PeerMeta } from "./meta.js";
import type { Random } from "./random.js";
import type { MemberRecord } from "./record.js";
import { noCounts } from "./stats.js";
import type { Millis, ProtocolLimits, ProtocolTiming } from "./timing.js";
import { VERSIONS, type Versions } from "./versions.js";
import { View } from "./view.js";

/** The identity of a peer when it starts. */
export interface Identity {
  readonly address: Address;
  readonly cluster: string;
  /** The wall clock in ms when it starts; raised above any generation that it hears of its own address. */
  readonly generation: number;
  readonly meta: PeerMeta;
  /** The versions of the protocol that it speaks. Default: those of this code. */
  readonly versions?: Versions | undefined;
}

/** A warning is given again after so long. */
const REMINDER_MS: Millis = 60_000;
/** So many warnings are remembered as given. */
const MOST_WARNINGS = 100;

/** A hundred years: clocks that begin at 1970 work with those that are right, and 8,000 years are left to the limit. */
const MOST_AHEAD_MS: Millis = 100 * 365 * 24 * 3_600_000;

/** Shared by all parts of a protocol: the own identity, the view, and the effects gathered for the caller. */
export class State {
  readonly timing: ProtocolTiming;
  readonly limits: ProtocolLimits;
  readonly random: Random;
  readonly cluster: string;
  readonly address: Address;
  readonly versions: Versions;
  readonly view: View;
  /** What has happened so far; whoever sees it counts it. */
  readonly counts = noCounts();
  /** The own record as it stands now. */
  self: MemberRecord;
  /** After its goodbye a peer takes nothing in, passes nothing on and blames nobody. */
  isLeaving = false;
  #effects: Effect[] = [];
  /** When each warning was given last. */
  readonly #warnedAt = new Map<string, Millis>();
  readonly startedAt: Millis;
  readonly #generation: number;

  constructor(identity: Identity, timing: ProtocolTiming, limits: ProtocolLimits, random: Random, now: Millis) {
    const { address, cluster, generation, meta, versions = VERSIONS } = identity;
    this.startedAt = now;
    this.#generation = generation;
    this.timing = timing;
    this.limits = limits;
    this.random = random;
    this.cluster = cluster;
    this.address = address;
    this.versions = versions;
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

  /** Warns, unless the same was said less than a minute ago: the text, or whatever else is about the same matter. */
  warnRarely(text: string, now: Millis, matter = text): void {
    if (now - (this.#warnedAt.get(matter) ?? -Infinity) < REMINDER_MS) return;
    this.#warnedAt.delete(matter);
    this.#warnedAt.set(matter, now);
    const [oldest] = this.#warnedAt.keys();
    if (this.#warnedAt.size > MOST_WARNINGS && oldest !== undefined) this.#warnedAt.delete(oldest);
    this.warn(text);
  }

  /**
   * Whether a generation is so far ahead of this machine's clock that no clock of another can be the reason. Were it
   * believed, its address would be locked out for good: no life of that peer could go above it.
   */
  isBeyondClocks(generation: number, now: Millis): boolean {
    return generation > this.#generation + (now - this.startedAt) + MOST_AHEAD_MS;
  }

  /** Takes the effects that have been emitted since the last call, in order. */
  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}
