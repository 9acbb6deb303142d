import type { Condition } from "./core/condition.js";
import type { Preset } from "./core/timing.js";

/** How it stands with a peer. */
export interface PeerState {
  /** "new" before `run()`, "starting" until it listens, "stopped" after `stop()`; between these as Condition says. */
  readonly name: "new" | "starting" | Condition["name"] | "stopped";
  /** What stands in the way, such as why a seed did not answer; empty where nothing is known to. */
  readonly reason: string;
}

/** How it stands with a peer, as it says to others. */
export interface StateOfPeer extends PeerState {
  /** The preset whose times the peer has; undefined where its times are those of none, or it does not say. */
  readonly preset?: Preset | undefined;
}

/** Whether a peer in each state is fit to be relied on. One that is alone and has nobody to look for is complete. */
const IS_READY = {
  new: false,
  starting: false,
  alone: true,
  joining: false,
  joined: true,
  unreachable: false,
  conflicting: false,
  leaving: false,
  stopped: false,
} as const satisfies Record<PeerState["name"], boolean>;

/** The names of all states. */
export const STATE_NAMES = Object.keys(IS_READY) as PeerState["name"][];

/** Whether a peer that is so is ready: one of its cluster, or alone by choice. */
export function isReady({ name }: PeerState): boolean {
  return IS_READY[name];
}
