import type { Server } from "@grpc/grpc-js";
import type { Address } from "./core/address.js";
import type { GivenMeta } from "./core/meta.js";
import { DEFAULT_LIMITS, resolveTiming, type Preset, type ProtocolLimits, type ProtocolTiming } from "./core/timing.js";
import type { AdminTlsOptions, TlsOptions } from "./tls/tls-options.js";

/**
 * Where a peer logs: pino, `console`, or whatever takes an object and then a text. Which line is of which level is the
 * table "Logs" of the package's README. A logger that throws, or is asynchronous and rejects, harms nobody.
 */
export interface Logger {
  /** What happens with every message. */
  debug(fields: object, text: string): void;
  /** What changes the view, and what the peer's user does. */
  info(fields: object, text: string): void;
  /** What the operator should look at; the peer goes on. */
  warn(fields: object, text: string): void;
  /** What is broken in the program itself. */
  error(fields: object, text: string): void;
}

type Given<T> = { readonly [K in keyof T]?: T[K] | undefined };
type GivenLimits = Given<Pick<ProtocolLimits, "maxMembers" | "maxTombstones" | "maxSeeds">>;

/**
 * What a user may set. Only the address has no default. The timing and the protocol's limits are described where they
 * are declared, in core/timing.ts.
 */
export interface PeerOptions extends Given<ProtocolTiming>, GivenLimits {
  /** `host:port` under which others reach this peer, and its identity. Port 0 takes a free one. */
  readonly address: Address;
  /**
   * The host to listen on, where it is another than the one advertised, such as 0.0.0.0. Default: that of `address`.
   */
  readonly bindHost?: string | undefined;
  /**
   * The port to listen on, where it is another than the one advertised, such as the inner side of a published port.
   * Default: that of `address`.
   */
  readonly bindPort?: number | undefined;
  /**
   * The patience of the cluster, by a name: `lan`, `quick`, `wan` or `local`. It sets the times that are not given. Default
   * "lan".
   */
  readonly preset?: Preset | undefined;
  /** Peers of different clusters refuse each other. Choose one wherever addresses may be reused. Default "default". */
  readonly cluster?: string | undefined;
  /** What the peer says of itself. Default: nothing. */
  readonly meta?: GivenMeta | undefined;
  /** Addresses to try, as by `addSeed`. Default: none. */
  readonly seeds?: readonly Address[] | undefined;
  /**
   * A gRPC server of the user's, listening at `address`; the peer adds its services and never starts or stops it. Stop
   * the peer first: others keep streams open with it, which `tryShutdown` would wait for. Default: a server of the
   * peer's own.
   */
  readonly server?: Server | undefined;
  /**
   * Certificates with which the peer and the others know each other, and speak over TLS. Default: plain text, for networks
   * that nobody else can reach.
   */
  readonly tls?: TlsOptions | undefined;
  /**
   * `host:port` for the admin service; whoever reaches it can change and end the peer. So it is an address of this machine,
   * unless `adminTls` says who may, or `adminUnprotected` that the network sees to it. Default: none is served.
   */
  readonly adminAddress?: Address | undefined;
  /** Certificates of the admin service, and whom it obeys. Default: whoever reaches it. */
  readonly adminTls?: AdminTlsOptions | undefined;
  /** Whether the admin service may be served without certificates at an address that others reach. Default: false. */
  readonly adminUnprotected?: boolean | undefined;
  /**
   * `host:port` where whoever reaches it may ask in plain text, by gRPC's Health service, how the peer is, and nothing else:
   * for those that can show no certificate, such as a kubelet. Default: with the other services, at `address`, alone.
   */
  readonly healthAddress?: Address | undefined;
  /** Default: silence. */
  readonly logger?: Logger | undefined;
  /**
   * Open connections to others at most; the least recently used is closed first. Default 256 (25 KB each when idle).
   */
  readonly maxConnections?: number | undefined;
  /** WatchMembers streams served at once. Default 64 (guess). */
  readonly maxWatchers?: number | undefined;
}

export const DEFAULT_MAX_CONNECTIONS = 256;

/** The options that are counts, with their defaults. */
export const COUNTS = {
  maxMembers: DEFAULT_LIMITS.maxMembers,
  maxTombstones: DEFAULT_LIMITS.maxTombstones,
  maxSeeds: DEFAULT_LIMITS.maxSeeds,
  maxConnections: DEFAULT_MAX_CONNECTIONS,
  maxWatchers: 64,
} as const;

type NumberOption = keyof ProtocolTiming | keyof typeof COUNTS;

/** The options that are numbers, for whoever reads them from text. */
export const NUMBER_OPTIONS = [...Object.keys(resolveTiming()), ...Object.keys(COUNTS)] as readonly NumberOption[];

/** The names of all options. */
export const OPTIONS: readonly string[] = [
  ...NUMBER_OPTIONS,
  ...[
    "address",
    "bindHost",
    "bindPort",
    "cluster",
    "meta",
    "preset",
    "seeds",
    "server",
    "tls",
    "adminAddress",
    "adminTls",
    "adminUnprotected",
    "healthAddress",
    "logger",
  ],
];
