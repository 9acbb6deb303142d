import type Dockerode from "dockerode";
import { BoundPorts } from "testcontainers";
import type { LookTls, TlsMode } from "gossip-peer";
import { ManagedPeer, type Endpoints } from "../managed-peer.js";
import { Misbehaviour } from "../../fault/misbehaviour.js";
import { limitCpu } from "./cpu.js";
import { imageOf } from "./engine.js";
import { logTail } from "./logs.js";
import { limitMemory, ranOutOfMemory } from "./memory.js";
import { PEER_PORT, startedInLog, type PeerContainer, type Place } from "./peer-container.js";

const STOP_WITHIN_S = 5;

/** A peer in a container of its own. */
export class DockerPeer extends ManagedPeer {
  readonly ip: string;
  readonly #docker: Dockerode;
  #place: Place;
  readonly #make: () => PeerContainer;
  readonly #running: () => Promise<void>;
  #container: Dockerode.Container | undefined;
  /** The name, the cluster and the TLS that the container was made with, which cannot be changed in it. */
  #madeAs = "";
  #hasNamespaces = false;

  /**
   * `make` is called when the peer first starts, and when it starts by another name or in another cluster. `running` is
   * called each time the container runs, before the start of the peer in it is awaited.
   */
  constructor(
    docker: Dockerode,
    number: number,
    place: Place,
    make: () => PeerContainer,
    running: () => Promise<void> = () => Promise.resolve(),
  ) {
    super(number, `${place.ip}:${PEER_PORT}`, `${place.alias}:${PEER_PORT}`, endpointsOf(place, "require"));
    this.#place = place;
    this.ip = place.ip;
    this.#docker = docker;
    this.#make = make;
    this.#running = running;
  }

  /**
   * The id of the container while that has a network namespace, which is as long as it runs, paused or not; else
   * undefined.
   */
  get container(): string | undefined {
    return this.#hasNamespaces ? this.#container?.id : undefined;
  }

  /** From now on the testbed shows the peer this, where it shows certificates. */
  lookWith(tls: LookTls): void {
    this.#place = { ...this.#place, tls };
    this.moveTo(endpointsOf(this.#place, this.tlsMode));
  }

  /** Limits the peer to this share of one CPU, also after a restart. Undefined: as much as there is. */
  async limitCpu(share: number | undefined): Promise<void> {
    await limitCpu(this.#there(), share, {});
  }

  /** Limits the peer to so many MiB of memory, also after a restart. Undefined: as much as it normally has. */
  async limitMemory(mebibytes: number | undefined): Promise<void> {
    await limitMemory(this.#there(), mebibytes);
  }

  async logTail(lines: number): Promise<string[]> {
    return this.#container === undefined ? [] : logTail(this.#container, lines);
  }

  async endedByItself(): Promise<string | undefined> {
    const { State } = await this.#there().inspect();
    return State.Running ? undefined : `${this.#called} ended by itself, with code ${State.ExitCode}`;
  }

  protected async hasRunOutOfMemory(): Promise<boolean> {
    const isGone = await ranOutOfMemory(this.#there());
    if (isGone) this.#hasNamespaces = false;
    return isGone;
  }

  protected async doStart(): Promise<void> {
    const wanted = JSON.stringify([this.name, this.cluster, this.tlsMode]);
    if (this.#container !== undefined && this.#madeAs === wanted) await this.#startAgain(this.#container);
    else {
      await this.#container?.remove({ force: true, v: true });
      this.#madeAs = wanted;
      if (this.#place.tls !== undefined) this.moveTo(endpointsOf(this.#place, this.tlsMode));
      await this.#startFirst();
    }
  }

  protected async doKill(): Promise<void> {
    this.#hasNamespaces = false;
    await this.#there().kill({ signal: "SIGKILL" });
    await this.#there().wait({ condition: "not-running" });
  }

  protected async doStop(): Promise<void> {
    this.#hasNamespaces = false;
    await this.#there().stop({ t: STOP_WITHIN_S });
    const { State } = await this.#there().inspect();
    if (State.ExitCode === 0) return;
    // The engine kills what is there after the grace, which is 128 and SIGKILL's 9.
    const how =
      State.ExitCode === 137 ? `did not end within ${STOP_WITHIN_S} s of the stop` : `ended with ${State.ExitCode}`;
    throw new Misbehaviour(`${this.#called} ${how}, and not with a goodbye and code 0`);
  }

  protected async doPause(): Promise<void> {
    await this.#there().pause();
  }

  protected async doResume(): Promise<void> {
    await this.#there().unpause();
  }

  async #startFirst(): Promise<void> {
    try {
      const starting = this.#make();
      starting.onRunning = async (id) => {
        this.#container = this.#docker.getContainer(id);
        this.#hasNamespaces = true;
        await this.#running();
      };
      await starting.start();
    } catch (error) {
      this.#container = undefined; // testcontainers has removed it
      this.#hasNamespaces = false;
      throw new Misbehaviour(
        `${this.#called} did not start: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  async #startAgain(container: Dockerode.Container): Promise<void> {
    await container.start();
    this.#hasNamespaces = true;
    await this.#running();
    const { State } = await container.inspect();
    try {
      await startedInLog().waitUntilReady(container, new BoundPorts(), new Date(State.StartedAt));
    } catch (error) {
      throw new Misbehaviour(`${this.#called} did not start again: ${String(error)}`, { cause: error });
    }
  }

  get #called(): string {
    return `peer ${this.number} (${imageOf(this.number)})`;
  }

  #there(): Dockerode.Container {
    if (this.#container === undefined) throw new Error(`peer ${this.number} was never started`);
    return this.#container;
  }
}

function endpointsOf({ port, adminPort, tls }: Place, mode: TlsMode): Endpoints {
  const shown = mode === "off" ? undefined : tls;
  return { membership: `127.0.0.1:${port}`, admin: `127.0.0.1:${adminPort}`, tls: shown };
}
