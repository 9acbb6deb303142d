import type { ScenarioCluster, ScenarioClusterOptions } from "../../scenario/cluster.js";
import { Unsupported } from "../../fault/unsupported.js";
import { ProcessCluster } from "./process-cluster.js";
import { RealScenario } from "../real-scenario.js";
import { OF_PROCESSES } from "../surroundings.js";

/**
 * Opens the cluster that a scenario asks for, of processes of this machine, whose network and CPU cannot be broken.
 * Rejects with Unsupported when the scenario wants a network that is never well.
 */
export async function openProcesses(options: ScenarioClusterOptions): Promise<ScenarioCluster> {
  if (Object.values(options.network).some((value) => value > 0)) {
    throw new Unsupported("processes share this machine's network, which is as it is");
  }
  const { peers, started, seedsOf, seedsByName = false, timing } = options;
  const cluster = await ProcessCluster.start({ peers, started, seedsOf, seedsByName, ...timing });
  return RealScenario.on(cluster, OF_PROCESSES);
}
