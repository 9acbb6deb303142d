import type Dockerode from "dockerode";
import type { LookTls, TlsMode } from "gossip-peer";
import { ManagedPeer, type Endpoints } from "../managed-peer.js";
import { Misbehaviour } from "../../fault/misbehaviour.js";
import { limitCpu } from "./cpu.js";
import { imageOf } from "./engine.js";
import { logTail } from "./logs.js";
import { limitMemory, ranOutOfMemory } from "./memory.js";
import { PEER_PORT, type PeerContainer, type Place } from "./peer-container.js";
import { endOf, started, stop, unlessEnded } from "./promises.js";

/** A peer in a container of its own. */
export class DockerPeer extends ManagedPeer {
  readonly ip: string;
  readonly names: readonly string[];
  readonly #docker: Dockerode;
  #place: Place;
  readonly #make: () => PeerContainer;
  readonly #running: (container: Dockerode.Container) => Promise<void>;
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
    running: (container: Dockerode.Container) => Promise<void> = () => Promise.resolve(),
  ) {
    super(number, `${place.ip}:${PEER_PORT}`, `${place.alias}:${PEER_PORT}`, endpointsOf(place, "require"));
    this.#place = place;
    this.ip = place.ip;
    this.names = [place.alias];
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
    await unlessEnded(this.#there(), this.#called, limitCpu(this.#there(), share, {}));
  }

  /** Limits the peer to so many MiB of memory, also after a restart. Undefined: as much as it normally has. */
  async limitMemory(mebibytes: number | undefined): Promise<void> {
    await limitMemory(this.#there(), mebibytes);
  }

  async logTail(lines: number): Promise<string[]> {
    return this.#container === undefined ? [] : logTail(this.#container, lines);
  }

  endedByItself(): Promise<string | undefined> {
    return endOf(this.#there(), this.#called);
  }

  protected async ranOutOfMemory(): Promise<boolean> {
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
    await unlessEnded(this.#there(), this.#called, this.#there().kill({ signal: "SIGKILL" }));
    await this.#there().wait({ condition: "not-running" });
  }

  protected async doStop(): Promise<void> {
    this.#hasNamespaces = false;
    await stop(this.#there(), this.#called);
  }

  protected async doPause(): Promise<void> {
    await unlessEnded(this.#there(), this.#called, this.#there().pause());
  }

  protected async doResume(): Promise<void> {
    await unlessEnded(this.#there(), this.#called, this.#there().unpause());
  }

  async #startFirst(): Promise<void> {
    let isPrepared = false;
    try {
      const starting = this.#make();
      starting.onRunning = async (id) => {
        const container = (this.#container = this.#docker.getContainer(id));
        this.#hasNamespaces = true;
        await this.#running(container);
        isPrepared = true;
      };
      await starting.start();
    } catch (error) {
      const isOurs = this.#hasNamespaces && !isPrepared; // and none of the peer's, which has no say in that
      this.#container = undefined; // testcontainers has removed it
      this.#hasNamespaces = false;
      if (isOurs) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new Misbehaviour(`${this.#called} (${imageOf(this.number)}) did not start: ${why}`, { cause: error });
    }
  }

  async #startAgain(container: Dockerode.Container): Promise<void> {
    await container.start();
    this.#hasNamespaces = true;
    await this.#running(container);
    await started(container, this.#called);
  }

  get #called(): string {
    return `peer ${this.number}`;
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
