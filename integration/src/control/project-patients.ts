import { setTimeout as elapse } from "node:timers/promises";
import type { Address } from "gossip-peer";
import { ComposeProject, SERVICE, type Replica } from "../cluster/compose/replicas.js";
import { engine } from "../cluster/docker/engine.js";
import { isWell, NO_FAULTS } from "../fault/network.js";
import { TOOLS_IMAGE } from "../cluster/docker/tools.js";
import { Coalescer } from "../lib/coalescer.js";
import { BreakableProject, type Patient } from "../cluster/compose/project.js";
import { rows, type Row } from "./status.js";
import type { Patients } from "./control.js";
import { followEngine, type EngineEvent } from "./engine-events.js";

/** Beside what the engine tells by itself; each look is one question to it. */
const LOOK_EVERY_MS = 5000;
/** A change of many networks is many containers of the tools: what is broken is read when the last has ended so long ago. */
const QUIET_MS = 300;
/** What is under way when it ends is given so long. */
const END_WITHIN_MS = 10_000;
/** On the tools' containers that only read, so that reading does not look like a change, which would be read again. */
const READS_LABEL = "org.gossip-testbed.reads";

/** Where each peer can be dialled from here, and what its container is called. */
export type Doors = ReadonlyMap<Address, string>;

/**
 * What is wrong with the peers of a Compose project, kept up to date: the engine tells whose container changed, and that
 * somebody's tools ended, which is when the faults are read anew. They are read as long as somebody asks for them only,
 * since that costs a container for each peer.
 */
export class ProjectPatients implements Patients, AsyncDisposable {
  readonly limits = {};
  readonly #name: string;
  readonly #project: ComposeProject;
  readonly #moved: (doors: Doors) => void;
  readonly #end = new AbortController();
  /** One after the other, so that what is shown never goes back. */
  readonly #looks = new Coalescer(() => this.#look());
  readonly #reads = new Coalescer(() => this.#readFaults());
  readonly #looking: NodeJS.Timeout;
  #following: Promise<void> = Promise.resolve();
  #replicas: readonly Replica[] = [];
  /** As they were when the faults were read last, by container. */
  #read: ReadonlyMap<string, Patient> = new Map();
  #isStale = true;
  #quiet: NodeJS.Timeout | undefined;

  private constructor(name: string, project: ComposeProject, moved: (doors: Doors) => void) {
    this.#name = name;
    this.#project = project;
    this.#moved = moved;
    this.#looking = setInterval(() => {
      this.#lookSoon();
    }, LOOK_EVERY_MS);
  }

  /** `moved` is called with where the peers can be dialled, now and whenever that may have changed. */
  static async open(name: string, moved: (doors: Doors) => void): Promise<ProjectPatients> {
    const patients = new ProjectPatients(name, await ComposeProject.open(name), moved);
    try {
      await patients.look();
      patients.#following = followEngine(await engine(), patients.#end.signal, {
        happened: (event) => {
          patients.#heed(event);
        },
        missed: () => {
          patients.#faultsChanged();
          patients.#lookSoon();
        },
      });
      return patients;
    } catch (error) {
      await patients[Symbol.asyncDispose]();
      throw error;
    }
  }

  open(): Promise<BreakableProject> {
    return BreakableProject.open(this.#name);
  }

  rows(): Row[] {
    if (this.#isStale) void this.#reads.run();
    this.#isStale = false;
    return rows(
      this.#replicas.map((replica) => ({
        ...(this.#read.get(replica.container) ?? { network: NO_FAULTS, isInForce: true, cpu: undefined }),
        replica,
      })),
      [],
    );
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
    const replicas = await this.#project.replicas();
    if (this.#end.signal.aborted) return;
    this.#replicas = replicas;
    this.#moved(new Map(replicas.flatMap(({ remote, name }) => (remote ? [[remote.address, name]] : []))));
  }

  #heed({ action, attributes }: EngineEvent): void {
    const isTools = attributes["image"] === TOOLS_IMAGE && attributes[READS_LABEL] === undefined;
    if (isTools && action === "destroy") this.#faultsChanged();
    const isOurs =
      attributes["com.docker.compose.project"] === this.#name && attributes["com.docker.compose.service"] === SERVICE;
    if (!isOurs) return;
    // A limit of the CPU is an update; who starts by other means has none of the rules it had.
    const isBroken = [...this.#read.values()].some(({ network }) => !isWell(network));
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
      const patients = await project.patients();
      this.#read = new Map(patients.map((patient) => [patient.replica.container, patient]));
    } catch {
      this.#faultsChanged(LOOK_EVERY_MS); // somebody was going just then, or the engine was: once more, and not at once
    }
  }
}
