import type { Address, PeerMeta } from "gossip-peer";
import type { HowToStart } from "../cluster.js";
import { SERVICE, type ComposePeer } from "./compose-project.js";
import { tlsOf } from "./project-tls.js";
import { PEER_PORT } from "../docker/peer-container.js";
import { ManagedPeer, type Endpoints } from "../managed-peer.js";
import { Misbehaviour } from "../../fault/misbehaviour.js";
import { Unsupported } from "../../fault/unsupported.js";
import type { BreakableProject } from "./breakable-project.js";

/** A peer of a Compose project. */
export class ProjectPeer extends ManagedPeer {
  readonly #project: BreakableProject;

  constructor(project: BreakableProject, peer: ComposePeer) {
    const { number, address, state } = peer;
    if (address === undefined) throw new Error(`peer ${number} of the project has no address`);
    super(number, address, `${SERVICE}:${PEER_PORT}`, endpointsOf(peer), state);
    this.#project = project;
  }

  override async start({ name, cluster }: HowToStart = {}): Promise<void> {
    if (name !== undefined || cluster !== undefined)
      throw new Unsupported("a container of a project starts as what it was made: with no other name or cluster");
    await super.start();
  }

  /** Sets the metadata by a program in the container, since the admin service can only be reached from there. */
  override setMeta(meta: PeerMeta): Promise<void> {
    return this.#project.apply([{ kind: "set-meta", peer: this.number, meta }]);
  }

  override addSeed(seed: Address): Promise<void> {
    return this.#project.apply([{ kind: "add-seed", peer: this.number, seed }]);
  }

  logTail(lines: number): Promise<string[]> {
    return this.#present.logTail(lines);
  }

  endedByItself(): Promise<string | undefined> {
    return this.#project.endOf(this.number);
  }

  protected ranOutOfMemory(): Promise<boolean> {
    return this.#project.ranOutOfMemory(this.number);
  }

  protected doKill(): Promise<void> {
    return this.#applyToMe("kill");
  }

  protected doStop(): Promise<void> {
    return this.#applyToMe("stop");
  }

  protected async doStart(): Promise<void> {
    await this.#project.apply([{ kind: "start", peer: this.number }]);
    const { address } = this.#present;
    this.moveTo(endpointsOf(this.#present));
    if (address !== this.address)
      throw new Error(
        `peer ${this.number} is ${address ?? "nowhere"} since it was started, and was ${this.address}: the engine gave ` +
          "the address of a project's container that was down to another, so that it is another peer now",
      );
  }

  protected doPause(): Promise<void> {
    return this.#applyToMe("pause");
  }

  protected doResume(): Promise<void> {
    return this.#applyToMe("resume");
  }

  /** Rejects with Misbehaviour where the peer has ended by itself, and so is in no state for it. */
  async #applyToMe(kind: "kill" | "stop" | "pause" | "resume"): Promise<void> {
    try {
      await this.#project.apply([{ kind, peer: this.number }]);
    } catch (error) {
      const sentence = error instanceof Misbehaviour ? undefined : await this.endedByItself();
      throw sentence === undefined ? error : new Misbehaviour(sentence, { cause: error });
    }
  }

  get #present(): ComposePeer {
    const peer = this.#project.peers.find(({ number }) => number === this.number);
    if (peer === undefined) throw new Error(`the project has no peer ${this.number} any more`);
    return peer;
  }
}

/** Where the peer can be dialled now: published ports change with every start of a container. */
function endpointsOf({ number, remote, labels }: ComposePeer): Endpoints {
  if (remote === undefined) throw new Error(`peer ${number} of the project has no published port to be asked at`);
  return { membership: remote.address, admin: remote.address, tls: tlsOf(labels) };
}
