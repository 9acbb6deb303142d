import type { ProtocolTiming } from "gossip-peer";
import { ofContainers } from "../docker/open.js";
import { RealScenario } from "../real-scenario.js";
import type { OpenCluster, ScenarioClusterOptions } from "../../scenario/cluster.js";
import { numbers, seedsOf } from "../../scenario/stage.js";
import { Unsupported } from "../../fault/unsupported.js";
import { ProjectCluster } from "./project-cluster.js";
import { BreakableProject } from "./breakable-project.js";

/** How many peers the Compose project has. Rejects when it has none. */
export async function countPeers(name: string): Promise<number> {
  using project = await BreakableProject.open(name);
  return project.peers.length;
}

/**
 * A function that lends a running Compose project to a scenario. The project is taken as it is: the function rejects
 * with Unsupported when a scenario asks for other peers, timing or network.
 */
export function projectOpener(name: string): OpenCluster {
  return async (options) => {
    const cluster = await ProjectCluster.open(name, options.what);
    try {
      const { project, timing, peers } = cluster;
      const misfit = misfitOf({ timing, peers: peers.length }, options);
      if (misfit !== undefined) throw new Unsupported(`the scenario does not fit the project: ${misfit}`);
      const { firewall, connections, twins } = project;
      const surroundings = ofContainers({
        firewall,
        connections,
        twins,
        limitCpu: (fault) => project.apply([fault]),
        limitMemory: (fault) => project.apply([fault]),
        setClock: () => {
          throw new Unsupported("a project's peers have the machine's clock");
        },
        callStrangely: () => Promise.reject(new Unsupported("strangers call clusters that are made for a scenario")),
        changeTrust: () => {
          throw new Unsupported("a project's peers share one certificate");
        },
        changeCertificate: () => Promise.reject(new Unsupported("a project's peers share one certificate")),
      });
      return await RealScenario.on(cluster, surroundings);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  };
}

/**
 * A sentence about the first thing that the scenario asks for and the project does not have; undefined when it fits.
 */
export function misfitOf(
  { timing, peers }: { readonly timing: ProtocolTiming; readonly peers: number },
  wanted: ScenarioClusterOptions,
): string | undefined {
  for (const [option, value] of Object.entries(wanted.timing)) {
    const present = timing[option as keyof ProtocolTiming];
    if (value !== present) return `it wants ${option} ${value}, and the project has ${present}`;
  }
  if (Object.values(wanted.network).some((value) => value > 0))
    return "it wants a network that is never well, and the project's is";
  if (wanted.peers !== peers) return `it wants ${wanted.peers} peers, and the project has ${peers}`;
  if (wanted.started.length < peers) return "it begins with some of its peers only, and all of the project run";
  const usual = seedsOf({});
  const isUsual = (number: number): boolean => wanted.seedsOf(number).join() === usual(number).join();
  if (!numbers(peers).every(isUsual))
    return "it wants seeds of its own, and the project's peers have the service's name as theirs";
  return undefined;
}
