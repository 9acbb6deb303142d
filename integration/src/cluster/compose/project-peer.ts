import type { Address, PeerMeta } from "gossip-peer";
import type { HowToStart } from "../cluster.js";
import type { Replica } from "./replicas.js";
import { ManagedPeer } from "../managed-peer.js";
import { Unsupported } from "../../fault/unsupported.js";
import type { BreakableProject } from "./project.js";

/** A peer of a Compose project. */
export class ProjectPeer extends ManagedPeer {
  readonly #project: BreakableProject;

  constructor(project: BreakableProject, replica: Replica) {
    const { number, address, state } = replica;
    if (address === undefined) throw new Error(`peer ${number} of the project has no address`);
    super(number, address, doorsOf(replica), state);
    this.#project = project;
  }

  override async start({ name, cluster }: HowToStart = {}): Promise<void> {
    if (name !== undefined || cluster !== undefined)
      throw new Unsupported("a container of a project starts as what it was made: with no other name or cluster");
    await super.start();
  }

  /** Through its container, since its admin service is within reach of itself only. */
  override setMeta(meta: PeerMeta): Promise<void> {
    return this.#project.setMeta([this.number], meta);
  }

  override addSeed(seed: Address): Promise<void> {
    return this.#project.tell([this.number], ["add-seed", seed]);
  }

  logTail(lines: number): Promise<string[]> {
    return this.#replica.logTail(lines);
  }

  protected doKill(): Promise<void> {
    return this.#project.live("kill", [this.number]);
  }

  protected doStop(): Promise<void> {
    return this.#project.live("stop", [this.number]);
  }

  protected async doStart(): Promise<void> {
    await this.#project.live("start", [this.number]);
    const { address } = this.#replica;
    this.moveTo(doorsOf(this.#replica));
    if (address !== this.address)
      throw new Error(
        `peer ${this.number} is ${address ?? "nowhere"} since it was started, and was ${this.address}: the engine gave ` +
          "the address of a project's container that was down to another, so that it is another peer now",
      );
  }

  protected doPause(): Promise<void> {
    return this.#project.live("pause", [this.number]);
  }

  protected doResume(): Promise<void> {
    return this.#project.live("resume", [this.number]);
  }

  get #replica(): Replica {
    const replica = this.#project.replicas.find(({ number }) => number === this.number);
    if (replica === undefined) throw new Error(`the project has no peer ${this.number} any more`);
    return replica;
  }
}

/** Published ports change whenever a container starts. */
function doorsOf({ number, remote }: Replica): { membership: Address; admin: Address } {
  if (remote === undefined) throw new Error(`peer ${number} of the project has no published port to be asked at`);
  return { membership: remote.address, admin: remote.address };
}
