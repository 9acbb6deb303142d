import { setTimeout as elapse } from "node:timers/promises";
import type { HowToApply, NetworkQuality, ScenarioCluster, ScenarioClusterOptions } from "../../scenario/cluster.js";
import type { Fault, NetworkFault } from "../../fault/fault.js";
import { impossible, isNothing } from "../../fault/kinds.js";
import { Unsupported } from "../../fault/unsupported.js";
import { RealScenario } from "../real-scenario.js";
import type { Surroundings } from "../surroundings.js";
import type { Connections } from "./connections.js";
import { BELIEVED_FOR_MS } from "./cluster-tls.js";
import { DockerCluster } from "./docker-cluster.js";
import type { Firewall } from "./firewall.js";
import { neighboursProblem } from "./neighbours.js";
import { isRuled, type RuledFault } from "./rules.js";
import { callAsStranger } from "./stranger.js";
import type { Twins } from "./twins.js";

/**
 * Opens the cluster of containers that a scenario asks for. Rejects with Unsupported when this machine cannot have its
 * network, or so many peers.
 */
export async function openDocker(
  options: ScenarioClusterOptions,
  { tls: hasTls = false }: { readonly tls?: boolean } = {},
): Promise<ScenarioCluster> {
  const normal = faultsOf(options.network);
  const {
    peers,
    started,
    seedsOf,
    seedsByName = false,
    needsTls = false,
    needsClocks: clocks = false,
    timing,
  } = options;
  const problem = neighboursProblem(peers);
  if (problem !== undefined) throw new Unsupported(problem);
  const cluster = await DockerCluster.start({
    peers,
    started,
    seedsOf,
    seedsByName,
    tls: hasTls || needsTls,
    clocks,
    ...timing,
  });
  try {
    if (normal.length > 0) await cluster.firewall.makeNormal(...normal);
    return await RealScenario.on(cluster, ofContainers(containerFaultsOf(cluster), cluster.tls !== undefined));
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * The faults that make a network as a scenario wants it all the time. Throws Unsupported when containers cannot have
 * them.
 */
function faultsOf(network: Partial<NetworkQuality>): RuledFault[] {
  const { latencyMs = 0, jitterMs = 0, loss = 0, duplicate = 0, reorder = 0 } = network;
  const shares = { loss, duplicate, reorder };
  const wanted: NetworkFault[] = [
    ...(["loss", "duplicate", "reorder"] as const).map((kind) => ({ kind, share: shares[kind] })),
    ...(latencyMs + jitterMs > 0 ? [{ kind: "delay", latencyMs, jitterMs } as const] : []),
  ].filter((fault) => !isNothing(fault));
  for (const fault of wanted) {
    const problem = impossible(fault, "containers");
    if (problem !== undefined) throw problem;
  }
  return wanted.filter(isRuled);
}

/** What faults are done to containers with, each in its own way to a cluster and to a Compose project. */
interface ContainerFaults {
  readonly firewall: Firewall;
  readonly connections: Connections;
  readonly twins: Twins;
  readonly limitCpu: (fault: Fault<"cpu">) => Promise<void>;
  /** Rejects with Unsupported where the kernel does not take so low a limit. */
  readonly limitMemory: (fault: Fault<"memory">) => Promise<void>;
  /** Throws Unsupported where the peers have no clocks of their own. */
  readonly setClock: (fault: Fault<"clock">) => void;
  /** Rejects with Unsupported where the peers have none. */
  readonly changeCertificate: (fault: Fault<"certificate">) => Promise<void>;
  /** Throws Unsupported where the peers have no certificates. */
  readonly changeTrust: (fault: Fault<"ca">) => void;
  /** Rejects with Unsupported where the peers have no certificates. */
  readonly callStrangely: (fault: Fault<"stranger">, how: HowToApply) => Promise<void>;
}

/** The faults of a cluster that was made for a scenario. */
function containerFaultsOf(cluster: DockerCluster): ContainerFaults {
  const { firewall, connections, twins, tls, clocks } = cluster;
  return {
    firewall,
    connections,
    twins,
    limitCpu: ({ peer, share }) => cluster.peer(peer).limitCpu(share),
    limitMemory: ({ peer, mebibytes }) => cluster.peer(peer).limitMemory(mebibytes),
    setClock({ peer, aheadMs }) {
      if (clocks === undefined) throw new Unsupported("the peers have this machine's clock");
      clocks.set(peer, aheadMs);
    },
    async changeCertificate({ peer, state }) {
      if (tls === undefined) throw new Unsupported("the peers speak in plain text");
      await tls.change(peer, cluster.peer(peer).address, state);
      if (state === "rotated" || state === "next") return;
      // What was agreed with the certificate of before holds on for a minute or two: the fault is for now.
      await elapse(BELIEVED_FOR_MS);
      await connections.close(peer);
    },
    changeTrust({ peer, trusts }) {
      if (tls === undefined) throw new Unsupported("the peers speak in plain text");
      tls.trust(peer, trusts);
      cluster.peer(peer).lookWith(tls.toolFor(trusts));
    },
    async callStrangely({ peer, forMs }, { signal, begun }) {
      if (tls === undefined) throw new Unsupported("the peers ask nobody for a certificate");
      begun?.();
      await callAsStranger(cluster.peer(peer).remote.address, forMs, signal);
    },
  };
}

/** The surroundings of peers in containers: their firewall, their connections, their CPUs and clocks. */
export function ofContainers(faults: ContainerFaults, hasCertificates = false): Surroundings {
  const { firewall } = faults;
  return {
    hasCertificates,
    async apply(fault, how = {}) {
      if (fault.kind === "close") return { closed: await faults.connections.close(fault.peer) };
      if (fault.kind === "stranger") await faults.callStrangely(fault, how);
      else if (fault.kind === "ca") faults.changeTrust(fault);
      else if (fault.kind === "certificate") await faults.changeCertificate(fault);
      else if (fault.kind === "twin") await faults.twins.run(fault, how);
      else if (fault.kind === "cpu") await faults.limitCpu(fault);
      else if (fault.kind === "memory") await faults.limitMemory(fault);
      else if (fault.kind === "clock") faults.setClock(fault);
      else if (fault.kind === "heal") await (fault.only === undefined ? firewall.heal() : firewall.end(fault.only));
      else if (isRuled(fault)) await firewall.apply(fault);
      else throw impossible(fault, "containers") ?? new Error(`containers do not do ${fault.kind}`);
      return {};
    },
    bites: () => firewall.dropped(),
  };
}
