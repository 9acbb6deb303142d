import type { OpenCluster } from "../../scenario/cluster.js";
import type { Platform } from "../../experiment/experiment.js";

/**
 * The function that opens a cluster there; on Docker, of peers of this image if one is given; on Compose it lends this
 * project. Only what is needed is loaded: the simulator takes no engine's client with it.
 */
export async function openerOf(
  on: Platform,
  { image, project }: { image?: string | undefined; project: string },
): Promise<OpenCluster> {
  if (on === "simulator") {
    const { SimulatedCluster } = await import("../../cluster/simulated/simulated-cluster.js");
    return (options) => SimulatedCluster.open(options, { isCounted: true });
  }
  if (on === "processes") return (await import("../../cluster/processes/open.js")).openProcesses;
  if (on === "compose") return (await import("../../cluster/compose/open.js")).projectOpener(project);
  // Read when the module is loaded, as it is by the container tests.
  if (image !== undefined) process.env["GOSSIP_TESTBED_IMAGE"] = image;
  return (await import("../../cluster/docker/open.js")).openDocker;
}

/**
 * How many peers a scenario gets there; undefined where it has as many as it asks for. Rejects when a project has none.
 */
export async function peersThere(on: Platform, project: string): Promise<number | undefined> {
  return on === "compose" ? (await import("../../cluster/compose/open.js")).countPeers(project) : undefined;
}
