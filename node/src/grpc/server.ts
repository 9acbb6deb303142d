import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import {
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { joinAddress } from "../core/address.js";
import type { Millis } from "../core/timing.js";
import { GossipError } from "../errors.js";
import { SERVER_OPTIONS } from "./channel.js";
import type { WatchMembersRequest__Output } from "./generated/gossip/v1/WatchMembersRequest.js";
import type { WatchMembersResponse } from "./generated/gossip/v1/WatchMembersResponse.js";
import { schema } from "./schema.js";
import { adminHandlers, gossipHandlers, membershipHandlers, type Conversing, type Host } from "./services.js";

/** How long open calls get to end by themselves before they are cut. */
const SHUTDOWN_MS: Millis = 500;

/**
 * Connections from others at most, on each port. Every peer keeps to its own `maxConnections`, so as many come in on
 * the average, and more at a seed that many join at once; this only keeps strangers from taking all the memory there
 * is: 100 MB of idle connections.
 */
const MAX_CONNECTIONS = 4096;

/** What one peer allows those who call it. */
interface ServerLimits {
  readonly maxConnections?: number;
  readonly options?: typeof SERVER_OPTIONS;
}

/**
 * The answering side of a peer: its services on a server of its own or on the user's, and the admin service beside it.
 */
export class PeerServer {
  readonly #watchers = new Set<ServerWritableStream<WatchMembersRequest__Output, WatchMembersResponse>>();
  readonly #conversing = new Set<Conversing>();
  readonly #host: Host;
  readonly #maxWatchers: number;
  readonly #maxConnections: number;
  readonly #options: typeof SERVER_OPTIONS;
  readonly #own: (() => Promise<void>)[] = [];
  #users: Server | undefined;

  constructor(
    host: Host,
    maxWatchers: number,
    { maxConnections = MAX_CONNECTIONS, options = SERVER_OPTIONS }: ServerLimits = {},
  ) {
    this.#host = host;
    this.#maxWatchers = maxWatchers;
    this.#maxConnections = maxConnections;
    this.#options = options;
  }

  /**
   * Listens at host and port (0 takes a free one) and returns the port. Rejects with `bind-failed`, and listens nowhere
   * then.
   */
  async listen(host: string, port: number): Promise<number> {
    const server = new Server(this.#options);
    this.#addPeerServices(server);
    return this.#bind(server, host, port);
  }

  /**
   * Serves administration at host and port, apart from the peers' traffic; returns the port. Rejects with
   * `bind-failed`.
   */
  async listenForAdmin(host: string, port: number): Promise<number> {
    const server = new Server(this.#options);
    server.addService(schema.AdminService.service, adminHandlers(this.#host));
    return this.#bind(server, host, port);
  }

  /** Adds the peer's services to a server that somebody else starts and stops. */
  useServer(server: Server): void {
    try {
      this.#addPeerServices(server);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new GossipError("bind-failed", `the server given cannot carry this peer: ${why}`, { cause: error });
    }
    this.#users = server;
  }

  /**
   * Ends the streams and the own servers, within a bound; the user's server loses the services and lives on.
   */
  async close(): Promise<void> {
    for (const stream of [...this.#watchers, ...this.#conversing]) stream.end();
    if (this.#users !== undefined) {
      this.#users.removeService(this.#host.meter.service);
      this.#users.removeService(schema.MembershipService.service);
    }
    await Promise.all(this.#own.splice(0).map((end) => end()));
  }

  #addPeerServices(server: Server): void {
    addAllOrNone(server, [
      [this.#host.meter.service, { ...gossipHandlers(this.#host, this.#conversing) }],
      [schema.MembershipService.service, { ...membershipHandlers(this.#host, this.#watchers, this.#maxWatchers) }],
    ]);
  }

  /** The sockets are our own: grpc-js cannot close one whose other end is frozen and never says goodbye. */
  async #bind(server: Server, host: string, port: number): Promise<number> {
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const sockets = new Set<Socket>();
    const listener = createServer((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      socket.on("error", () => undefined);
      injector.injectConnection(socket);
    });
    listener.maxConnections = this.#maxConnections;
    listener.on("drop", () => {
      this.#host.warn(`a connection is refused: ${this.#maxConnections} are open already`);
    });
    try {
      listener.listen(port, host);
      await once(listener, "listening");
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new GossipError("bind-failed", `cannot listen on ${joinAddress(host, port)}: ${why}`, { cause: error });
    }
    listener.on("error", ({ message }) => {
      this.#host.warn(`a connection is not accepted: ${message}`);
    });
    this.#own.push(async () => {
      listener.close();
      await shutDown(server);
      for (const socket of sockets) socket.destroy();
    });
    return (listener.address() as AddressInfo).port;
  }
}

/** One method after the other: of a service that a server has in part, grpc-js adds the rest and only then throws. */
function addAllOrNone(server: Server, services: readonly [ServiceDefinition, UntypedServiceImplementation][]): void {
  const added: ServiceDefinition[] = [];
  try {
    for (const [service, handlers] of services) {
      for (const [name, method] of Object.entries(service)) {
        const one = { [name]: method };
        server.addService(one, handlers);
        added.push(one);
      }
    }
  } catch (error) {
    for (const one of added) server.removeService(one);
    throw error;
  }
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const bound = setTimeout(() => {
      server.forceShutdown();
      resolve();
    }, SHUTDOWN_MS);
    server.tryShutdown(() => {
      clearTimeout(bound);
      resolve();
    });
  });
}
