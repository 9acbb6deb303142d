import type { Address } from "../core/address.js";
import type { PeerMeta } from "../core/meta.js";
import type { Protocol } from "../core/protocol.js";
import type { Millis } from "../core/timing.js";
import type { Happening } from "./happening.js";

/** A peer of the simulation: a real Protocol, and the process and machine round it, which are not. */
export interface SimulatedPeer {
  readonly index: number;
  readonly address: Address;
  /** Present from the first start on; after an end still to be looked at. */
  protocol: Protocol | undefined;
  state: "new" | "running" | "leaving" | "ended";
  /** Frozen peers take nothing in; what comes meanwhile waits, as in a stopped process's timers and sockets. */
  frozen: boolean;
  /** Blocked peers' timers go on, but what comes in waits, and so does what they send. */
  blocked: boolean;
  /** When it was last unfrozen or let go in this life; -Infinity when it never was. */
  thawedAt: Millis;
  /** Counts the starts; what was meant for an earlier life is dropped. */
  life: number;
  /** Whether its machine refuses calls at once while the process is gone, instead of swallowing them. */
  refuses: boolean;
  /** How far its wall clock is off. */
  clockSkewMs: Millis;
  /** To which it belongs from its next start on. */
  cluster: string;
  meta: PeerMeta;
  seeds: readonly Address[];
  /** @internal */ alarmAt: Millis;
  /** @internal */ waiting: Happening[];
  /** @internal */ unsent: { readonly to: Address; readonly happening: Happening }[];
  /** @internal To whom it holds a connection, the least recently used first. */ connections: Set<Address>;
}

/** How a starved peer is blocked and free by turns. */
export interface Rhythm {
  /** Asked before each time it is blocked. */
  readonly asleepMs: () => Millis;
  readonly awakeMs: Millis;
  readonly goesOn: () => boolean;
}

/** Takes nothing in, or sends and hears late. */
export function isAsleep({ frozen, blocked }: SimulatedPeer): boolean {
  return frozen || blocked;
}
