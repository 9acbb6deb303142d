import { randomBytes } from "node:crypto";
import type Dockerode from "dockerode";
import { limitCpu } from "../cluster/docker/cpu.js";
import { engine } from "../cluster/docker/engine.js";
import { Firewall, type PeerNetwork } from "../cluster/docker/firewall.js";
import { HARDENING } from "../cluster/docker/hardening.js";
import { logTail } from "../cluster/docker/logs.js";
import { createNetwork, type ClusterNetwork } from "../cluster/docker/network.js";
import { CLUSTER_LABEL, ownRun, RUN_LABEL } from "../cluster/docker/owner.js";
import { isHeld, removeCluster, sweep } from "../cluster/docker/sweep.js";
import { Tools } from "../cluster/docker/tools.js";
import { freePorts } from "../cluster/ports.js";
import { inParallel } from "../lib/parallel.js";
import { clip } from "../lib/text.js";
import type { Build, Contender } from "./contender.js";
import { LogWatch } from "./log-watch.js";

/** How many containers the engine works on at a time. More would be done no sooner on few cores. */
const AT_ONCE = 8;
const STOP_WITHIN_S = 10;
/** How long all may take to know a change. Erlang gives up a silent node after 75 s, Serf calls a lost one every 30. */
export const KNOWN_WITHIN_MS = 180_000;
/** How much of a log line is shown. */
const LINE_COLUMNS = 160;

/** A container of a contender. */
export interface BenchPeer {
  readonly number: number;
  readonly ip: string;
  /** The port of this machine that leads to the one at which the peer takes commands. */
  readonly port: number;
  readonly container: Dockerode.Container;
  state: "running" | "paused" | "down";
}

/**
 * The containers of one contender, on a network of their own with fixed addresses, hardened as those of docker-compose.yml.
 * The first is the seed of all others. Disposing removes all of them.
 */
export class ContenderCluster implements AsyncDisposable {
  readonly name = `testbed-bench-${randomBytes(4).toString("hex")}`;
  readonly contender: Contender;
  readonly firewall: Firewall;
  readonly #docker: Dockerode;
  readonly #labels: Record<string, string>;
  readonly #signal: AbortSignal;
  #peers: readonly BenchPeer[] = [];
  #log: LogWatch | undefined;

  private constructor(docker: Dockerode, contender: Contender, signal: AbortSignal) {
    this.#docker = docker;
    this.contender = contender;
    this.#signal = signal;
    this.#labels = { [RUN_LABEL]: ownRun(), [CLUSTER_LABEL]: this.name };
    const networks = (): PeerNetwork[] =>
      this.#peers.map(({ number, ip, state, container }) => {
        return { number, ip, names: [], container: state === "down" ? undefined : container.id };
      });
    this.firewall = new Firewall(() => Tools.open(docker, this.#labels), networks);
  }

  /** Makes the containers, and starts none. Whatever is waited for rejects when `signal` aborts. */
  static async create(contender: Contender, peers: number, signal: AbortSignal): Promise<ContenderCluster> {
    const docker = await engine();
    await sweep(docker);
    const cluster = new ContenderCluster(docker, contender, signal);
    try {
      await cluster.#create(peers);
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get peers(): readonly BenchPeer[] {
    return this.#peers;
  }

  get running(): BenchPeer[] {
    return this.#peers.filter(({ state }) => state === "running");
  }

  get down(): BenchPeer[] {
    return this.#peers.filter(({ state }) => state === "down");
  }

  get log(): LogWatch {
    if (this.#log === undefined) throw new Error("the cluster has no peers yet");
    return this.#log;
  }

  async start(...peers: readonly BenchPeer[]): Promise<void> {
    await inParallel(AT_ONCE, peers, async (peer) => {
      this.#signal.throwIfAborted();
      const sinceMs = Date.now();
      await peer.container.start();
      await this.log.follow(peer.number, peer.container, sinceMs);
      peer.state = "running";
    });
  }

  async kill(peer: BenchPeer): Promise<void> {
    peer.state = "down";
    await peer.container.kill({ signal: "SIGKILL" });
  }

  async stop(peer: BenchPeer): Promise<void> {
    peer.state = "down";
    await peer.container.stop({ t: STOP_WITHIN_S });
  }

  async pause(peer: BenchPeer): Promise<void> {
    peer.state = "paused";
    await peer.container.pause();
  }

  async resume(peer: BenchPeer): Promise<void> {
    await peer.container.unpause();
    peer.state = "running";
  }

  /** Gives each of the peers at most this share of one CPU; undefined: as much as there is. */
  async limitCpu(peers: readonly BenchPeer[], share: number | undefined): Promise<void> {
    await inParallel(AT_ONCE, peers, ({ container }) => limitCpu(container, share, {}));
  }

  /**
   * Resolves once each running peer lists exactly the others of `sideOf` its own, by default all that run: to the time of
   * the last change until then, in ms since 1970. Rejects where that is not so in time, with who disagrees.
   */
  async agreed(sideOf: (peer: BenchPeer) => readonly BenchPeer[] = () => this.running): Promise<number> {
    const isSo = (): boolean => this.running.every((peer) => this.#listsExactly(peer, sideOf(peer)));
    const atMs = await this.log.until(isSo, KNOWN_WITHIN_MS, this.#signal);
    if (atMs !== undefined) return atMs;
    throw new Error(`not agreed within ${KNOWN_WITHIN_MS / 1000} s: ${await this.#disagreement()}`);
  }

  /** Who does not list exactly all that run, or has ended by itself, in words. */
  async #disagreement(): Promise<string> {
    for (const { number, container } of this.running) {
      const { State } = await container.inspect();
      if (State.Running) continue;
      const [last = ""] = (await logTail(container, 1)).slice(-1);
      return `peer ${number} ended by itself with code ${State.ExitCode}: ${clip(last, LINE_COLUMNS)}`;
    }
    const wrong = this.running.filter((peer) => !this.#listsExactly(peer, this.running));
    const [first] = wrong;
    if (first === undefined) return "all agree now";
    const { size } = this.log.listOf(first.number);
    return `${wrong.length} of ${this.running.length} list others than run; peer ${first.number} lists ${size}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#log?.[Symbol.dispose]();
    try {
      await removeCluster(this.#docker, this.name);
    } catch (error) {
      if (!isHeld(error)) throw error; // the sweep of a later run removes the network
    }
  }

  #listsExactly(peer: BenchPeer, those: readonly BenchPeer[]): boolean {
    const list = this.log.listOf(peer.number);
    const others = those.filter((other) => other !== peer);
    return list.size === others.length && others.every(({ number }) => list.has(number));
  }

  async #create(count: number): Promise<void> {
    const network = await createNetwork(this.#docker, this.name, this.#labels);
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const ports = await freePorts(count);
    const made: BenchPeer[] = [];
    await inParallel(AT_ONCE, numbers, async (number) => {
      this.#signal.throwIfAborted();
      const [ip, port] = [network.ipOf(number), ports[number - 1] ?? 0];
      const seed = number === 1 ? undefined : network.ipOf(1);
      const build = await this.contender.build({ number, ip, seed });
      const container = await this.#docker.createContainer(this.#options(number, network, port, build));
      made.push({ number, ip, port, container, state: "down" });
    });
    this.#peers = made.sort((a, b) => a.number - b.number);
    const byIp = new Map(this.#peers.map(({ ip, number }) => [ip, number]));
    this.#log = new LogWatch((line) => this.contender.read(line), byIp);
  }

  #options(number: number, network: ClusterNetwork, port: number, build: Build): Dockerode.ContainerCreateOptions {
    const { controlPort } = this.contender;
    const control = controlPort === undefined ? [] : [`${controlPort}/tcp`];
    const endpoint = { IPAMConfig: { IPv4Address: network.ipOf(number) } };
    return {
      name: `${this.name}-peer-${number}`,
      Image: build.image,
      Labels: this.#labels,
      Env: Object.entries(build.environment ?? {}).map(([key, value]) => `${key}=${value}`),
      ...(build.command === undefined ? {} : { Cmd: [...build.command] }),
      ExposedPorts: Object.fromEntries(control.map((each) => [each, {}])),
      NetworkingConfig: { EndpointsConfig: { [network.name]: endpoint } },
      HostConfig: {
        ...HARDENING,
        NetworkMode: network.name,
        PortBindings: Object.fromEntries(
          control.map((each) => [each, [{ HostIp: "127.0.0.1", HostPort: String(port) }]]),
        ),
        Binds: [...(build.mounts ?? [])],
        LogConfig: { Type: "json-file", Config: {} },
      },
    };
  }
}
