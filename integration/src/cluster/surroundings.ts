import type { Fault, NetworkFault } from "../fault/fault.js";
import { impossible } from "../fault/kinds.js";
import type { Applied, HowToApply } from "../scenario/cluster.js";

/** A fault of the network between peers, of what their machines give them, or of somebody else on that network. */
export type SurroundingFault =
  NetworkFault | Fault<"heal" | "close" | "cpu" | "memory" | "clock" | "twin" | "certificate" | "ca" | "stranger">;

/**
 * The network and the CPUs of real peers. `apply` rejects with Unsupported, with nothing done, where a fault cannot be
 * had.
 */
export interface Surroundings {
  /** Whether the peers have certificates of their own. Default false. */
  readonly hasCertificates?: boolean;
  apply(fault: SurroundingFault, how?: HowToApply): Promise<Applied>;
  /** How many packets the network has lost on purpose so far. */
  bites(): Promise<number>;
}

/**
 * The surroundings of processes, which share this machine's network and CPUs: no fault can be had, and a heal does
 * nothing.
 */
export const OF_PROCESSES: Surroundings = {
  apply(fault) {
    const problem = impossible(fault, "processes");
    return problem === undefined ? Promise.resolve({}) : Promise.reject(problem);
  },
  bites: () => Promise.resolve(0),
};
