import type { Fault, NetworkFault } from "../fault/fault.js";
import { impossible } from "../fault/kinds.js";
import type { Applied } from "../scenario/cluster.js";

/** A fault of what is round the peers: the network between them, and the CPUs they have. */
export type SurroundingFault = NetworkFault | Fault<"heal" | "close" | "cpu">;

/** What is round real peers and can be broken. Rejects with Unsupported, with nothing done, where it cannot. */
export interface Surroundings {
  apply(fault: SurroundingFault): Promise<Applied>;
  /** How many packets the network has lost on purpose so far. */
  bites(): Promise<number>;
}

/** Of processes: they share this machine's network and CPUs, and only what is well can be healed. */
export const OF_PROCESSES: Surroundings = {
  apply(fault) {
    const problem = impossible(fault, "processes");
    return problem === undefined ? Promise.resolve({}) : Promise.reject(problem);
  },
  bites: () => Promise.resolve(0),
};
