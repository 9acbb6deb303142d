import type Dockerode from "dockerode";
import { ignoreGone } from "./engine.js";
import { CLUSTER_LABEL, isDead, RUN_LABEL } from "./owner.js";

type Labels = Readonly<Record<string, string>>;

/** Removes what runs that have ended left behind, and only that. Returns how many things those were. */
export function sweep(docker: Dockerode): Promise<number> {
  return removeAll(docker, RUN_LABEL, (labels) => isDead(labels[RUN_LABEL] ?? ""), isHeld);
}

/** Removes what one cluster consists of, whatever state it is in. */
export async function removeCluster(docker: Dockerode, cluster: string): Promise<void> {
  await removeAll(docker, `${CLUSTER_LABEL}=${cluster}`, () => true);
}

/** Containers first: a network with containers on it cannot be removed, and what it routed would go elsewhere. */
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
 * An engine may go on counting an endpoint of a container that was removed while it started, and then holds on to its
 * network until it is restarted itself. That must not keep the living from starting.
 */
function isHeld(error: unknown): boolean {
  return String(error).includes("has active endpoints");
}
