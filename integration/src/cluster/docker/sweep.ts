import type Dockerode from "dockerode";
import { ignoreGone } from "./engine.js";
import { CLUSTER_LABEL, isDead, RUN_LABEL } from "./owner.js";

type Labels = Readonly<Record<string, string>>;
type Condemned = (labels: Labels) => boolean;

/**
 * Removes what runs that have ended left behind, and only that. Returns how many things those were. A network that the
 * engine does not let go of stays for the next sweep: that is nothing that whoever starts now could mend.
 */
export async function sweep(docker: Dockerode): Promise<number> {
  const dead = (labels: Labels): boolean => isDead(labels[RUN_LABEL] ?? "");
  const containers = await removeContainers(docker, RUN_LABEL, dead);
  const networks = await Promise.allSettled(await networkRemovals(docker, RUN_LABEL, dead));
  return containers + networks.filter(({ status }) => status === "fulfilled").length;
}

/** Removes what one cluster consists of, whatever state it is in. */
export async function removeCluster(docker: Dockerode, cluster: string): Promise<void> {
  const label = `${CLUSTER_LABEL}=${cluster}`;
  // Containers first: a network with containers on it cannot be removed, and what it routed would go elsewhere.
  await removeContainers(docker, label, () => true);
  await Promise.all(await networkRemovals(docker, label, () => true));
}

async function removeContainers(docker: Dockerode, label: string, condemned: Condemned): Promise<number> {
  const all = await docker.listContainers({ all: true, filters: { label: [label] } });
  const containers = all.filter(({ Labels }) => condemned(Labels));
  await Promise.all(containers.map(({ Id }) => ignoreGone(docker.getContainer(Id).remove({ force: true, v: true }))));
  return containers.length;
}

async function networkRemovals(docker: Dockerode, label: string, condemned: Condemned): Promise<Promise<unknown>[]> {
  const all = await docker.listNetworks({ filters: { label: [label] } });
  const networks = all.filter(({ Labels }) => condemned(Labels ?? {}));
  return networks.map(({ Id }) => ignoreGone(docker.getNetwork(Id).remove()));
}
