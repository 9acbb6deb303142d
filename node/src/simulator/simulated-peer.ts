import type { Address } from "../core/address.js";
import type { PeerMeta } from "../core/meta.js";
import type { Protocol } from "../core/protocol.js";
import type { Millis } from "../core/timing.js";
import type { Versions } from "../core/versions.js";
import type { ProcessEvent } from "./events.js";

/** A peer of the simulation: a real Protocol in a simulated process, on a simulated machine. */
export interface SimulatedPeer {
  /** The peer's number, from 0. */
  readonly index: number;
  /** The peer's identity, as of a real one. */
  readonly address: Address;
  /** Whether it claims the address of another: it calls the others, and what they call is that other. */
  readonly isTwin: boolean;
  /** The protocol of the present life, or of the last one; undefined before the first start. */
  readonly protocol: Protocol | undefined;
  /** Whether its process was never started, runs, says goodbye, or is gone. */
  readonly state: "new" | "running" | "leaving" | "ended";
  /**
   * Whether the process is frozen: it takes nothing in, and what comes meanwhile waits, as in the timers and sockets of
   * a stopped process.
   */
  readonly frozen: boolean;
  /** Whether the process is blocked: its timers go on, but what comes in waits, and so does what it sends. */
  readonly blocked: boolean;
  /** The share of a processor that the process gets at most; undefined where it is never short of time. */
  readonly cpuShare: number | undefined;
  /** When the process was last unfrozen or let go in this life; -Infinity when it never was. */
  readonly thawedAt: Millis;
  /** The number of starts; what was meant for an earlier life is dropped. */
  readonly life: number;
  /**
   * What becomes of calls while the process is gone: the machine swallows them or refuses them, or a stranger that listens
   * at the address now accepts their connections and closes them; or the machine is gone as well, and does not even close
   * the connections that were open.
   */
  readonly unheard: "swallowed" | "refused" | "closed" | "vanished";
  /** How far the machine's wall clock is off, in ms. A change counts from the next start on. */
  clockSkewMs: Millis;
  /** The cluster to which the peer belongs from its next start on. */
  cluster: string;
  /** The versions of the protocol that the peer speaks from its next start on. */
  versions: Versions;
  /** The metadata of the peer. Set here, they count from its next start on. */
  meta: PeerMeta;
  /** The number of the machine's moves to another IP under the same name. Who holds a connection still calls the old IP. */
  readonly moves: number;
  /** The seeds that the peer is given at its next start. */
  seeds: readonly Address[];
  /** @internal What waits for a frozen or blocked process. */
  readonly waiting: readonly ProcessEvent[];
  /** @internal What a blocked process has sent and the network does not have yet. */
  readonly unsent: readonly ProcessEvent[];
  /** @internal To whom the process holds a connection, the least recently used first, each with the moves of that time. */
  readonly connections: ReadonlyMap<Address, number>;
}

/** The rhythm in which a starved peer is blocked and free by turns. */
export interface Rhythm {
  /** How long the peer is blocked, in ms; called before each time. */
  readonly asleepMs: () => Millis;
  /** How long it is free in between, in ms. */
  readonly awakeMs: Millis;
  /** Whether the rhythm goes on; asked each time before the peer is blocked or freed. */
  readonly goesOn: () => boolean;
}

/** Whether a peer takes nothing in, or sends and hears late. */
export function isAsleep({ frozen, blocked }: SimulatedPeer): boolean {
  return frozen || blocked;
}
