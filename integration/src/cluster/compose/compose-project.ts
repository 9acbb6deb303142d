import type Dockerode from "dockerode";
import { RemotePeer, type Address, type LookTls } from "gossip-peer";
import { report } from "../post-mortem.js";
import { askForViews, type LoggingPeer, type AskableCluster, type PeerState, type Views } from "../../view/views.js";
import { engine } from "../docker/engine.js";
import { logTail } from "../docker/logs.js";
import { PEER_PORT } from "../docker/peer-container.js";
import { tlsOf } from "./project-tls.js";

/** The service of docker-compose.yml whose containers are the peers. */
export const SERVICE = "peer";
const ASK_WITHIN_MS = 2000;

/** A container of the Compose project's `peer` service, as it is at the moment. */
export interface ComposePeer extends LoggingPeer {
  readonly container: string;
  /** The name of the container. */
  readonly name: string;
  /** The IP on the project's network; undefined while the peer is down. */
  readonly ip: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The peers that `docker compose up` started, followed through scaling, kills and restarts. Nothing here changes them.
 */
export class ComposeProject implements AskableCluster, Disposable {
  readonly name: string;
  readonly #docker: Dockerode;
  readonly #remotes = new Map<number, RemotePeer>();
  /** The last address of each peer, by the id of its container. The engine tells none of a peer that is down. */
  readonly #addresses = new Map<string, Address>();

  private constructor(docker: Dockerode, name: string) {
    this.#docker = docker;
    this.name = name;
  }

  static async open(name: string): Promise<ComposeProject> {
    return new ComposeProject(await engine(), name);
  }

  /**
   * Reads the peers from the engine, in the order of their numbers. Nothing is kept from one call to the next, since
   * peers come and go, and their published ports change with every start.
   */
  async peers(): Promise<ComposePeer[]> {
    const label = [
      `com.docker.compose.project=${this.name}`,
      `com.docker.compose.service=${SERVICE}`,
      "com.docker.compose.oneoff=False",
    ];
    const containers = await this.#docker.listContainers({ all: true, filters: { label } });
    const ports = containers.map((container) => publishedPort(container));
    this.#closeExcept(ports);
    const peers = containers.map((container, at) => this.#peer(container, ports[at]));
    return peers.sort((a, b) => a.number - b.number);
  }

  async views(): Promise<Views> {
    return askForViews(await this.peers());
  }

  async report(): Promise<string> {
    return report(await this.peers());
  }

  /** Closes the connections to the peers. The project runs on. */
  [Symbol.dispose](): void {
    this.#closeExcept([]);
  }

  #peer({ Id, Names, State, Labels, NetworkSettings }: Dockerode.ContainerInfo, port: number | undefined): ComposePeer {
    const ip = Object.values(NetworkSettings.Networks)[0]?.IPAddress;
    if (ip) this.#addresses.set(Id, `${ip}:${PEER_PORT}`);
    const remote = port === undefined ? undefined : this.#remoteAt(port, tlsOf(Labels));
    const number = Number(Labels["com.docker.compose.container-number"]);
    const tail = (lines: number): Promise<string[]> => logTail(this.#docker.getContainer(Id), lines);
    const address = this.#addresses.get(Id);
    const [container, name, state] = [Id, Names[0]?.slice(1) ?? Id, stateOf(State)];
    return { number, state, address, remote, logTail: tail, container, name, ip: ip || undefined, labels: Labels };
  }

  #remoteAt(port: number, tls: LookTls | undefined): RemotePeer {
    const known = this.#remotes.get(port);
    const remote = known ?? new RemotePeer(`127.0.0.1:${port}`, { timeoutMs: ASK_WITHIN_MS, tls });
    this.#remotes.set(port, remote);
    return remote;
  }

  #closeExcept(ports: readonly (number | undefined)[]): void {
    for (const [port, remote] of this.#remotes) {
      if (ports.includes(port)) continue;
      remote.close();
      this.#remotes.delete(port);
    }
  }
}

function publishedPort({ Ports }: Dockerode.ContainerInfo): number | undefined {
  return Ports.find(({ PrivatePort, PublicPort }) => PrivatePort === PEER_PORT && PublicPort > 0)?.PublicPort;
}

function stateOf(state: string): PeerState {
  return state === "running" || state === "paused" ? state : "down";
}
