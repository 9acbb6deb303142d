import type { Candidates } from "../view/views.js";
import type { CommandKind, Fault, WayKind } from "./fault.js";
import { wrongStateFor } from "./kinds.js";

/** Peers that a command or the page can break and heal. */
export interface Breakable {
  /** The peers with their states as last read, in the order of their numbers. */
  readonly peers: Candidates;
  /**
   * Applies faults of one kind, all together, and resolves when they are in force. Rejects before anything is touched
   * when the state of one of the peers does not allow it, and with Unsupported where it cannot be done at all.
   */
  apply(faults: readonly Fault<CommandKind>[]): Promise<void>;
  /** Closes these ways, as `apply` does, and opens every other way that was closed. */
  part(ways: readonly Fault<WayKind>[]): Promise<void>;
  /**
   * Ends all faults of network, CPU and memory, and resumes the paused. Resolves to the numbers of those that it resumed, and
   * to how many containers and networks of ended test runs it removed.
   */
  heal(): Promise<{ readonly resumed: readonly number[]; readonly swept: number }>;
  /**
   * Keeps all others from changing the peers until disposal, so that nobody heals what somebody else broke. Rejects with
   * InUse when another is at it. Undefined where nobody else could. `what` is what others are told.
   */
  lock?(what: string): Promise<AsyncDisposable>;
  /** Starts new peers, or ends the last ones, so that there are `count`. Peers that are down stay down. */
  scale(count: number): Promise<void>;
}

/** Throws an Error that names the first peer whose state does not allow what is to be done to it. */
export function expectStates(faults: readonly Fault[], peers: Candidates): void {
  for (const fault of faults) {
    const wrong = wrongStateFor(fault, peers);
    if (wrong !== undefined) throw new Error(`cannot ${fault.kind} peer ${wrong.peer}: it is ${wrong.state}`);
  }
}
