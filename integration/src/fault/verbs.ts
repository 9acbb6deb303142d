import type { PeerMeta } from "gossip-peer";
import type { Candidates, PeerState } from "../view/views.js";

/** What changes the state of a peer, and the states in which that is possible. */
export const LIFE_VERBS = {
  kill: ["running", "paused"],
  stop: ["running"],
  start: ["down"],
  restart: ["running"],
  pause: ["running"],
  resume: ["paused"],
} as const satisfies Record<string, readonly PeerState[]>;
export type LifeVerb = keyof typeof LIFE_VERBS;
/** What each does, in words. */
export const LIFE_WORDS: Readonly<Record<LifeVerb, string>> = {
  kill: "end them at once, with no goodbye",
  stop: "let them say goodbye and end",
  start: "start those that are down, back among the faults they had",
  restart: "stop and start them",
  pause: "freeze them: connections stay open, nothing is answered",
  resume: "let the frozen run again",
};

/**
 * Peers that a command or the page can break and heal. Each of the verbs resolves when it is done; it rejects before
 * anything is touched when one of the peers is in no state for it.
 */
export interface Breakable {
  /** As they were when they were last looked at, by number. */
  readonly replicas: Candidates;
  live(verb: LifeVerb, numbers: readonly number[]): Promise<void>;
  /** Nothing gets through between the sides, and whatever else was cut is open again. */
  part(sides: readonly (readonly number[])[]): Promise<void>;
  /** Ends all faults of network and CPU and lets the frozen run; returns who that was, and how much of ended runs it removed. */
  heal(): Promise<{ readonly resumed: readonly number[]; readonly swept: number }>;
  /** Starts newcomers, or ends the last, so that there are so many; who is down stays so. */
  scale(count: number): Promise<void>;
  /** Replaces what they say of themselves. */
  setMeta(numbers: readonly number[], meta: PeerMeta): Promise<void>;
}
