import type { Condition } from "./core/condition.js";

/** How it stands with a peer. */
export interface PeerState {
  /** "new" before `run()`, "starting" until it listens, "stopped" after `stop()`; between these as Condition says. */
  readonly name: "new" | "starting" | Condition["name"] | "stopped";
  /** What stands in the way, such as why a seed did not answer; empty where nothing is known to. */
  readonly reason: string;
}
