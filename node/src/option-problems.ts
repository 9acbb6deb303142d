import { addressProblem, identityProblem, isLoopback, type Address } from "./core/address.js";
import { metaProblem } from "./core/meta.js";
import { isPreset, PRESETS, resolveTiming, timingProblems, type ProtocolTiming } from "./core/timing.js";
import { nearest } from "./nearest.js";
import { COUNTS, OPTIONS, type Logger, type PeerOptions } from "./options.js";
import { adminTlsProblem, tlsProblem } from "./tls/tls-options.js";

const TIMES = Object.keys(resolveTiming()) as (keyof ProtocolTiming)[];

const LOGGER_METHODS = ["debug", "info", "warn", "error"] as const satisfies (keyof Logger)[];

const CLUSTER_NAME = /^[\w.-]{1,64}$/;

/** All that is wrong with options, each with the name of its option; none where they are sound. */
export function optionProblems(options: PeerOptions): string[] {
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
    ["logger", options.logger === undefined ? undefined : loggerProblem(options.logger)],
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
