import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type Dockerode from "dockerode";
import type { PeerMeta } from "gossip-peer";
import { BoundPorts } from "testcontainers";
import { ComposeProject, SERVICE, type Replica } from "./replicas.js";
import { Connections } from "../docker/connections.js";
import { cpuLimit, limitCpu } from "../docker/cpu.js";
import { engine } from "../docker/engine.js";
import type { NetworkFaults } from "../../fault/network.js";
import { Firewall, type Target } from "../docker/firewall.js";
import { ownRun, RUN_LABEL } from "../docker/owner.js";
import { startedInLog } from "../docker/peer-container.js";
import { sweep } from "../docker/sweep.js";
import { Tools } from "../docker/tools.js";
import { inParallel } from "../../lib/parallel.js";
import { Coalescer } from "../../lib/coalescer.js";
import type { PeerState, Views } from "../../view/views.js";
import { LIFE_VERBS, type Breakable, type LifeVerb } from "../../fault/verbs.js";
import { byPlace } from "./places.js";

const AT_ONCE = 8;
const STOP_WITHIN_S = 5;
const COMMAND_WITHIN_MS = 5 * 60_000;
const run = promisify(execFile);

/** A peer of the project, and what is wrong with it on purpose. */
export interface Patient {
  readonly replica: Replica;
  readonly network: NetworkFaults;
  /** Whether its kernel does what is wanted of it. It does not when it, or others, were restarted by other means. */
  readonly isInForce: boolean;
  /** The share of one CPU that it is held to; undefined when it has what it normally has. */
  readonly cpu: number | undefined;
}

/**
 * A running Compose project, to be broken and healed. Nothing is remembered here: what is wrong is in the kernel's rules
 * and in the containers' limits, and is found there again.
 */
export class BreakableProject implements Breakable, Disposable {
  readonly #docker: Dockerode;
  readonly #project: ComposeProject;
  readonly #firewall: Firewall;
  /** Closes those between its peers. */
  readonly connections: Connections;
  #replicas: readonly Replica[] = [];
  /** By number, until the next start. */
  readonly #toStart = new Map<number, "start" | "restart">();
  readonly #starting = new Coalescer(() => this.#startThose());

  private constructor(docker: Dockerode, project: ComposeProject, labels: Readonly<Record<string, string>>) {
    this.#docker = docker;
    this.#project = project;
    const open = (): Promise<Tools> => Tools.open(docker, { [RUN_LABEL]: ownRun(), ...labels });
    const targets = (): Target[] => this.#replicas.map(targetOf);
    this.#firewall = new Firewall(open, targets, { notes: true });
    this.connections = new Connections(open, targets);
  }

  /** Rejects when the project has no peers. `labels` are for the containers of the tools. */
  static async open(name: string, labels: Readonly<Record<string, string>> = {}): Promise<BreakableProject> {
    const docker = await engine();
    const project = new BreakableProject(docker, await ComposeProject.open(name), labels);
    await project.#look();
    if (project.replicas.length > 0) return project;
    throw new Error(
      `the Compose project ${JSON.stringify(name)} has no peers; start some with: docker compose up --detach --scale peer=5`,
    );
  }

  get name(): string {
    return this.#project.name;
  }

  /** As they were when they were last looked at, by number. */
  get replicas(): readonly Replica[] {
    return this.#replicas;
  }

  /** Breaks its network. What others broke it takes over when `patients` is asked for. */
  get firewall(): Firewall {
    return this.#firewall;
  }

  report(): Promise<string> {
    return this.#project.report();
  }

  /** What Compose gave their containers as variables, of the first of them: it gives all the same. */
  async environment(): Promise<Readonly<Record<string, string>>> {
    const [first] = this.#replicas;
    const { Env } = first === undefined ? { Env: [] } : (await this.#container(first).inspect()).Config;
    return Object.fromEntries(Env.map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]));
  }

  views(): Promise<Views> {
    return this.#project.views();
  }

  async patients(): Promise<Patient[]> {
    const notInForce = await this.#recall();
    return Promise.all(
      this.#replicas.map(async (replica) => ({
        replica,
        network: this.#firewall.faultsOf(replica.number),
        isInForce: !notInForce.includes(replica.number),
        cpu: await cpuLimit(this.#container(replica), replica.labels),
      })),
    );
  }

  /** Rejects, before any of them is touched, when one is in no state for it. A peer that starts is back among its faults. */
  async live(verb: LifeVerb, numbers: readonly number[]): Promise<void> {
    if (verb === "start" || verb === "restart") {
      for (const number of numbers) this.#toStart.set(number, verb);
      return this.#starting.run();
    }
    await this.#look();
    const replicas = this.#those(numbers);
    for (const replica of replicas) expectAble(verb, replica);
    await inParallel(AT_ONCE, replicas, (replica) => act(verb, this.#container(replica)));
    await this.#look();
  }

  /** Resolves when each of them has said that it started. */
  async started(numbers: readonly number[]): Promise<void> {
    await inParallel(AT_ONCE, this.#those(numbers), (replica) => hasStarted(this.#container(replica)));
  }

  /** Nothing that any of `from` sends reaches any of `to`, for each of the pairs. */
  async cut(ways: readonly (readonly [from: readonly number[], to: readonly number[]])[]): Promise<void> {
    await this.#recall();
    const pairs = ways.flatMap(([froms, tos]) => froms.flatMap((from) => tos.map((to) => ({ from, to }))));
    await Promise.all(pairs.map(({ from, to }) => this.#firewall.cut(from, to)));
  }

  async part(sides: readonly (readonly number[])[]): Promise<void> {
    await this.#recall();
    const deafTo = (number: number): number[] =>
      sides.some((side) => side.includes(number)) ? sides.filter((side) => !side.includes(number)).flat() : [];
    // They begin together, and so the network is changed once.
    await Promise.all(this.#replicas.map(({ number }) => this.#firewall.change([number], { deafTo: deafTo(number) })));
  }

  /** Rejects with Unsupported, with nothing changed, when the kernel cannot do it. */
  async break(numbers: readonly number[], faults: Partial<NetworkFaults>): Promise<void> {
    await this.#recall();
    await this.#firewall.change(numbers, faults);
  }

  /** A share of one CPU; undefined: what they normally have. */
  async limitCpu(numbers: readonly number[], share: number | undefined): Promise<void> {
    await inParallel(AT_ONCE, this.#those(numbers), (replica) =>
      limitCpu(this.#container(replica), share, replica.labels),
    );
  }

  async heal(): Promise<{ resumed: number[]; swept: number }> {
    const patients = await this.patients();
    await this.#firewall.heal();
    const held = patients.filter(({ cpu }) => cpu !== undefined).map(({ replica }) => replica.number);
    await this.limitCpu(held, undefined);
    const resumed = this.#replicas.filter(({ state }) => state === "paused").map(({ number }) => number);
    await this.live("resume", resumed);
    return { resumed, swept: await sweep(this.#docker) };
  }

  /**
   * With the files that Compose started the project from, and with the timing that the peers have. Compose would start who is
   * down, so it makes the newcomers only.
   */
  async scale(count: number): Promise<void> {
    const [{ labels } = { labels: {} }] = this.#replicas as readonly { labels: Readonly<Record<string, string>> }[];
    const folder = labels["com.docker.compose.project.working_dir"];
    const files = labels["com.docker.compose.project.config_files"]?.split(",") ?? [];
    if (folder === undefined || files.length === 0) throw new Error("Compose did not note from which files it started");
    const from = ["--project-directory", folder, ...files.flatMap((file) => ["--file", file])];
    const how = ["create", "--no-build", "--no-recreate", "--scale", `${SERVICE}=${count}`, SERVICE];
    const given = Object.entries(await this.environment()).filter(([variable]) => variable.startsWith("GOSSIP_"));
    const env = { ...process.env, ...Object.fromEntries(given) };
    await command("docker", ["compose", "--project-name", this.#project.name, ...from, ...how], env);
    const before = this.#replicas.map(({ container }) => container);
    await this.#look();
    const newcomers = this.#replicas.filter(({ container }) => !before.includes(container));
    await inParallel(AT_ONCE, newcomers, (replica) => this.#container(replica).start());
    await this.#look();
  }

  /** Has each of them run `gossip` with these arguments, since its administration is within reach of itself only. */
  async tell(numbers: readonly number[], args: readonly string[]): Promise<void> {
    const replicas = this.#those(numbers);
    const away = replicas.find(({ state }) => state !== "running");
    if (away !== undefined) throw new Error(`peer ${away.number} is ${away.state} and cannot be told anything`);
    await inParallel(AT_ONCE, replicas, ({ container }) => command("docker", ["exec", container, "gossip", ...args]));
  }

  /** Replaces what they say of themselves. */
  setMeta(numbers: readonly number[], { name, tags = {} }: PeerMeta): Promise<void> {
    const args = Object.entries(tags).map(([key, value]) => `--tag=${key}=${value}`);
    return this.tell(numbers, ["set-meta", ...(name === undefined ? [] : [`--name=${name}`]), ...args]);
  }

  [Symbol.dispose](): void {
    this.#project[Symbol.dispose]();
  }

  /**
   * One container after the other, who has the lowest address first: the engine gives each the lowest that is free, which so is
   * the one it had before, unless others that are down had a lower one.
   */
  async #startThose(): Promise<void> {
    const verbs = new Map(this.#toStart);
    this.#toStart.clear();
    await this.#look();
    const replicas = this.#those([...verbs.keys()]);
    for (const replica of replicas) expectAble(verbs.get(replica.number) ?? "start", replica);
    await this.#recall();
    const inOrder = await byPlace(replicas);
    const up = replicas.filter(({ state }) => state !== "down");
    await inParallel(AT_ONCE, up, (replica) => act("stop", this.#container(replica)));
    for (const replica of inOrder) await this.#container(replica).start();
    await this.#look();
    // It may have another address now, which the rules of all others are to know.
    for (const { number } of replicas) await this.#firewall.putBack(number);
    await this.started(replicas.map(({ number }) => number));
  }

  /** Where the tools were never built, nothing was broken with them. */
  async #recall(): Promise<number[]> {
    return (await Tools.areBuilt(this.#docker)) ? this.#firewall.recall() : [];
  }

  async #look(): Promise<void> {
    this.#replicas = await this.#project.replicas();
  }

  #those(numbers: readonly number[]): Replica[] {
    return this.#replicas.filter(({ number }) => numbers.includes(number));
  }

  #container({ container }: Replica): Dockerode.Container {
    return this.#docker.getContainer(container);
  }
}

function targetOf({ number, ip, state, container }: Replica): Target {
  return { number, ip, container: state === "down" ? undefined : container };
}

function expectAble(verb: LifeVerb, { number, state }: Replica): void {
  const possible: readonly PeerState[] = LIFE_VERBS[verb];
  if (!possible.includes(state)) throw new Error(`cannot ${verb} peer ${number}: it is ${state}`);
}

async function act(verb: Exclude<LifeVerb, "start" | "restart">, container: Dockerode.Container): Promise<void> {
  if (verb === "kill") {
    await container.kill({ signal: "SIGKILL" });
    await container.wait({ condition: "not-running" });
  } else if (verb === "pause") await container.pause();
  else if (verb === "resume") await container.unpause();
  else await container.stop({ t: STOP_WITHIN_S });
}

async function hasStarted(container: Dockerode.Container): Promise<void> {
  const { State } = await container.inspect();
  await startedInLog().waitUntilReady(container, new BoundPorts(), new Date(State.StartedAt));
}

/** Rejects with what it complained of. */
async function command(program: string, args: readonly string[], env = process.env): Promise<void> {
  try {
    await run(program, args, { timeout: COMMAND_WITHIN_MS, env });
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    throw new Error(stderr?.trim() || message, { cause: error });
  }
}
