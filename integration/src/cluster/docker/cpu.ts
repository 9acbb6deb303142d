import { cpus } from "node:os";
import type Dockerode from "dockerode";

/** Says how many CPUs a container has when nothing is wrong with it. Without it: all that this machine has. */
export const CPUS_LABEL = "org.gossip-testbed.cpus";

const NANO = 1e9;

type Labels = Readonly<Record<string, string>>;

/** The container gets this share of one CPU at most; undefined: what it has normally. Outlives a restart. */
export async function limitCpu(
  container: Dockerode.Container,
  share: number | undefined,
  labels: Labels,
): Promise<void> {
  await container.update({ NanoCpus: Math.round(NANO * (share ?? normal(labels))) });
}

/** The share of one CPU that the container is held to; undefined when that is no less than normal. */
export async function cpuLimit(container: Dockerode.Container, labels: Labels): Promise<number | undefined> {
  const { NanoCpus } = (await container.inspect()).HostConfig;
  const share = (NanoCpus ?? 0) / NANO;
  return share === 0 || share >= normal(labels) ? undefined : share;
}

function normal(labels: Labels): number {
  const count = Number(labels[CPUS_LABEL]);
  return count > 0 ? count : cpus().length;
}
