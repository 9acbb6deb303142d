import type { Address } from "./core/address.js";
import type { ProtocolStats } from "./core/stats.js";
import type { Millis } from "./core/timing.js";
import type { PeerState } from "./peer-state.js";
import type { Traffic } from "./traffic.js";

/** Everything that a peer has numbers of, as plain data. Counts are of one life, from its start on. */
export interface Stats extends ProtocolStats {
  /** The peer's identity. */
  readonly address: Address;
  /** The cluster to which it belongs. */
  readonly cluster: string;
  /** How it stands with it, in one word. */
  readonly state: PeerState["name"];
  /** What its talk with others has cost it. */
  readonly traffic: Traffic;
  /** What came of its own calls. */
  readonly calls: CallResults;
  /** Connections to others that this peer holds open. */
  readonly channels: number;
  /**
   * How late the peer's own timer rang, which is how long the process was busy with something else: counts by the bounds of
   * Traffic's `roundTrips`. A timer of Node is a millisecond late at rest.
   */
  readonly eventLoopLags: readonly number[];
  /** When the own certificate is good no more, in ms since 1970; undefined in plain text. */
  readonly certificateExpiresAtMs: number | undefined;
}

/** The calls that this peer made, by what came of them. */
export interface CallResults {
  /** The other answered in time. */
  readonly answered: number;
  /** No answer came in time. */
  readonly silent: number;
  /** Nobody was there, or the connection broke. */
  readonly unreachable: number;
  /** The other refused, or answered what is malformed; or this peer ended the call. */
  readonly failed: number;
}

/** A peer, as far as it is measured. */
export interface Measured {
  readonly address: Address;
  stats(): Stats;
  onDuration(listener: DurationListener): () => void;
}

/** Is told of each duration when it is known, for whoever keeps a histogram. */
export interface DurationListener {
  /** An answer to an exchange or a ping took so long. */
  readonly roundTrip: (durationMs: Millis) => void;
  /** The peer's own timer rang so late. */
  readonly eventLoopLag: (durationMs: Millis) => void;
}
