import type { Address } from "../core/address.js";
import type { PeerMeta } from "../core/meta.js";
import type { Protocol } from "../core/protocol.js";
import type { Millis } from "../core/timing.js";
import type { ProcessEvent } from "./events.js";

/** A peer of the simulation: a real Protocol, and the process and machine round it, which are simulated. */
export interface SimulatedPeer {
  readonly index: number;
  readonly address: Address;
  /** Present from the first start on; can still be looked at after an end. */
  readonly protocol: Protocol | undefined;
  readonly state: "new" | "running" | "leaving" | "ended";
  /** A frozen process takes nothing in; what comes meanwhile waits, as in a stopped process's timers and sockets. */
  readonly frozen: boolean;
  /** A blocked process's timers go on, but what comes in waits, and so does what it sends. */
  readonly blocked: boolean;
  /** When the process was last unfrozen or let go in this life; -Infinity when it never was. */
  readonly thawedAt: Millis;
  /** Counts the starts; what was meant for an earlier life is dropped. */
  readonly life: number;
  /** Whether the machine refuses calls at once while the process is gone, instead of swallowing them. */
  readonly refuses: boolean;
  /** How far the machine's wall clock is off. Counts from the next start on. */
  clockSkewMs: Millis;
  /** The cluster to which the peer belongs from its next start on. */
  cluster: string;
  /** What the peer says of itself; set here, from its next start on. */
  meta: PeerMeta;
  /** The seeds that the peer is given at its next start. */
  seeds: readonly Address[];
  /** @internal What waits for a frozen or blocked process. */
  readonly waiting: readonly ProcessEvent[];
  /** @internal What a blocked process has sent and the network does not have yet. */
  readonly unsent: readonly ProcessEvent[];
  /** @internal To whom the process holds a connection, the least recently used first. */
  readonly connections: ReadonlySet<Address>;
}

/** How a starved peer is blocked and free by turns. */
export interface Rhythm {
  /** Asked before each time the peer is blocked. */
  readonly asleepMs: () => Millis;
  readonly awakeMs: Millis;
  readonly goesOn: () => boolean;
}

/** Whether a peer takes nothing in, or sends and hears late. */
export function isAsleep({ frozen, blocked }: SimulatedPeer): boolean {
  return frozen || blocked;
}
