import type { OpenCluster } from "../scenario/cluster.js";
import type { Platform } from "./experiment.js";

/**
 * What opens a cluster there; on Docker, of peers of this image if one is given. Only what is needed is loaded: the
 * simulator takes no engine's client with it.
 */
export async function openerOf(on: Platform, image?: string): Promise<OpenCluster> {
  if (on === "simulator") {
    const { SimulatedCluster } = await import("../cluster/simulated-cluster.js");
    return (options) => SimulatedCluster.open(options, { isCounted: true });
  }
  if (on === "processes") return (await import("../cluster/scenario-processes.js")).openProcesses;
  // Read when the module is loaded, as it is by the container tests.
  if (image !== undefined) process.env["GOSSIP_TESTBED_IMAGE"] = image;
  return (await import("../cluster/docker/scenario-docker.js")).openDocker;
}
