import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import type Dockerode from "dockerode";
import { ignoreGone, isNotFound } from "./engine.js";
import { outputOf } from "./logs.js";

const ROOT = new URL("../../../../", import.meta.url);
const CONTEXT = fileURLToPath(new URL("integration/tools/", ROOT));
/** To be counted up with every change of the Dockerfile, or old images would be taken for new ones. */
export const TOOLS_IMAGE = "gossip-testbed-tools:1";
const RUN_WITHIN_MS = 20_000;
const BUILD_WITHIN_MS = 5 * 60_000;

/**
 * Runs scripts in the network namespaces of containers, each in a container of its own that is gone when the script has
 * ended, and that the sweep knows by its labels if this process is gone first.
 */
export class Tools {
  readonly #docker: Dockerode;
  readonly #labels: Record<string, string>;

  private constructor(docker: Dockerode, labels: Record<string, string>) {
    this.#docker = docker;
    this.#labels = labels;
  }

  /** The first time on a machine this builds an image, which takes some ten seconds and needs Debian's packages. */
  static async open(docker: Dockerode, labels: Record<string, string>): Promise<Tools> {
    if (!(await Tools.areBuilt(docker))) await build(docker);
    return new Tools(docker, labels);
  }

  static async areBuilt(docker: Dockerode): Promise<boolean> {
    try {
      await docker.getImage(TOOLS_IMAGE).inspect();
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** What the script printed. Rejects with what it complained of when it fails, and when it takes longer than 20 s. */
  async run(script: string, { within }: { within?: string } = {}): Promise<string> {
    const container = await this.#docker.createContainer({
      Image: TOOLS_IMAGE,
      Labels: this.#labels,
      Cmd: ["sh", "-e", "-c", script],
      HostConfig: {
        NetworkMode: within === undefined ? "none" : `container:${within}`,
        CapDrop: ["ALL"],
        CapAdd: ["NET_ADMIN"],
        LogConfig: { Type: "json-file", Config: {} },
      },
    });
    try {
      await container.start();
      const { StatusCode } = (await container.wait({ abortSignal: AbortSignal.timeout(RUN_WITHIN_MS) })) as {
        StatusCode: number;
      };
      const [out, err] = await Promise.all([outputOf(container, "stdout"), outputOf(container, "stderr")]);
      if (StatusCode !== 0) throw new Error(`the network could not be changed: ${err.trim() || `code ${StatusCode}`}`);
      return out;
    } finally {
      await ignoreGone(container.remove({ force: true, v: true }));
    }
  }
}

/** On the base that the peer's image has, since that is there, or can be had, wherever peers run. */
async function build(docker: Dockerode): Promise<void> {
  const base = process.env["NODE_IMAGE"] ?? settings()["NODE_IMAGE"];
  const buildargs = base === undefined ? {} : { NODE_IMAGE: base };
  const abortSignal = AbortSignal.timeout(BUILD_WITHIN_MS);
  const progress = await docker.buildImage(
    { context: CONTEXT, src: ["Dockerfile"] },
    { t: TOOLS_IMAGE, buildargs, abortSignal },
  );
  const problem = await new Promise<string | undefined>((resolve) => {
    docker.modem.followProgress(progress, (error: Error | null, events: { error?: string }[]) => {
      resolve(error?.message ?? events.find((event) => event.error !== undefined)?.error);
    });
  });
  if (problem !== undefined)
    throw new Error(`the image ${TOOLS_IMAGE}, which networks are broken with, was not built: ${problem}`);
}

/** What Compose reads, too: the set-up keeps the choice of the base image there. */
function settings(): Readonly<Record<string, string | undefined>> {
  const file = new URL(".env", ROOT);
  return existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
}
