/** What a fault does, by the name of the method of the cluster. */
export type FaultKind =
  | "start"
  | "stop"
  | "kill"
  | "restart"
  | "pause"
  | "resume"
  | "starve"
  | "close"
  | "add"
  | "set-meta"
  | "add-seed"
  | "cut"
  | "loss"
  | "delay"
  | "bandwidth"
  | "cpu"
  | "heal";

/** One way between two peers: from, to. */
export type Way = readonly [number, number];
