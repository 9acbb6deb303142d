import type { OpenCluster } from "../scenario/cluster.js";
import type { Platform } from "./experiment.js";

/** What opens a cluster there. Only what is needed is loaded: the simulator takes no engine's client with it. */
export async function openerOf(on: Platform, _image?: string): Promise<OpenCluster> {
  if (on === "simulator") {
    const { SimulatedCluster } = await import("../cluster/simulated-cluster.js");
    return (options) => SimulatedCluster.open(options);
  }
  throw new Error(`${on} is not there yet`);
}
