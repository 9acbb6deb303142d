import type Dockerode from "dockerode";
import { ignoreGone } from "./engine.js";
import { CLUSTER_LABEL, isDead, RUN_LABEL } from "./owner.js";

type Labels = Readonly<Record<string, string>>;

/** Removes the containers and networks of runs that have ended, and no others. Resolves to how many those were. */
export function sweep(docker: Dockerode): Promise<number> {
  return removeAll(docker, RUN_LABEL, (labels) => isDead(labels[RUN_LABEL] ?? ""), isHeld);
}

/** Removes the containers and the network of one cluster, whatever state they are in. */
export async function removeCluster(docker: Dockerode, cluster: string): Promise<void> {
  await removeAll(docker, `${CLUSTER_LABEL}=${cluster}`, () => true);
}

/**
 * Removes the containers and then the networks with this label for which `condemned` holds: a network with containers
 * cannot be removed. Resolves to how many there were. Networks that cannot be removed are left when `mayStay` holds for
 * the error.
 */
async function removeAll(
  docker: Dockerode,
  label: string,
  condemned: (labels: Labels) => boolean,
  mayStay: (error: unknown) => boolean = () => false,
): Promise<number> {
  const filters = { label: [label] };
  const containers = (await docker.listContainers({ all: true, filters })).filter(({ Labels }) => condemned(Labels));
  await Promise.all(containers.map(({ Id }) => ignoreGone(docker.getContainer(Id).remove({ force: true, v: true }))));
  const networks = (await docker.listNetworks({ filters })).filter(({ Labels }) => condemned(Labels ?? {}));
  let removed = containers.length;
  for (const { Id } of networks) {
    try {
      await ignoreGone(docker.getNetwork(Id).remove());
      removed++;
    } catch (error) {
      if (!mayStay(error)) throw error;
    }
  }
  return removed;
}

/**
 * Whether an engine holds on to a network: it may go on counting an endpoint of a container that was removed while it
 * started, until the engine itself is restarted. New runs must not fail for that.
 */
export function isHeld(error: unknown): boolean {
  return String(error).includes("has active endpoints");
}
