import type Dockerode from "dockerode";
import { ignoreGone } from "./engine.js";
import { CLUSTER_LABEL, isDead, RUN_LABEL } from "./owner.js";

type Labels = Readonly<Record<string, string>>;

/** Removes what runs that have ended left behind, and only that. Returns how many things those were. */
export function sweep(docker: Dockerode): Promise<number> {
  return removeAll(docker, RUN_LABEL, (labels) => isDead(labels[RUN_LABEL] ?? ""));
}

/** Removes what one cluster consists of, whatever state it is in. */
export async function removeCluster(docker: Dockerode, cluster: string): Promise<void> {
  await removeAll(docker, `${CLUSTER_LABEL}=${cluster}`, () => true);
}

/** Containers first: a network with containers on it cannot be removed, and what it routed would go elsewhere. */
async function removeAll(docker: Dockerode, label: string, condemned: (labels: Labels) => boolean): Promise<number> {
  const filters = { label: [label] };
  const containers = (await docker.listContainers({ all: true, filters })).filter(({ Labels }) => condemned(Labels));
  await Promise.all(containers.map(({ Id }) => ignoreGone(docker.getContainer(Id).remove({ force: true, v: true }))));
  const networks = (await docker.listNetworks({ filters })).filter(({ Labels }) => condemned(Labels ?? {}));
  await Promise.all(networks.map(({ Id }) => ignoreGone(docker.getNetwork(Id).remove())));
  return containers.length + networks.length;
}
