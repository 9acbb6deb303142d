import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type Dockerode from "dockerode";
import { getContainerRuntimeClient } from "testcontainers";

const ASK_WITHIN_MS = 20_000;

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

/**
 * The engine with which the `docker` command works as well: that of DOCKER_HOST, else of its context. Rejects with one
 * sentence when it does not answer, or is one whose published ports are not this machine's.
 */
export async function engine(): Promise<Dockerode> {
  const wanted = await endpointOfCommand();
  if (wanted !== undefined && !isOfThisMachine(wanted))
    throw new Error(
      `the Docker engine at ${wanted} is on another machine, whose published ports cannot be reached at 127.0.0.1; ` +
        "choose one of this machine with DOCKER_HOST or docker context use",
    );
  // testcontainers knows no contexts, and takes another engine where the one it was told of is dead.
  if (wanted !== undefined) process.env["DOCKER_HOST"] = wanted;
  const client = await getContainerRuntimeClient().catch((error: unknown) => {
    throw new Error(`no Docker engine answers: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  });
  const { dockerode } = client.container;
  const { socketPath } = dockerode.modem as { readonly socketPath?: string };
  const isWanted = wanted === undefined || socketPath === undefined || wanted === `unix://${socketPath}`;
  if (!isWanted) throw new Error(`the Docker engine at ${wanted} does not answer, and no other is meant`);
  return dockerode;
}

/** Where the `docker` command finds its engine; undefined where there is no such command. */
async function endpointOfCommand(): Promise<string | undefined> {
  const given = process.env["DOCKER_HOST"];
  if (given !== undefined && given !== "") return given;
  const show = ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"];
  const { stdout } = await promisify(execFile)("docker", show, { timeout: ASK_WITHIN_MS }).catch(() => ({
    stdout: "",
  }));
  return stdout.trim() || undefined;
}

function isOfThisMachine(endpoint: string): boolean {
  return /^(unix|npipe):/.test(endpoint) || /^(tcp|https?):\/\/(127\.|localhost\b|\[::1\])/.test(endpoint);
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

/** Whether the engine refused a name that another has. */
export function isTaken(error: unknown): boolean {
  return statusCode(error) === 409;
}

export function isNotFound(error: unknown): boolean {
  return statusCode(error) === 404;
}

function statusCode(error: unknown): number | undefined {
  return (error as { statusCode?: number } | undefined)?.statusCode;
}
