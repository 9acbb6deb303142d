import type { Server } from "@grpc/grpc-js";
import { addressProblem, splitAddress, type Address } from "./core/address.js";
import { metaProblem, normalMeta, type PeerMeta } from "./core/meta.js";
import {
  DEFAULT_LIMITS,
  resolveTiming,
  timingProblems,
  type ProtocolLimits,
  type ProtocolTiming,
} from "./core/timing.js";
import { GossipError } from "./errors.js";

/** Where a peer's story goes. pino and console-like loggers that take an object first fit as they are. */
export interface Logger {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** What a user may set. Only the address has no default. Units are in the names. */
export interface PeerOptions {
  /** `host:port` under which others reach this peer, and its identity. Port 0 takes a free one. */
  readonly address: Address;
  /**
   * The host to listen on, where it is another than the one advertised, such as 0.0.0.0. Default: that of `address`.
   */
  readonly bindHost?: string | undefined;
  /** Peers of different clusters refuse each other. Choose one wherever addresses may be reused. Default "default". */
  readonly cluster?: string | undefined;
  /** What the peer says of itself. Default: nothing. */
  readonly meta?: PeerMeta | undefined;
  /** Addresses to try, as by `addSeed`. Default: none. */
  readonly seeds?: readonly Address[] | undefined;
  /**
   * A gRPC server of the user's, listening at `address`; the peer adds its services and never starts or stops it. Stop the
   * peer first: others keep streams open with it, which `tryShutdown` would wait for.
   */
  readonly server?: Server | undefined;
  /** `host:port` for the admin service; whoever reaches it can change and end the peer. Default: none is served. */
  readonly adminAddress?: Address | undefined;
  /** Default: silence. */
  readonly logger?: Logger | undefined;

  /**
   * One regular exchange each period. Shorter learns faster and costs more. 10 to 3 600 000; default 1000 (memberlist
   * LAN).
   */
  readonly pingPeriodMs?: number | undefined;
  /**
   * After this an exchange counts as unanswered, however slow round trips have been: a few of the slowest link. Default:
   * the period, but 500 to 5000.
   */
  readonly exchangeTimeoutMs?: number | undefined;
  /**
   * No exchange counts as unanswered sooner, however fast round trips have been: longer than a busy process or a lost TCP
   * segment holds up an answer. Default 200, or less where `exchangeTimeoutMs` is less.
   */
  readonly minTimeoutMs?: number | undefined;
  /**
   * Longer suspicion is slower to remove and less often wrong; 0 removes at the first suspicion. Default 4 (memberlist
   * LAN).
   */
  readonly suspicionMultiplier?: number | undefined;
  /**
   * Members asked to try one that did not answer. More forgive more bad links; 0 asks nobody, and heeds no closed
   * connection either. Default 3 (SWIM).
   */
  readonly indirectProbes?: number | undefined;
  /**
   * Members told of a change by each that learns of it. More is fewer hops and more work at once; 0 leaves changes to the
   * periodic exchange. Default 4 (measured).
   */
  readonly newsFanout?: number | undefined;
  /** Changes are gathered for so long before they are told: longer is later and fewer calls. Default 5 (measured). */
  readonly gatherMs?: number | undefined;
  /**
   * How long the dead are remembered: longer than any partition whose old rumours should stay harmless. Default 3 600
   * 000.
   */
  readonly tombstoneTtlMs?: number | undefined;
  /** Live members held at most. Default 10 000. */
  readonly maxMembers?: number | undefined;
  /** Failed and left members remembered at most. Default 2000. */
  readonly maxTombstones?: number | undefined;
  /** Seeds kept at most. Default 64. */
  readonly maxSeeds?: number | undefined;
  /**
   * Open connections to others at most; the least recently used is closed first. Default 256 (25 KB each when idle).
   */
  readonly maxConnections?: number | undefined;
  /** WatchMembers streams served at once. Default 64. */
  readonly maxWatchers?: number | undefined;
}

/** The options with every default in place. */
export interface ResolvedOptions {
  readonly address: Address;
  readonly bindHost: string;
  readonly cluster: string;
  readonly meta: PeerMeta;
  readonly seeds: readonly Address[];
  readonly server: Server | undefined;
  readonly adminAddress: Address | undefined;
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

/** The options that are numbers, for whoever reads them from text. */
export const NUMBER_OPTIONS = [
  "pingPeriodMs",
  "exchangeTimeoutMs",
  "minTimeoutMs",
  "suspicionMultiplier",
  "indirectProbes",
  "newsFanout",
  "gatherMs",
  "tombstoneTtlMs",
  ...(Object.keys(COUNTS) as (keyof typeof COUNTS)[]),
] as const;

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const CLUSTER_NAME = /^[\w.-]{1,64}$/;

/** Puts the defaults in. Throws `invalid-options` that names everything that is wrong, not the first thing only. */
export function resolveOptions(options: PeerOptions): ResolvedOptions {
  const timing = resolveTiming(options);
  const problems = [...optionProblems(options), ...timingProblems(timing)];
  if (problems.length > 0) throw new GossipError("invalid-options", problems.join("; "));
  const count = (name: keyof typeof COUNTS): number => options[name] ?? COUNTS[name];
  return {
    address: options.address,
    bindHost: options.bindHost ?? splitAddress(options.address).host,
    cluster: options.cluster ?? "default",
    meta: normalMeta(options.meta ?? {}),
    seeds: options.seeds ?? [],
    server: options.server,
    adminAddress: options.adminAddress,
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
    ["address", addressProblem(options.address, { portZero })],
    [
      "adminAddress",
      options.adminAddress === undefined ? undefined : addressProblem(options.adminAddress, { portZero: true }),
    ],
    [
      "bindHost",
      options.bindHost === "" ? "it is empty; leave it out to listen on the host of the address" : undefined,
    ],
    ["cluster", clusterProblem(options.cluster ?? "default")],
    ["meta", metaProblem(options.meta ?? {})],
    ...(options.seeds ?? []).map((seed): [string, string | undefined] => ["seeds", addressProblem(seed)]),
    ...(Object.keys(COUNTS) as (keyof typeof COUNTS)[]).map((name): [string, string | undefined] => [
      name,
      countProblem(options[name] ?? COUNTS[name]),
    ]),
  ];
  return checks.flatMap(([name, problem]) => (problem === undefined ? [] : [`${name}: ${problem}`]));
}

function clusterProblem(name: string): string | undefined {
  return CLUSTER_NAME.test(name)
    ? undefined
    : `${JSON.stringify(name)} must be 1 to 64 letters, digits, dots, dashes or underscores`;
}

function countProblem(value: number): string | undefined {
  return Number.isInteger(value) && value >= 1 && value <= 1_000_000
    ? undefined
    : `${value} must be a whole number from 1 to 1000000`;
}
