import { cpus } from "node:os";
import type Dockerode from "dockerode";

/** The label that says how many CPUs a container normally has. Without it the container has all of this machine. */
export const CPUS_LABEL = "org.gossip-testbed.cpus";

const NANO = 1e9;

type Labels = Readonly<Record<string, string>>;

/** Limits a container to this share of one CPU, also after a restart. Undefined: as much as it normally has. */
export async function limitCpu(
  container: Dockerode.Container,
  share: number | undefined,
  labels: Labels,
): Promise<void> {
  await container.update({ NanoCpus: Math.round(NANO * (share ?? normal(labels))) });
}

/** The share of one CPU to which the container is limited; undefined when that is no less than normal. */
export async function cpuLimit(container: Dockerode.Container, labels: Labels): Promise<number | undefined> {
  const { NanoCpus } = (await container.inspect()).HostConfig;
  const share = (NanoCpus ?? 0) / NANO;
  return share === 0 || share >= normal(labels) ? undefined : share;
}

function normal(labels: Labels): number {
  const count = Number(labels[CPUS_LABEL]);
  return count > 0 ? count : cpus().length;
}
