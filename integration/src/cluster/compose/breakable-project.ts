import type Dockerode from "dockerode";
import { ComposeProject, SERVICE, type ComposePeer } from "./compose-project.js";
import { Connections } from "../docker/connections.js";
import { expectStates, type Breakable } from "../../fault/breakable.js";
import type { CommandKind, Fault, WayKind } from "../../fault/fault.js";
import { isOfLife } from "../../fault/kinds.js";
import { cpuLimit } from "../docker/cpu.js";
import { engine } from "../docker/engine.js";
import { Firewall, type PeerNetwork } from "../docker/firewall.js";
import { Frozen } from "../docker/frozen.js";
import { takeLock } from "../docker/lock.js";
import { ownRun, RUN_LABEL } from "../docker/owner.js";
import { memoryLimit, ranOutOfMemory } from "../docker/memory.js";
import { endOf, started, stop } from "../docker/promises.js";
import { sweep } from "../docker/sweep.js";
import { Tools } from "../docker/tools.js";
import { Twins } from "../docker/twins.js";
import { inParallel } from "../../lib/parallel.js";
import { Coalescer } from "../../lib/coalescer.js";
import type { Views } from "../../view/views.js";
import {
  applyToPeer,
  createPeers,
  isOfStart,
  isOther,
  isRule,
  type PeerFault,
  type StartFault,
} from "./peer-faults.js";
import { byPlace } from "./places.js";

const AT_ONCE = 8;

/** A peer of the project, and the faults of its network and its share of the CPU. */
export interface BrokenPeer {
  readonly peer: ComposePeer;
  readonly faults: readonly Fault[];
  /** Whether the kernel has these faults. It has not when this peer, or others, were restarted by other means. */
  readonly isInForce: boolean;
}

/**
 * A running Compose project, to be broken and healed. No file keeps the faults: they are in the kernel's rules and in
 * the containers' limits, where any later process finds them.
 */
export class BreakableProject implements Breakable, Disposable {
  readonly #docker: Dockerode;
  readonly #project: ComposeProject;
  readonly #firewall: Firewall;
  /** Closes connections between the peers. */
  readonly connections: Connections;
  readonly twins: Twins;
  #peers: readonly ComposePeer[] = [];
  /** The starts and restarts that the next run of `#starting` does, by the number of the peer. */
  readonly #toStart = new Map<number, StartFault>();
  readonly #starting = new Coalescer(() => this.#startThose());

  private constructor(docker: Dockerode, project: ComposeProject, labels: Readonly<Record<string, string>>) {
    this.#docker = docker;
    this.#project = project;
    const all = { [RUN_LABEL]: ownRun(), ...labels };
    const open = (): Promise<Tools> => Tools.open(docker, all);
    const networks = (): PeerNetwork[] => this.#peers.map(networkOf);
    this.#firewall = new Firewall(open, networks, { notes: true });
    this.connections = new Connections(open, networks);
    this.twins = new Twins(docker, () => this.#peers, all);
  }

  /** Rejects when the project has no peers. `labels` are for the containers of tools and twins. */
  static async open(name: string, labels: Readonly<Record<string, string>> = {}): Promise<BreakableProject> {
    const docker = await engine();
    const project = new BreakableProject(docker, await ComposeProject.open(name), labels);
    await project.#readPeers();
    if (project.peers.length > 0) return project;
    throw new Error(
      `the Compose project ${JSON.stringify(name)} has no peers; start some with: docker compose up --detach --scale peer=5`,
    );
  }

  get name(): string {
    return this.#project.name;
  }

  /** The peers as last read from the engine, in the order of their numbers. */
  get peers(): readonly ComposePeer[] {
    return this.#peers;
  }

  /** Breaks the networks of the peers. It knows the faults that others applied once `brokenPeers` was called. */
  get firewall(): Firewall {
    return this.#firewall;
  }

  report(): Promise<string> {
    return this.#project.report();
  }

  /** The environment variables of the first container; Compose gives the same to all. */
  async environment(): Promise<Readonly<Record<string, string>>> {
    const [first] = this.#peers;
    const { Env } = first === undefined ? { Env: [] } : (await this.#container(first).inspect()).Config;
    return Object.fromEntries(Env.map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]));
  }

  views(): Promise<Views> {
    return this.#project.views();
  }

  /** Reads the peers from the engine, and their faults from the engine and the kernel. */
  async brokenPeers(): Promise<BrokenPeer[]> {
    const notInForce = await this.#recall();
    return Promise.all(
      this.#peers.map(async (peer) => {
        const { number, labels } = peer;
        const share = await cpuLimit(this.#container(peer), labels);
        const mebibytes = await memoryLimit(this.#container(peer));
        const limits: Fault[] = [
          ...(share === undefined ? [] : [{ kind: "cpu", peer: number, share } as const]),
          ...(mebibytes === undefined ? [] : [{ kind: "memory", peer: number, mebibytes } as const]),
        ];
        const faults = [...this.#firewall.faultsOf(number), ...limits];
        return { peer, faults, isInForce: !notInForce.includes(number) };
      }),
    );
  }

  /** Applies faults, as `Breakable` says. A peer that starts gets the faults of its network again. */
  async apply(faults: readonly Fault<CommandKind>[]): Promise<void> {
    const [starts, networks, others] = [faults.filter(isOfStart), faults.filter(isRule), faults.filter(isOther)];
    if (starts.length > 0) {
      for (const fault of starts) this.#toStart.set(fault.peer, fault);
      await this.#starting.run();
    }
    if (networks.length > 0) {
      await this.#recall();
      await this.#firewall.apply(...networks);
    }
    if (others.length > 0) {
      await this.#readPeers();
      expectStates(others, this.#peers);
      await inParallel(AT_ONCE, others, (fault) => this.#applyToPeer(fault));
      if (others.some(isOfLife)) await this.#readPeers();
    }
  }

  async part(ways: readonly Fault<WayKind>[]): Promise<void> {
    await this.#recall();
    await this.#firewall.closeOnly(...ways);
  }

  /** Whether the kernel has ended the container of that peer since its memory was not enough. */
  async ranOutOfMemory(number: number): Promise<boolean> {
    const [peer] = this.#those([number]);
    return peer !== undefined && ranOutOfMemory(this.#container(peer));
  }

  /** Resolves when each of the peers has logged that it started. */
  async started(numbers: readonly number[]): Promise<void> {
    await inParallel(AT_ONCE, this.#those(numbers), (peer) => started(this.#container(peer), peer.name));
  }

  /** How that peer ended, which nobody ended on purpose; undefined when it runs. */
  async endOf(number: number): Promise<string | undefined> {
    const [peer] = this.#those([number]);
    return peer && endOf(this.#container(peer), peer.name);
  }

  async lock(what: string): Promise<AsyncDisposable> {
    const [first] = this.#peers;
    if (first === undefined) throw this.#noPeers();
    const { Image } = await this.#container(first).inspect();
    return takeLock(this.#docker, this.name, what, Image);
  }

  async heal(): Promise<{ resumed: number[]; swept: number }> {
    const broken = await this.brokenPeers();
    const limits = broken
      .flatMap(({ faults }) => faults)
      .filter((fault) => fault.kind === "cpu" || fault.kind === "memory");
    const resumed = this.#peers.filter(({ state }) => state === "paused").map(({ number }) => number);
    const ends: Fault<CommandKind>[] = [
      ...limits.map(({ kind, peer }) => ({ kind, peer })),
      ...resumed.map((peer): Fault<"resume"> => ({ kind: "resume", peer })),
    ];
    const failures: unknown[] = [];
    const note = (error: unknown): void => void failures.push(error);
    await this.#firewall.heal().catch(note);
    await inParallel(AT_ONCE, ends, (fault) => this.apply([fault]).catch(note)); // one failure keeps no other from healing
    if (failures.length > 0) throw failures[0];
    return { resumed, swept: await sweep(this.#docker) };
  }

  /** Scales with the timing that the peers have. Peers that are down stay so. */
  async scale(count: number): Promise<void> {
    const [first] = this.#peers;
    if (first === undefined) throw this.#noPeers();
    await createPeers(this.name, first, await this.environment(), count);
    const before = this.#peers.map(({ container }) => container);
    await this.#readPeers();
    const newcomers = this.#peers.filter(({ container }) => !before.includes(container));
    await inParallel(AT_ONCE, newcomers, (peer) => this.#container(peer).start());
    await this.#readPeers();
  }

  [Symbol.dispose](): void {
    this.#project[Symbol.dispose]();
  }

  /**
   * Starts one container after the other, that of the lowest address first: the engine gives each the lowest address
   * that is free, which is then the one it had before, unless others that are down had a lower one.
   */
  async #startThose(): Promise<void> {
    const faults = [...this.#toStart.values()];
    this.#toStart.clear();
    await this.#readPeers();
    expectStates(faults, this.#peers);
    const numbers = faults.map(({ peer }) => peer);
    await this.#recall();
    const inOrder = await byPlace(this.#those(numbers));
    const up = inOrder.filter(({ state }) => state !== "down");
    const complaints: unknown[] = [];
    await inParallel(AT_ONCE, up, (peer) =>
      stop(this.#container(peer), peer.name).catch((error: unknown) => void complaints.push(error)),
    );
    await this.#startEach(inOrder);
    await this.started(numbers);
    await this.#readPeers();
    if (complaints.length > 0) throw complaints[0];
  }

  /** Starts these, and gives their networks their rules before anything in them gets far. */
  async #startEach(peers: readonly ComposePeer[]): Promise<void> {
    await using frozen = new Frozen();
    for (const peer of peers) {
      await this.#container(peer).start();
      if (this.#firewall.isBroken) await frozen.freeze(this.#container(peer));
    }
    await this.#readPeers();
    // A peer may have another address now, which the rules of all others are to know.
    await this.#firewall.putBack(...peers.map(({ number }) => number));
  }

  async #applyToPeer(fault: PeerFault): Promise<void> {
    const peer = this.#peers.find(({ number }) => number === fault.peer);
    if (peer === undefined) throw new Error(`the project ${this.name} has no peer ${fault.peer}`);
    await applyToPeer(fault, peer, this.#container(peer));
  }

  /**
   * Has the firewall take over the faults in the kernel; returns the numbers of the peers that lack some of theirs.
   * Where the tools were never built, no network was broken with them.
   */
  async #recall(): Promise<number[]> {
    return (await Tools.areBuilt(this.#docker)) ? this.#firewall.recall() : [];
  }

  #noPeers(): Error {
    return new Error(`the project ${this.name} has no peers any more`);
  }

  async #readPeers(): Promise<void> {
    this.#peers = await this.#project.peers();
  }

  #those(numbers: readonly number[]): ComposePeer[] {
    return this.#peers.filter(({ number }) => numbers.includes(number));
  }

  #container({ container }: ComposePeer): Dockerode.Container {
    return this.#docker.getContainer(container);
  }
}

function networkOf({ number, ip, name, state, container }: ComposePeer): PeerNetwork {
  return { number, ip, names: [SERVICE, name], container: state === "down" ? undefined : container };
}
