import type { Server } from "@grpc/grpc-js";
import { addressProblem, identityProblem, isLoopback, splitAddress, type Address } from "./core/address.js";
import { metaProblem, normalMeta, type GivenMeta, type PeerMeta } from "./core/meta.js";
import {
  DEFAULT_LIMITS,
  isPreset,
  PRESETS,
  resolveTiming,
  timingProblems,
  type Preset,
  type ProtocolLimits,
  type ProtocolTiming,
} from "./core/timing.js";
import { GossipError } from "./errors.js";
import { nearest } from "./nearest.js";
import {
  adminTlsProblem,
  resolveTls,
  tlsProblem,
  type AdminTlsOptions,
  type ResolvedTls,
  type TlsOptions,
} from "./tls/tls-options.js";

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

/** A peer's options, each with a value. */
export interface ResolvedOptions {
  readonly address: Address;
  readonly bindHost: string;
  readonly bindPort: number;
  readonly cluster: string;
  readonly meta: PeerMeta;
  readonly seeds: readonly Address[];
  readonly server: Server | undefined;
  readonly tls: ResolvedTls | undefined;
  readonly adminAddress: Address | undefined;
  readonly adminTls: AdminTlsOptions | undefined;
  readonly healthAddress: Address | undefined;
  readonly logger: Logger;
  readonly timing: ProtocolTiming;
  readonly limits: ProtocolLimits;
  readonly maxConnections: number;
  readonly maxWatchers: number;
}

export const DEFAULT_MAX_CONNECTIONS = 256;

const COUNTS = {
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

const TIMES = Object.keys(resolveTiming()) as (keyof ProtocolTiming)[];

const LOGGER_METHODS = ["debug", "info", "warn", "error"] as const satisfies (keyof Logger)[];

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const CLUSTER_NAME = /^[\w.-]{1,64}$/;

/** The options with every default in place. Throws `invalid-options`, which names everything that is wrong. */
export function resolveOptions(options: PeerOptions): ResolvedOptions {
  const given: unknown = options;
  if (typeof given !== "object" || given === null)
    throw new GossipError(
      "invalid-options",
      'a peer needs options with an address, such as { address: "10.0.0.1:7946" }',
    );
  const problems = optionProblems(options);
  if (problems.length > 0) throw new GossipError("invalid-options", problems.join("; "));
  const timing = resolveTiming(options);
  const count = (name: keyof typeof COUNTS): number => options[name] ?? COUNTS[name];
  return {
    address: options.address,
    bindHost: options.bindHost ?? splitAddress(options.address).host,
    bindPort: options.bindPort ?? splitAddress(options.address).port,
    cluster: options.cluster ?? "default",
    meta: normalMeta(options.meta ?? {}),
    seeds: [...new Set(options.seeds)].filter((seed) => seed !== options.address),
    server: options.server,
    tls: options.tls && resolveTls(options.tls),
    adminAddress: options.adminAddress,
    adminTls: options.adminTls,
    healthAddress: options.healthAddress,
    logger: options.logger ?? SILENT,
    timing,
    limits: {
      ...DEFAULT_LIMITS,
      maxMembers: count("maxMembers"),
      maxTombstones: count("maxTombstones"),
      maxSeeds: count("maxSeeds"),
    },
    maxConnections: count("maxConnections"),
    maxWatchers: count("maxWatchers"),
  };
}

function optionProblems(options: PeerOptions): string[] {
  const portZero = options.server === undefined;
  const checks: [string, string | undefined][] = [
    ["address", identityProblem(options.address, { portZero })],
    ["adminAddress", adminAddressProblem(options)],
    ["adminTls", adminTlsProblem(options.adminTls)],
    ["adminUnprotected", flagProblem(options.adminUnprotected ?? false)],
    ["healthAddress", options.healthAddress && addressProblem(options.healthAddress, { portZero: true })],
    ["bindHost", bindHostProblem(options.bindHost)],
    ["bindPort", bindPortProblem(options)],
    ["cluster", clusterProblem(options.cluster ?? "default")],
    ["meta", metaProblem(options.meta ?? {})],
    ["preset", presetProblem(options.preset)],
    ...seedProblems(options).map((problem): [string, string] => ["seeds", problem]),
    ["server", serverProblem(options.server)],
    ["tls", tlsProblem(options.tls) ?? sharedServerProblem(options)],
    ["logger", loggerProblem(options.logger ?? SILENT)],
    ...(Object.keys(COUNTS) as (keyof typeof COUNTS)[]).map((name): [string, string | undefined] => [
      name,
      countProblem(options[name] ?? COUNTS[name]),
    ]),
  ];
  return [
    ...unknownOptions(options),
    ...checks.flatMap(([name, problem]) => (problem === undefined ? [] : [`${name}: ${problem}`])),
    ...timesProblems(options),
  ];
}

function unknownOptions(options: PeerOptions): string[] {
  return Object.keys(options)
    .filter((name) => !OPTIONS.includes(name))
    .map((name) => {
      const meant = nearest(name, OPTIONS);
      return `${name} is no option${meant === undefined ? "" : `; is ${meant} meant?`}`;
    });
}

/** Relations between times are looked at only where all of them are numbers. */
function timesProblems(options: PeerOptions): string[] {
  const wrong = TIMES.flatMap((name) => {
    const value: unknown = options[name] ?? 0;
    return typeof value === "number" ? [] : [`${name} is ${shown(value)}; it must be a number`];
  });
  return wrong.length > 0 || presetProblem(options.preset) !== undefined
    ? wrong
    : timingProblems(resolveTiming(options));
}

/** What is wrong with the name of a preset; undefined where it is one, or none is given. */
export function presetProblem(preset: unknown): string | undefined {
  return isPreset(preset ?? "lan") ? undefined : `${shown(preset)} is none of ${Object.keys(PRESETS).join(", ")}`;
}

function adminAddressProblem({ adminAddress, adminTls, adminUnprotected = false }: PeerOptions): string | undefined {
  if (adminAddress === undefined) return undefined;
  const problem = addressProblem(adminAddress, { portZero: true });
  if (problem !== undefined || isLoopback(adminAddress) || adminTls !== undefined || adminUnprotected) return problem;
  return (
    `whoever reaches ${adminAddress} can end the peer: listen on 127.0.0.1, give adminTls, ` +
    "or adminUnprotected where the network lets nobody else in"
  );
}

function bindHostProblem(host: unknown = "unset"): string | undefined {
  if (host === "") return "it is empty; leave it out to listen on the host of the address";
  return typeof host === "string" ? undefined : `${shown(host)} is no host`;
}

function bindPortProblem({ address, bindPort }: PeerOptions): string | undefined {
  if (bindPort === undefined) return undefined;
  if (!Number.isInteger(bindPort) || bindPort < 1 || bindPort > 65_535)
    return `${shown(bindPort)} must be a whole number from 1 to 65535`;
  return addressProblem(address) === undefined ? undefined : "with it the address must name the port that others dial";
}

function clusterProblem(name: unknown): string | undefined {
  if (typeof name !== "string") return `${shown(name)} is no name`;
  return CLUSTER_NAME.test(name)
    ? undefined
    : `${JSON.stringify(name)} must be 1 to 64 letters, digits, dots, dashes or underscores`;
}

function seedProblems({ address, seeds: given, maxSeeds = COUNTS.maxSeeds }: PeerOptions): string[] {
  const seeds: unknown = given ?? [];
  if (!Array.isArray(seeds)) return [`${shown(seeds)} is no array of addresses, such as ["10.0.0.1:7946"]`];
  const problems = seeds.flatMap((seed: Address) => identityProblem(seed) ?? []);
  // The same list is often given to all peers: the own address is passed over.
  const { size } = new Set(seeds.filter((seed) => seed !== address));
  return countProblem(maxSeeds) === undefined && size > maxSeeds
    ? [...problems, `there are ${size}, and maxSeeds is ${maxSeeds}`]
    : problems;
}

function serverProblem(server: unknown): string | undefined {
  if (server === undefined || hasMethods(server, ["addService", "removeService"])) return undefined;
  return `${shown(server)} is no Server of @grpc/grpc-js`;
}

function flagProblem(value: unknown): string | undefined {
  return typeof value === "boolean" ? undefined : `${shown(value)} is neither true nor false`;
}

function sharedServerProblem({ server, tls }: PeerOptions): string | undefined {
  return server !== undefined && tls?.mode === "accept"
    ? "mode accept needs a server of the peer's own: another speaks either TLS or none"
    : undefined;
}

function loggerProblem(logger: unknown): string | undefined {
  return hasMethods(logger, LOGGER_METHODS)
    ? undefined
    : `${shown(logger)} is no logger: it needs the methods ${LOGGER_METHODS.join(", ")}, as pino has them`;
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === "function");
}

function countProblem(value: unknown): string | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 1_000_000
    ? undefined
    : `${shown(value)} must be a whole number from 1 to 1000000`;
}

/** A value of any kind, as an error names it. */
function shown(value: unknown): string {
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
