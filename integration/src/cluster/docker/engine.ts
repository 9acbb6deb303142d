import type Dockerode from "dockerode";
import { getContainerRuntimeClient } from "testcontainers";

/** The peer's image; `docker compose build` makes it. */
const OWN_IMAGE = "gossip-peer:local";
const IMAGES = (process.env["GOSSIP_TESTBED_IMAGE"] || OWN_IMAGE).split(",");
export const [IMAGE = OWN_IMAGE] = IMAGES;

/**
 * The image of the peer of this number. When GOSSIP_TESTBED_IMAGE names several, with commas between them, the peers
 * get them by turns: a cluster of several implementations.
 */
export function imageOf(number: number): string {
  return IMAGES[(number - 1) % IMAGES.length] ?? IMAGE;
}

/** The engine that the environment names, on this machine or another. Rejects with one sentence when none answers. */
export async function engine(): Promise<Dockerode> {
  try {
    return (await getContainerRuntimeClient()).container.dockerode;
  } catch (error) {
    throw new Error(`no Docker engine answers: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Rejects with what to do when an image of the peers is missing; testcontainers would look for it in a registry. */
export async function expectImage(docker: Dockerode): Promise<void> {
  for (const image of IMAGES) {
    try {
      await docker.getImage(image).inspect();
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const how = image === OWN_IMAGE ? "docker compose build" : "docker build or docker pull";
      throw new Error(`the image ${image} is not there; get it with: ${how}`, { cause: error });
    }
  }
}

/** Awaits a removal; that the thing is gone already, or is being removed by somebody else, is no failure. */
export async function ignoreGone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    const underWay = statusCode(error) === 409 && String(error).includes("already in progress");
    if (!isNotFound(error) && !underWay) throw error;
  }
}

/** Whether an error is the engine's answer, as opposed to no answer. */
export function isRefusal(error: unknown): boolean {
  return statusCode(error) !== undefined;
}

export function isNotFound(error: unknown): boolean {
  return statusCode(error) === 404;
}

function statusCode(error: unknown): number | undefined {
  return (error as { statusCode?: number } | undefined)?.statusCode;
}
