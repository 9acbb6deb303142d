import type { NetworkQuality, ScenarioCluster, ScenarioClusterOptions } from "../../scenario/cluster.js";
import { Unsupported } from "../../fault/unsupported.js";
import { RealScenario } from "../real-scenario.js";
import type { Wire } from "../wire.js";
import type { Connections } from "./connections.js";
import { DockerCluster } from "./docker-cluster.js";
import type { NetworkFaults } from "../../fault/network.js";
import type { Firewall } from "./firewall.js";
import { neighboursProblem } from "./neighbours.js";

/** Opens the cluster a scenario asks for, of containers. Rejects with Unsupported when its network, or so many peers, cannot be had here. */
export async function openDocker(options: ScenarioClusterOptions): Promise<ScenarioCluster> {
  const normal = faultsOf(options.network);
  const { peers, started, seedsOf, timing, seed } = options;
  const problem = neighboursProblem(peers);
  if (problem !== undefined) throw new Unsupported(problem);
  const cluster = await DockerCluster.start({ peers, started, seedsOf, ...timing });
  try {
    if (normal !== undefined) await cluster.firewall.makeNormal(normal);
    const limitCpu = (number: number, share: number | undefined): Promise<void> => cluster.peer(number).limitCpu(share);
    return await RealScenario.on(cluster, { wire: wireOf(cluster), limitCpu }, seed);
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

/** Undefined when nothing is asked of the network. */
function faultsOf(network: Partial<NetworkQuality>): Partial<NetworkFaults> | undefined {
  const { latencyMs = 0, jitterMs = 0, loss = 0, duplicate = 0, reorder = 0 } = network;
  if (duplicate > 0 || reorder > 0)
    throw new Unsupported("only the simulator's network duplicates and reorders messages");
  if (latencyMs + jitterMs + loss === 0) return undefined;
  return latencyMs + jitterMs > 0 ? { loss, delay: { latencyMs, jitterMs } } : { loss };
}

/** What lies between containers. */
export function wireOf({
  firewall,
  connections,
}: {
  readonly firewall: Firewall;
  readonly connections: Connections;
}): Wire {
  return {
    cut: (from, to) => firewall.cut(from, to),
    loss: (loss) => firewall.changeAll({ loss }),
    delay: (latencyMs, jitterMs) => firewall.changeAll({ delay: { latencyMs, jitterMs } }),
    bandwidth: (kbits) => firewall.changeAll({ kbits }),
    heal: () => firewall.heal(),
    close: (number) => connections.close(number),
    bites: () => firewall.dropped(),
  };
}
