import type { Readable } from "node:stream";
import type { LookTls } from "gossip-peer";
import { GenericContainer, Wait, type StartedTestContainer } from "testcontainers";
import { STARTED } from "../log.js";
import { HARDENING } from "./hardening.js";

export const PEER_PORT = 7946;
export const ADMIN_PORT = 7947;
/** How long a peer may take to say that it has started. */
export const START_WITHIN_MS = 60_000;

export function startedInLog(): ReturnType<typeof Wait.forLogMessage> {
  return Wait.forLogMessage(STARTED).withStartupTimeout(START_WITHIN_MS);
}

/**
 * The place of a container: its network, its IP and its name on that, and the ports of 127.0.0.1 that lead to the peer.
 */
export interface Place {
  readonly network: string;
  readonly ip: string;
  readonly alias: string;
  readonly port: number;
  readonly adminPort: number;
  /** What the peer is looked at with; undefined where it speaks in plain text. */
  readonly tls?: LookTls | undefined;
  /** The folders of this machine that the container sees, as "/here:/there:ro". */
  readonly mounts?: readonly string[];
}

/** A container of the peer's image, hardened as docker-compose.yml does it. */
export class PeerContainer extends GenericContainer {
  #id = "";
  /** Called with the id of the container when that runs, before the start of the peer in it is awaited. */
  onRunning: (id: string) => Promise<void> = () => Promise.resolve();

  constructor(
    image: string,
    name: string,
    place: Place,
    environment: Record<string, string>,
    labels: Record<string, string>,
  ) {
    super(image);
    this.withName(name)
      .withLabels(labels)
      .withAutoCleanup(false) // testcontainers' reaper is an image that may not be had; the sweep does its work
      .withWaitStrategy(startedInLog())
      .withNetworkMode(place.network)
      .withEnvironment({
        ...environment,
        GOSSIP_ADDRESS: `${place.ip}:${PEER_PORT}`,
        GOSSIP_BIND_HOST: "0.0.0.0",
        GOSSIP_ADMIN_ADDRESS: `0.0.0.0:${ADMIN_PORT}`,
        GOSSIP_ADMIN_UNPROTECTED: "1", // on a network of the cluster's own, and published on this machine alone
      });
    const endpoint = { IPAMConfig: { IPv4Address: place.ip }, Aliases: [place.alias] };
    // These options testcontainers cannot set: a fixed address, and fixed ports that only this machine can reach.
    Object.assign(this.createOpts, {
      ExposedPorts: { [`${PEER_PORT}/tcp`]: {}, [`${ADMIN_PORT}/tcp`]: {} },
      NetworkingConfig: { EndpointsConfig: { [place.network]: endpoint } },
    });
    Object.assign(this.hostConfig, HARDENING, {
      PortBindings: {
        [`${PEER_PORT}/tcp`]: [{ HostIp: "127.0.0.1", HostPort: String(place.port) }],
        [`${ADMIN_PORT}/tcp`]: [{ HostIp: "127.0.0.1", HostPort: String(place.adminPort) }],
      },
      Binds: [...(place.mounts ?? [])],
    });
  }

  protected override containerCreated(id: string): Promise<void> {
    this.#id = id;
    return Promise.resolve();
  }

  protected override containerStarting(): Promise<void> {
    return this.onRunning(this.#id);
  }

  /**
   * Starts the container. Rejects with the end of the peer's log, since testcontainers removes a container that does
   * not start, and the log with it.
   */
  override async start(): Promise<StartedTestContainer> {
    let said = "";
    let log: Readable | undefined;
    this.withLogConsumer((stream) => {
      log = stream.on("data", (chunk: string) => (said = `${said}${chunk}`.slice(-2000)));
    });
    try {
      return await super.start();
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.message : String(error)}\n${said}`.trim(), { cause: error });
    } finally {
      log?.destroy();
    }
  }
}
