import type { OpenCluster } from "../../scenario/cluster.js";
import type { Platform } from "../../experiment/experiment.js";
import type { FaultKind } from "../../fault/fault.js";
import type { Place } from "../../fault/kind.js";
import { KINDS, rowOf } from "../../fault/kinds.js";

/**
 * The function that opens a cluster on this platform: on Docker with peers of `image`, if one is given; on Compose with
 * the running peers of `project`, which it only borrows. Modules are loaded on demand, so that the simulator does not
 * load the Docker client.
 */
export async function openerOf(
  on: Platform,
  { image, project, tls = false }: { image?: string | undefined; project: string; tls?: boolean | undefined },
): Promise<OpenCluster> {
  if (on === "simulator") {
    const { SimulatedCluster } = await import("../../cluster/simulated/simulated-cluster.js");
    return (options) => SimulatedCluster.open(options, { isCounted: true });
  }
  if (on === "processes") return (await import("../../cluster/processes/open.js")).openProcesses;
  if (on === "compose") return (await import("../../cluster/compose/open.js")).projectOpener(project);
  // The module reads this variable when it is loaded; the container tests set the same one.
  if (image !== undefined) process.env["GOSSIP_TESTBED_IMAGE"] = image;
  const { openDocker } = await import("../../cluster/docker/open.js");
  return (options) => openDocker(options, { tls });
}

/**
 * How many peers a scenario gets on this platform; undefined where it gets as many as it asks for. Rejects when the
 * Compose project has none.
 */
export async function peersThere(on: Platform, project: string): Promise<number | undefined> {
  return on === "compose" ? (await import("../../cluster/compose/open.js")).countPeers(project) : undefined;
}

/** Where the peers of a platform are, as the table of faults calls it. */
export function placeOf(on: Platform): Place {
  return on === "docker" || on === "compose" ? "containers" : on;
}

/**
 * The kinds of faults that this platform cannot have, each with the reason. Where peers are containers the kernel is
 * asked as well. Rejects when the engine does not answer.
 */
export async function lacksOf(on: Platform): Promise<ReadonlyMap<FaultKind, string>> {
  const place = placeOf(on);
  const kernel: Partial<Record<FaultKind, string | undefined>> =
    place === "containers" ? await (await import("../../cluster/docker/kernel.js")).kernelHere() : {};
  return new Map(
    KINDS.flatMap((kind) => {
      const why = rowOf(kind).cannot?.[place] ?? kernel[kind];
      return why === undefined ? [] : [[kind, why]];
    }),
  );
}
