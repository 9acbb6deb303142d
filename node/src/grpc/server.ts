import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from "@grpc/grpc-js";
import { joinAddress } from "../core/address.js";
import type { Millis } from "../core/timing.js";
import { GossipError } from "../errors.js";
import { adminHandlers } from "./admin-service.js";
import type { OpenStream } from "./answer-stream.js";
import { RENEWED_WITHIN_MS, SERVER_OPTIONS, SILENT_CONNECTION_MS } from "./channel-options.js";
import { CONNECTION_LIMITS, Connections, type ConnectionLimits } from "./connections.js";
import { gossipHandlers } from "./gossip-service.js";
import { healthHandlers } from "./health-service.js";
import { membershipHandlers } from "./membership-service.js";
import { REFLECTION, reflectionHandlers } from "./reflection-service.js";
import { conventions, schema } from "./schema.js";
import type { ServedPeer } from "./served-peer.js";
import type { WatchStream } from "./watcher.js";
import { Door } from "../tls/door.js";
import type { SecuredPort } from "../tls/peer-tls.js";

/** How long open calls get to end by themselves before they are cut off. */
const SHUTDOWN_MS: Millis = 500;

/** What a server allows those who call it, where that is another than by default. */
interface ServerSettings {
  readonly connections?: Partial<ConnectionLimits>;
  readonly options?: typeof SERVER_OPTIONS;
  readonly renewedWithinMs?: Millis;
}

type Service = readonly [ServiceDefinition, UntypedServiceImplementation];

/**
 * The answering side of a peer: its services on a server of its own or on its user's, and the admin service and its health
 * beside them.
 */
export class PeerServer {
  readonly #watchers = new Set<WatchStream>();
  readonly #healthWatchers = new Set<OpenStream>();
  readonly #streams = new Set<OpenStream>();
  readonly #peer: ServedPeer;
  readonly #maxWatchers: number;
  readonly #limits: ConnectionLimits;
  readonly #options: typeof SERVER_OPTIONS;
  readonly #renewedWithinMs: Millis;
  /** Functions that end the servers which this object has started. */
  readonly #endOwn: (() => Promise<void>)[] = [];
  #users: Server | undefined;

  constructor(
    peer: ServedPeer,
    maxWatchers: number,
    { connections = {}, options = SERVER_OPTIONS, renewedWithinMs = RENEWED_WITHIN_MS }: ServerSettings = {},
  ) {
    this.#peer = peer;
    this.#maxWatchers = maxWatchers;
    this.#limits = { ...CONNECTION_LIMITS, ...connections };
    this.#options = options;
    this.#renewedWithinMs = renewedWithinMs;
  }

  /**
   * Listens at host and port (0 takes a free one) and returns the port. Rejects with `bind-failed`, and listens nowhere
   * then.
   */
  async listen(host: string, port: number, tls?: SecuredPort): Promise<number> {
    return this.#bind(this.#reflected([...this.#peerServices(), this.#health()]), { host, port, tls });
  }

  /**
   * Serves administration at host and port, apart from the peers' traffic; returns the port. Rejects with
   * `bind-failed`.
   */
  async listenForAdmin(host: string, port: number, tls?: SecuredPort): Promise<number> {
    const admin: Service = [schema.AdminService.service, { ...adminHandlers(this.#peer) }];
    return this.#bind(this.#reflected([admin]), { host, port, tls });
  }

  /** Says at host and port, in plain text, how the peer is, and nothing else; returns the port. Rejects with `bind-failed`. */
  async listenForHealth(host: string, port: number): Promise<number> {
    return this.#bind([this.#health()], { host, port, tls: undefined });
  }

  /**
   * Adds the peer's services to a server that somebody else starts and stops, and that may have a health and a reflection
   * service of its own: these are not added. Throws `bind-failed` where the server has
   * one of them already, or speaks TLS and the peer does not, or the other way round; and leaves that server as it was.
   */
  useServer(server: Server, { speaksTls = false } = {}): void {
    const isSecure = isBoundSecurely(server);
    if (isSecure !== undefined && isSecure !== speaksTls)
      throw new GossipError(
        "bind-failed",
        isSecure
          ? "the server given speaks TLS, and so must the peer, which calls others: give it tls"
          : "the server given speaks in plain text, and the peer, which has tls, does not",
      );
    try {
      addAllOrNone(server, this.#peerServices());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new GossipError("bind-failed", `the server given cannot carry this peer: ${why}`, { cause: error });
    }
    this.#users = server;
  }

  /**
   * Ends all streams and the servers started here, in about half a second at most; a user's server loses the peer's
   * services and lives on.
   */
  async close(): Promise<void> {
    for (const stream of [...this.#watchers, ...this.#healthWatchers, ...this.#streams]) stream.end();
    if (this.#users !== undefined) {
      this.#users.removeService(this.#peer.meter.service);
      this.#users.removeService(schema.MembershipService.service);
    }
    await Promise.all(this.#endOwn.splice(0).map((end) => end()));
  }

  #peerServices(): readonly Service[] {
    return [
      [this.#peer.meter.service, { ...gossipHandlers(this.#peer, this.#streams) }],
      [schema.MembershipService.service, { ...membershipHandlers(this.#peer, this.#watchers, this.#maxWatchers) }],
    ];
  }

  #health(): Service {
    return [conventions.Health.service, healthHandlers(this.#peer, this.#healthWatchers, this.#maxWatchers)];
  }

  /** The services, and one more that says which they are. */
  #reflected(services: readonly Service[]): readonly Service[] {
    const names = [...services.map(([definition]) => definition), ...REFLECTION].map(nameOf);
    const handlers = reflectionHandlers(this.#peer, this.#streams, names);
    return [...services, ...REFLECTION.map((definition): Service => [definition, handlers])];
  }

  /**
   * Binds a server with these services to a port whose connections are accepted here: grpc-js cannot close a socket
   * whose other end is frozen and never says goodbye.
   */
  async #bind(
    services: readonly Service[],
    { host, port, tls }: { readonly host: string; readonly port: number; readonly tls: SecuredPort | undefined },
  ): Promise<number> {
    const connections = new Connections(this.#limits, (text) => {
      this.#peer.warn(text);
    });
    const server = new Server({ ...this.#options, interceptors: [connections.interceptor] });
    for (const service of services) server.addService(...service);
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const enter = (socket: Socket): void => {
      injector.injectConnection(socket);
    };
    const door = tls && this.#doorOf(tls, enter);
    const probing = { keepAlive: true, keepAliveInitialDelay: SILENT_CONNECTION_MS };
    const listener = createServer(probing, (socket) => {
      connections.add(socket);
      if (door === undefined) enter(socket);
      else door.take(socket);
    });
    try {
      // Exclusive: workers of Node's cluster module would share the port, and each of them would be called now and then.
      listener.listen({ port, host, exclusive: true });
      await once(listener, "listening");
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new GossipError("bind-failed", `cannot listen on ${joinAddress(host, port)}: ${why}`, { cause: error });
    }
    listener.on("error", ({ message }) => {
      this.#peer.warn(`a connection is not accepted: ${message}`);
    });
    this.#endOwn.push(async () => {
      const closed = new Promise((resolve) => listener.close(resolve));
      door?.close();
      // Since Node 24 an HTTP/2 server that is closed closes its sessions too, gently, and grpc-js takes such a session for
      // one that has ended. So it no longer waits for what is under way.
      await connections.answered(SHUTDOWN_MS);
      await shutDown(server);
      await connections.closeAll();
      await closed;
    });
    return (listener.address() as AddressInfo).port;
  }

  #doorOf({ mode, certificates, problemOf }: SecuredPort, enter: (socket: Socket) => void): Door {
    const refused = (from: string, reason: string): void => {
      this.#peer.warn(`a connection of ${from} is refused: ${reason}`);
    };
    return new Door(mode, certificates, { enter, refused, ...(problemOf && { problemOf }) }, this.#renewedWithinMs);
  }
}

/**
 * Whether a server listens over TLS; undefined where it does not listen yet, or nothing can be told: grpc-js has no public
 * way to ask.
 */
function isBoundSecurely(server: Server): boolean | undefined {
  const { boundPorts } = server as unknown as {
    readonly boundPorts?: ReadonlyMap<string, { readonly credentials?: { _isSecure?(): boolean } }>;
  };
  const [first] = boundPorts?.values() ?? [];
  return first?.credentials?._isSecure?.();
}

/**
 * Adds all services to a server, or none. Methods are added one by one: of a service that a server has in part, grpc-js
 * would add the rest and only then throw.
 */
function addAllOrNone(server: Server, services: readonly Service[]): void {
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

/** The full name of a service. */
function nameOf(definition: ServiceDefinition): string {
  const [{ path } = { path: "" }] = Object.values(definition);
  return path.split("/")[1] ?? "";
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
