import type Dockerode from "dockerode";
import { BoundPorts } from "testcontainers";
import { ManagedPeer } from "../managed-peer.js";
import { logTail } from "./logs.js";
import { PEER_PORT, startedInLog, type PeerContainer, type Place } from "./peer-container.js";

const STOP_WITHIN_S = 5;

/** A peer in a container of its own. */
export class DockerPeer extends ManagedPeer {
  readonly #docker: Dockerode;
  readonly #make: () => PeerContainer;
  #container: Dockerode.Container | undefined;

  /** `make` is called when the peer first starts. */
  constructor(docker: Dockerode, number: number, place: Place, make: () => PeerContainer) {
    super(number, `${place.ip}:${PEER_PORT}`, {
      membership: `127.0.0.1:${place.port}`,
      admin: `127.0.0.1:${place.adminPort}`,
    });
    this.#docker = docker;
    this.#make = make;
  }

  async logTail(lines: number): Promise<string[]> {
    return this.#container === undefined ? [] : logTail(this.#container, lines);
  }

  protected async doStart(): Promise<void> {
    if (this.#container === undefined) await this.#startFirst();
    else await this.#startAgain(this.#container);
  }

  protected async doKill(): Promise<void> {
    await this.#there().kill({ signal: "SIGKILL" });
    await this.#there().wait({ condition: "not-running" });
  }

  protected async doStop(): Promise<void> {
    await this.#there().stop({ t: STOP_WITHIN_S });
    const { State } = await this.#there().inspect();
    if (State.ExitCode !== 0) throw new Error(`peer ${this.number} ended with ${State.ExitCode} instead of 0`);
  }

  protected async doPause(): Promise<void> {
    await this.#there().pause();
  }

  protected async doResume(): Promise<void> {
    await this.#there().unpause();
  }

  async #startFirst(): Promise<void> {
    try {
      const started = await this.#make().start();
      this.#container = this.#docker.getContainer(started.getId());
    } catch (error) {
      throw new Error(`peer ${this.number} did not start: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  async #startAgain(container: Dockerode.Container): Promise<void> {
    await container.start();
    const { State } = await container.inspect();
    await startedInLog().waitUntilReady(container, new BoundPorts(), new Date(State.StartedAt));
  }

  #there(): Dockerode.Container {
    if (this.#container === undefined) throw new Error(`peer ${this.number} was never started`);
    return this.#container;
  }
}
