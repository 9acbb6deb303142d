import type Dockerode from "dockerode";
import { Unsupported } from "../../fault/unsupported.js";
import { isNotFound, isRefusal } from "./engine.js";

const MEBIBYTE = 1024 ** 2;
/** How much memory the container of a peer normally has, those of docker-compose.yml included. */
export const NORMAL_MEBIBYTES = 256;
/** How the engine tells that a kernel with cgroups of the first version takes no limit below what is in use. */
const IN_USE = /unable to set memory limit .*current usage: (\d+)/;

/**
 * Limits a container to so many MiB of memory, also after a restart. Undefined: as much as it normally has. Rejects with
 * Unsupported where the kernel takes no limit below what the container uses.
 */
export async function limitMemory(container: Dockerode.Container, mebibytes: number | undefined): Promise<void> {
  const Memory = (mebibytes ?? NORMAL_MEBIBYTES) * MEBIBYTE;
  // Under a limit there is no swap, or the peer would be slow where it is to end; else as much again, the default.
  const MemorySwap = mebibytes === undefined ? 2 * Memory : Memory;
  try {
    await container.update({ Memory, MemorySwap });
  } catch (error) {
    const used = IN_USE.exec(String(error))?.[1];
    if (!isRefusal(error) || used === undefined) throw error;
    const least = Math.ceil(Number(used) / MEBIBYTE);
    throw new Unsupported(`the peer uses ${least} MiB of memory, and this machine's kernel takes no limit below that`);
  }
}

/** The MiB of memory to which a container is limited; undefined when that is no less than normal. */
export async function memoryLimit(container: Dockerode.Container): Promise<number | undefined> {
  const { Memory } = (await container.inspect()).HostConfig;
  const mebibytes = Math.floor((Memory ?? 0) / MEBIBYTE);
  return mebibytes === 0 || mebibytes >= NORMAL_MEBIBYTES ? undefined : mebibytes;
}

/** Whether the kernel has ended a container since its memory was not enough; false where the container is gone. */
export async function ranOutOfMemory(container: Dockerode.Container): Promise<boolean> {
  try {
    const { State } = await container.inspect();
    return !State.Running && State.OOMKilled;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
