/** How it stands with a peer that runs, as it can tell itself. */
export interface Condition {
  /** The state in one word. */
  readonly name:
    /** It lists nobody else, and has no seed to try. */
    | "alone"
    /** It lists nobody else yet, and tries its seeds. */
    | "joining"
    /** It lists others. */
    | "joined"
    /** It can call others, and they cannot call it. */
    | "unreachable"
    /** Another process claims its address. */
    | "conflicting"
    /** It has said goodbye. */
    | "leaving";
  /** What stands in the way; empty where nothing is known to. */
  readonly reason: string;
}
