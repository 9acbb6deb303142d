import { setTimeout as elapse } from "node:timers/promises";
import type { Address } from "gossip-peer";
import { BreakableProject, type BrokenPeer } from "../cluster/compose/breakable-project.js";
import { ComposeProject, SERVICE, type ComposePeer } from "../cluster/compose/compose-project.js";
import { engine } from "../cluster/docker/engine.js";
import { TOOLS_IMAGE } from "../cluster/docker/tools.js";
import { Coalescer } from "../lib/coalescer.js";
import { isOfNetwork } from "../fault/kinds.js";
import type { PeerConditions } from "./control.js";
import { followEngine, type EngineEvent } from "./engine-events.js";
import { conditionsOf, type Condition } from "./status.js";

/** The states are also read this often, besides the engine's events; one reading is one request to the engine. */
const READ_EVERY_MS = 5000;
/**
 * A change to the networks of many peers runs many containers of the tools. The faults are read once, so long after the
 * last of these containers has ended.
 */
const QUIET_MS = 300;
/** How long disposal waits for readings that are under way. */
const END_WITHIN_MS = 10_000;
/**
 * Marks containers of the tools that only read faults. Without it each reading would count as a change and cause
 * another.
 */
const READS_LABEL = "org.gossip-testbed.reads";

/** The name of each peer's container, by the address at which the peer can be dialled from this machine. */
export type Labels = ReadonlyMap<Address, string>;

/**
 * The conditions of the peers of a Compose project, kept up to date. The engine's events tell which container changed,
 * and when a container of the tools ended, after which the faults are stale. Stale faults are read anew only when
 * `conditions` is called, since a reading costs one container for each peer.
 */
export class ProjectConditions implements PeerConditions, AsyncDisposable {
  readonly limits = {};
  readonly #name: string;
  readonly #project: ComposeProject;
  readonly #moved: (labels: Labels) => void;
  readonly #end = new AbortController();
  /** Readings run one after the other, so that the conditions never go back to an older state. */
  readonly #stateReads = new Coalescer(() => this.#readStates());
  readonly #faultReads = new Coalescer(() => this.#readFaults());
  readonly #readTimer: NodeJS.Timeout;
  #following: Promise<void> = Promise.resolve();
  #peers: readonly ComposePeer[] = [];
  /** The faults of each peer as last read, by container. */
  #read: ReadonlyMap<string, BrokenPeer> = new Map();
  #isStale = true;
  #quiet: NodeJS.Timeout | undefined;

  private constructor(name: string, project: ComposeProject, moved: (labels: Labels) => void) {
    this.#name = name;
    this.#project = project;
    this.#moved = moved;
    this.#readTimer = setInterval(() => {
      this.#readStatesSoon();
    }, READ_EVERY_MS);
  }

  /**
   * Opens the project and reads the states of its peers. `moved` is called with the addresses at which the peers can be
   * dialled, before this resolves and whenever they may have changed. Rejects when the engine does not answer.
   */
  static async open(name: string, moved: (labels: Labels) => void): Promise<ProjectConditions> {
    const conditions = new ProjectConditions(name, await ComposeProject.open(name), moved);
    try {
      await conditions.refresh();
      conditions.#following = followEngine(await engine(), conditions.#end.signal, {
        happened: (event) => {
          conditions.#onEvent(event);
        },
        missed: () => {
          conditions.#faultsChanged();
          conditions.#readStatesSoon();
        },
      });
      return conditions;
    } catch (error) {
      await conditions[Symbol.asyncDispose]();
      throw error;
    }
  }

  open(): Promise<BreakableProject> {
    return BreakableProject.open(this.#name);
  }

  conditions(): Condition[] {
    if (this.#isStale) void this.#faultReads.run();
    this.#isStale = false;
    const broken = this.#peers.map((peer) => ({
      ...(this.#read.get(peer.container) ?? { faults: [], isInForce: true }),
      peer,
    }));
    return conditionsOf(broken, []);
  }

  refresh(): Promise<void> {
    return this.#stateReads.run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    clearInterval(this.#readTimer);
    clearTimeout(this.#quiet);
    await this.#following;
    const quiet = Promise.all([this.#stateReads.run(), this.#faultReads.run()]).catch(() => undefined);
    await Promise.race([quiet, elapse(END_WITHIN_MS, undefined, { ref: false })]);
    this.#project[Symbol.dispose]();
  }

  async #readStates(): Promise<void> {
    const peers = await this.#project.peers();
    if (this.#end.signal.aborted) return;
    this.#peers = peers;
    this.#moved(new Map(peers.flatMap(({ remote, name }) => (remote ? [[remote.address, name]] : []))));
  }

  #onEvent({ action, attributes }: EngineEvent): void {
    const isTools = attributes["image"] === TOOLS_IMAGE && attributes[READS_LABEL] === undefined;
    if (isTools && action === "destroy") this.#faultsChanged();
    const isOurs =
      attributes["com.docker.compose.project"] === this.#name && attributes["com.docker.compose.service"] === SERVICE;
    if (!isOurs) return;
    // A limit of the CPU arrives as an update. A container that is started by other means has lost its firewall rules.
    const isBroken = [...this.#read.values()].some(({ faults }) => faults.some(isOfNetwork));
    if (action === "update" || (action === "start" && isBroken)) this.#faultsChanged();
    this.#readStatesSoon();
  }

  #faultsChanged(quietMs = QUIET_MS): void {
    clearTimeout(this.#quiet);
    if (this.#end.signal.aborted) return;
    this.#quiet = setTimeout(() => {
      this.#isStale = true;
    }, quietMs);
  }

  #readStatesSoon(): void {
    void this.#stateReads.run().catch(() => undefined); // while the engine does not answer, its last answer is shown
  }

  async #readFaults(): Promise<void> {
    if (this.#end.signal.aborted) return;
    try {
      using project = await BreakableProject.open(this.#name, { [READS_LABEL]: "" });
      const broken = await project.brokenPeers();
      this.#read = new Map(broken.map((each) => [each.peer.container, each]));
    } catch {
      this.#faultsChanged(READ_EVERY_MS); // a container or the engine was stopping: the next attempt comes later
    }
  }
}
