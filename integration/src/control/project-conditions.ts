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

/** Beside what the engine tells by itself; each look is one question to it. */
const LOOK_EVERY_MS = 5000;
/**
 * A change of many networks is many containers of the tools: what is broken is read when the last has ended so long
 * ago.
 */
const QUIET_MS = 300;
/** How long a look that is under way at the end may still take. */
const END_WITHIN_MS = 10_000;
/** On the tools' containers that only read, so that reading does not look like a change, which would be read again. */
const READS_LABEL = "org.gossip-testbed.reads";

/** Where each peer can be dialled from here, and what its container is called. */
export type Labels = ReadonlyMap<Address, string>;

/**
 * The conditions of the peers of a Compose project, kept up to date: the engine tells whose container changed, and that
 * somebody's tools ended, which is when the faults are read anew. They are read as long as somebody asks for them only,
 * since that costs a container for each peer.
 */
export class ProjectConditions implements PeerConditions, AsyncDisposable {
  readonly limits = {};
  readonly #name: string;
  readonly #project: ComposeProject;
  readonly #moved: (labels: Labels) => void;
  readonly #end = new AbortController();
  /** Looks and reads go one after the other, so that what is shown never goes back. */
  readonly #looks = new Coalescer(() => this.#look());
  readonly #reads = new Coalescer(() => this.#readFaults());
  readonly #looking: NodeJS.Timeout;
  #following: Promise<void> = Promise.resolve();
  #peers: readonly ComposePeer[] = [];
  /** As they were when the faults were read last, by container. */
  #read: ReadonlyMap<string, BrokenPeer> = new Map();
  #isStale = true;
  #quiet: NodeJS.Timeout | undefined;

  private constructor(name: string, project: ComposeProject, moved: (labels: Labels) => void) {
    this.#name = name;
    this.#project = project;
    this.#moved = moved;
    this.#looking = setInterval(() => {
      this.#lookSoon();
    }, LOOK_EVERY_MS);
  }

  /** `moved` is called with where the peers can be dialled, now and whenever that may have changed. */
  static async open(name: string, moved: (labels: Labels) => void): Promise<ProjectConditions> {
    const conditions = new ProjectConditions(name, await ComposeProject.open(name), moved);
    try {
      await conditions.look();
      conditions.#following = followEngine(await engine(), conditions.#end.signal, {
        happened: (event) => {
          conditions.#heed(event);
        },
        missed: () => {
          conditions.#faultsChanged();
          conditions.#lookSoon();
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
    if (this.#isStale) void this.#reads.run();
    this.#isStale = false;
    const broken = this.#peers.map((peer) => ({
      ...(this.#read.get(peer.container) ?? { faults: [], isInForce: true }),
      peer,
    }));
    return conditionsOf(broken, []);
  }

  look(): Promise<void> {
    return this.#looks.run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    clearInterval(this.#looking);
    clearTimeout(this.#quiet);
    await this.#following;
    const quiet = Promise.all([this.#looks.run(), this.#reads.run()]).catch(() => undefined);
    await Promise.race([quiet, elapse(END_WITHIN_MS, undefined, { ref: false })]);
    this.#project[Symbol.dispose]();
  }

  async #look(): Promise<void> {
    const peers = await this.#project.peers();
    if (this.#end.signal.aborted) return;
    this.#peers = peers;
    this.#moved(new Map(peers.flatMap(({ remote, name }) => (remote ? [[remote.address, name]] : []))));
  }

  #heed({ action, attributes }: EngineEvent): void {
    const isTools = attributes["image"] === TOOLS_IMAGE && attributes[READS_LABEL] === undefined;
    if (isTools && action === "destroy") this.#faultsChanged();
    const isOurs =
      attributes["com.docker.compose.project"] === this.#name && attributes["com.docker.compose.service"] === SERVICE;
    if (!isOurs) return;
    // A limit of the CPU is an update; who starts by other means has none of the rules it had.
    const isBroken = [...this.#read.values()].some(({ faults }) => faults.some(isOfNetwork));
    if (action === "update" || (action === "start" && isBroken)) this.#faultsChanged();
    this.#lookSoon();
  }

  #faultsChanged(quietMs = QUIET_MS): void {
    clearTimeout(this.#quiet);
    if (this.#end.signal.aborted) return;
    this.#quiet = setTimeout(() => {
      this.#isStale = true;
    }, quietMs);
  }

  #lookSoon(): void {
    void this.#looks.run().catch(() => undefined); // the engine does not answer, and what is shown is what it said last
  }

  async #readFaults(): Promise<void> {
    if (this.#end.signal.aborted) return;
    try {
      using project = await BreakableProject.open(this.#name, { [READS_LABEL]: "" });
      const broken = await project.brokenPeers();
      this.#read = new Map(broken.map((each) => [each.peer.container, each]));
    } catch {
      this.#faultsChanged(LOOK_EVERY_MS); // somebody was going just then, or the engine was: once more, and not at once
    }
  }
}
