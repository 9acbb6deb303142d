import type { Server } from "@grpc/grpc-js";
import { splitAddress, type Address } from "./core/address.js";
import { normalMeta, type PeerMeta } from "./core/meta.js";
import {
  DEFAULT_LIMITS,
  presetOf,
  resolveTiming,
  type Preset,
  type ProtocolLimits,
  type ProtocolTiming,
} from "./core/timing.js";
import { GossipError } from "./errors.js";
import { optionProblems } from "./option-problems.js";
import { COUNTS, type Logger, type PeerOptions } from "./options.js";
import { resolveTls, type AdminTlsOptions, type ResolvedTls } from "./tls/tls-options.js";

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
  /** The preset that has the same times, whether or not it was named; undefined where none has. */
  readonly preset: Preset | undefined;
  readonly limits: ProtocolLimits;
  readonly maxConnections: number;
  readonly maxWatchers: number;
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

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
    preset: presetOf(timing),
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
