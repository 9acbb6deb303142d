import type { Candidates } from "../view/views.js";
import type { CommandKind, Fault, WayKind } from "./fault.js";
import { wrongStateFor } from "./kinds.js";

/** Peers that a command or the page can break and heal. */
export interface Breakable {
  /** As they were when they were last looked at, by number. */
  readonly peers: Candidates;
  /**
   * Does faults of one kind, all together, and resolves when they are done. Rejects before anything is touched when one
   * of the peers is in no state for it, and with Unsupported where it cannot be done at all.
   */
  apply(faults: readonly Fault<CommandKind>[]): Promise<void>;
  /** Closes these ways, as `apply` does; whatever else was closed is open again. */
  part(ways: readonly Fault<WayKind>[]): Promise<void>;
  /**
   * Ends all faults of network and CPU and lets the frozen run; returns who that was, and how much of ended runs it
   * removed.
   */
  heal(): Promise<{ readonly resumed: readonly number[]; readonly swept: number }>;
  /** Starts newcomers, or ends the last, so that there are so many; who is down stays so. */
  scale(count: number): Promise<void>;
}

/** Throws an Error that names the first peer whose state does not allow what is to be done to it. */
export function expectStates(faults: readonly Fault[], peers: Candidates): void {
  for (const fault of faults) {
    const wrong = wrongStateFor(fault, peers);
    if (wrong !== undefined) throw new Error(`cannot ${fault.kind} peer ${wrong.peer}: it is ${wrong.state}`);
  }
}
