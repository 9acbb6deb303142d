import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";
import type Dockerode from "dockerode";
import { baseImage } from "./base-image.js";
import { ignoreGone, isNotFound, isRefusal } from "./engine.js";
import { inParallel } from "../../lib/parallel.js";
import { jointScript, outcomesIn, type Outcome } from "./joint-script.js";
import { outputOf } from "./logs.js";

const CONTEXT = fileURLToPath(new URL("../../../tools/", import.meta.url));
/**
 * The name of the image. The number in it goes up with every change of the Dockerfile, or an old image would be used.
 */
export const TOOLS_IMAGE = "gossip-testbed-tools:4";
/** How long a script may take: for a hundred networks on two busy processors more than 20 s. */
const RUN_WITHIN_MS = 60_000;
const BUILD_WITHIN_MS = 5 * 60_000;

/** The folder in which a container that enters several network namespaces finds their files. */
const NAMESPACES = "/netns";
/** The folder in which it finds what the engine keeps of each container, such as its file of hosts. */
const CONTAINERS = "/containers";
/**
 * How many containers run at a time where each script gets its own. Four take twice as long as one, and more are no
 * faster on few cores.
 */
const AT_ONCE = 4;

/** Where the engine's machine has the files of a container. */
interface Files {
  readonly sandbox: string;
  readonly hosts: string;
}
const NO_FILES: Files = { sandbox: "", hosts: "" };

/**
 * A shell script, and the container in whose network namespace it is to run. The script finds the path of the
 * container's file of hosts in $HOSTS.
 */
export interface NetworkScript {
  readonly container: string;
  readonly script: string;
}

/**
 * Runs scripts in the network namespaces of containers. However many there are, one short-lived container enters all
 * these namespaces: starting a container is what takes the time and the engine's work. Measured on two cores: 0.16 s
 * for one namespace and 0.34 s for six; on busy ones 0.6, 0.8 and 1.3 s for 6, 20 and 50, where a container for each
 * took 1.2, 2.2 and 7 s. It is gone when the scripts have ended, and the sweep knows it by its labels if this process
 * is gone first.
 *
 * A container that stays, into which every operation is sent by `exec`, would save another 0.3 s each time. But a
 * command that is killed would leave it behind with the right to enter every network, and commands that do one thing
 * and end would gain nothing.
 */
export class Tools {
  readonly #docker: Dockerode;
  readonly #labels: Record<string, string>;
  /**
   * False once the engine has refused to let a container enter the namespaces of others, as an engine with user
   * namespaces does. From then on each script gets a container of its own.
   */
  #mayEnterSeveral = true;

  private constructor(docker: Dockerode, labels: Record<string, string>) {
    this.#docker = docker;
    this.#labels = labels;
  }

  /** Builds the image where it is missing, which takes some ten seconds and needs Debian's packages. */
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

  /**
   * Runs the script in a network namespace that exists for it alone. Resolves to what the script printed; rejects with
   * what it printed as errors when it fails, and when it takes longer than 20 s.
   */
  async run(script: string): Promise<string> {
    const outcome = await this.#contain(`set -e\n${script}`, { NetworkMode: "none" });
    if (outcome.code !== 0) throw failure("a network of its own", outcome);
    return outcome.out;
  }

  /**
   * Runs each script in the network namespace of its container, side by side. Resolves to what each of them printed.
   * When one fails the others run all the same, and the error names the container. A container that has ended meanwhile
   * has no network any more, and so nothing in it that could be broken or healed: its script counts as done.
   */
  async runIn(jobs: readonly NetworkScript[]): Promise<string[]> {
    const joint = jobs.length > 1 && this.#mayEnterSeveral ? await this.#runJointly(jobs) : undefined;
    const outcomes = joint ?? (await this.#runApart(jobs));
    for (const [at, outcome] of outcomes.entries()) {
      const container = jobs[at]?.container ?? "";
      if (outcome.code === 0 || !(await this.#runs(container))) continue;
      throw failure(`the network of ${await this.#nameOf(container)}`, outcome);
    }
    return outcomes.map(({ out }) => out);
  }

  async #runApart(jobs: readonly NetworkScript[]): Promise<Outcome[]> {
    const outcomes = new Map<NetworkScript, Outcome>();
    await inParallel(AT_ONCE, jobs, async (job) => {
      const network = { NetworkMode: `container:${job.container}` };
      const outcome = await this.#contain(`set -e\n${job.script}`, network).catch(async (error: unknown) => {
        if (await this.#runs(job.container)) throw error;
        return { code: 1, out: "", err: String(error) };
      });
      outcomes.set(job, outcome);
    });
    return jobs.flatMap((job) => outcomes.get(job) ?? []);
  }

  /**
   * Runs all scripts from one container. Resolves to undefined when the engine lets no container enter the namespaces
   * of others, or when none of the containers runs.
   */
  async #runJointly(jobs: readonly NetworkScript[]): Promise<Outcome[] | undefined> {
    const boundary = `-${randomBytes(12).toString("hex")}-`;
    const files = await Promise.all(jobs.map(({ container }) => this.#filesOf(container)));
    const known = files.find(({ sandbox }) => sandbox !== "");
    if (known === undefined) return undefined;
    const scripts = jobs.map(({ script }, at) => {
      const { sandbox, hosts } = files[at] ?? NO_FILES;
      return { sandbox: basename(sandbox), hosts: join(CONTAINERS, basename(dirname(hosts)), basename(hosts)), script };
    });
    const outcomes = await this.#contain(jointScript(scripts, NAMESPACES, boundary), {
      NetworkMode: "none",
      Binds: [`${dirname(known.sandbox)}:${NAMESPACES}:ro`, `${dirname(dirname(known.hosts))}:${CONTAINERS}`],
      CapAdd: ["NET_ADMIN", "SYS_ADMIN"],
    }).then(
      ({ out }) => outcomesIn(out, boundary),
      (error: unknown) => {
        if (isRefusal(error)) return [];
        throw error;
      },
    );
    const hasEntered = outcomes.some(({ code, err }) => code === 0 || !err.startsWith("nsenter:"));
    if (outcomes.length === jobs.length && hasEntered) return outcomes;
    this.#mayEnterSeveral = false;
    return undefined;
  }

  /**
   * The files of a container's network namespace and of its hosts; "" when the container has ended, or is gone. The
   * first has another name in each life of the container, so that no later one is entered by mistake.
   */
  async #filesOf(container: string): Promise<Files> {
    try {
      const { NetworkSettings, HostsPath } = await this.#docker.getContainer(container).inspect();
      return { sandbox: NetworkSettings.SandboxKey, hosts: HostsPath };
    } catch (error) {
      if (isNotFound(error)) return NO_FILES;
      throw error;
    }
  }

  async #runs(container: string): Promise<boolean> {
    return this.#docker
      .getContainer(container)
      .inspect()
      .then(
        ({ State }) => State.Running,
        (error: unknown) => {
          if (isNotFound(error)) return false;
          throw error;
        },
      );
  }

  async #nameOf(container: string): Promise<string> {
    const { Name } = await this.#docker.getContainer(container).inspect();
    return Name.slice(1);
  }

  /**
   * Runs a shell script in a container of its own, and resolves to how it ended. The shell reads it from its standard
   * input, since the kernel limits arguments to 128 KiB.
   */
  async #contain(script: string, host: Dockerode.HostConfig): Promise<Outcome> {
    const container = await this.#docker.createContainer({
      Image: TOOLS_IMAGE,
      Labels: this.#labels,
      Cmd: ["sh"],
      Env: ["HOSTS=/etc/hosts"], // that of the container whose network it joins, where it joins one
      OpenStdin: true,
      StdinOnce: true,
      HostConfig: {
        CapDrop: ["ALL"],
        CapAdd: ["NET_ADMIN"],
        LogConfig: { Type: "json-file", Config: {} },
        ...host,
      },
    });
    try {
      await write(container, script);
      await container.start();
      const inTime = AbortSignal.timeout(RUN_WITHIN_MS);
      const ended = container.wait({ abortSignal: inTime }).catch((error: unknown) => {
        if (!inTime.aborted) throw error;
        throw new Error(`a script that changes networks did not end within ${RUN_WITHIN_MS / 1000} s`, {
          cause: error,
        });
      });
      const { StatusCode } = (await ended) as { StatusCode: number };
      const [out, err] = await Promise.all([outputOf(container, "stdout"), outputOf(container, "stderr")]);
      return { code: StatusCode, out, err: err.trim() };
    } finally {
      await ignoreGone(container.remove({ force: true, v: true }));
    }
  }
}

/** Sends a text to the standard input of a container that is about to start. */
async function write(container: Dockerode.Container, input: string): Promise<void> {
  const stream = await container.attach({ stream: true, stdin: true, hijack: true });
  stream.end(input);
}

function failure(where: string, { code, err }: Outcome): Error {
  return new Error(`a script failed in ${where}: ${err || `code ${code}`}`);
}

/** Builds the image on the base image of the peer's, which is there, or can be had, wherever peers run. */
async function build(docker: Dockerode): Promise<void> {
  const base = baseImage();
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
