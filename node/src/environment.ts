import { hostname } from "node:os";
import { addressProblem, identityProblem, type Address } from "./core/address.js";
import { isPreset } from "./core/timing.js";
import { nearest } from "./nearest.js";
import { presetProblem } from "./option-problems.js";
import { NUMBER_OPTIONS, type PeerOptions } from "./options.js";
import { TLS_MODES, type LookTls, type TlsFiles, type TlsMode } from "./tls/tls-options.js";

export const DEFAULT_PORT = 7946;
export const DEFAULT_ADMIN_ADDRESS = "127.0.0.1:7947";
/** The container's own health check asks there: always in plain text, whatever the peer's address and certificates are. */
const DEFAULT_HEALTH_ADDRESS = "127.0.0.1:7948";
/** The port that exporters of OpenTelemetry have. */
const DEFAULT_METRICS_ADDRESS = "127.0.0.1:9464";
const NO_METRICS = "off";
export const LOG_LEVELS = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export const LOG_FORMATS = ["json", "text"] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

/** The settings from the variables. Without GOSSIP_ADDRESS the own address is still to be found. */
export interface Settings {
  readonly options: Omit<PeerOptions, "address">;
  readonly address: Address | undefined;
  /** Where the metrics are told; undefined where they are not. */
  readonly metricsAddress: Address | undefined;
  readonly logLevel: LogLevel;
  /** How lines are written; undefined: as text on a terminal, as JSON elsewhere. */
  readonly logFormat: LogFormat | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

const TEXTS = [
  "ADDRESS",
  "BIND_HOST",
  "BIND_PORT",
  "CLUSTER",
  "SEEDS",
  "TLS_CERT",
  "TLS_KEY",
  "TLS_CA",
  "TLS_MODE",
  "TLS_TRUST_DOMAIN",
  "ADMIN_ADDRESS",
  "ADMIN_TLS_CERT",
  "ADMIN_TLS_KEY",
  "ADMIN_TLS_CA",
  "ADMIN_ALLOW",
  "ADMIN_UNPROTECTED",
  "HEALTH_ADDRESS",
  "METRICS_ADDRESS",
  "META_NAME",
  "META_TAGS",
  "PRESET",
  "LOG_LEVEL",
  "LOG_FORMAT",
];
/** The variables that the peer knows. */
export const VARIABLES: readonly string[] = [...TEXTS, ...NUMBER_OPTIONS.map(inCapitals)].map(
  (name) => `GOSSIP_${name}`,
);

/**
 * The variables that platforms set in a container for a service whose name begins with "gossip": Kubernetes its address
 * and its ports, Docker links the same and those of the other container.
 */
const INJECTED =
  /^GOSSIP_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?|NAME|ENV_\w+)$/;

/**
 * Reads the GOSSIP_* variables; an empty one counts as not set. The problems returned are all that is wrong with the
 * variables one by one; the options may still be out of bounds. A variable that is not known is a warning, since others
 * than the user may have set it; those that platforms set are passed over.
 */
export function readEnvironment(variables: Variables): {
  readonly settings: Settings;
  readonly problems: string[];
  readonly warnings: readonly string[];
} {
  const problems: string[] = [];
  const warnings = Object.keys(variables)
    .filter((name) => name.startsWith("GOSSIP_") && !VARIABLES.includes(name) && !INJECTED.test(name))
    .map((name) => {
      const meant = nearest(name, VARIABLES);
      return `${name} is no variable of the peer, and is passed over${meant === undefined ? "" : `; is ${meant} meant?`}`;
    });
  const text = (name: string): string | undefined => variables[`GOSSIP_${name}`]?.trim() || undefined;
  const note = (name: string, problem: string | undefined): void => {
    if (problem !== undefined) problems.push(`GOSSIP_${name}: ${problem}`);
  };

  const address = text("ADDRESS");
  if (address !== undefined) note("ADDRESS", identityProblem(address, { portZero: true }));
  const seeds = (text("SEEDS") ?? "").split(",").flatMap((seed) => seed.trim() || []);
  for (const seed of seeds) note("SEEDS", identityProblem(seed));
  const adminAddress = text("ADMIN_ADDRESS") ?? DEFAULT_ADMIN_ADDRESS;
  note("ADMIN_ADDRESS", addressProblem(adminAddress, { portZero: true }));
  const healthAddress = text("HEALTH_ADDRESS") ?? DEFAULT_HEALTH_ADDRESS;
  note("HEALTH_ADDRESS", addressProblem(healthAddress, { portZero: true }));
  const metrics = text("METRICS_ADDRESS") ?? DEFAULT_METRICS_ADDRESS;
  const metricsAddress = metrics === NO_METRICS ? undefined : metrics;
  if (metricsAddress !== undefined) note("METRICS_ADDRESS", addressProblem(metricsAddress, { portZero: true }));
  const level = text("LOG_LEVEL") ?? "info";
  const logLevel = LOG_LEVELS.find((known) => known === level);
  if (logLevel === undefined) note("LOG_LEVEL", `${JSON.stringify(level)} is none of ${LOG_LEVELS.join(", ")}`);
  const givenFormat = text("LOG_FORMAT");
  const logFormat = LOG_FORMATS.find((known) => known === givenFormat);
  if (givenFormat !== undefined && logFormat === undefined)
    note("LOG_FORMAT", `${JSON.stringify(givenFormat)} is none of ${LOG_FORMATS.join(", ")}`);
  const tags = readTags(text("META_TAGS") ?? "", (problem) => {
    note("META_TAGS", problem);
  });
  const tls = readFiles(text, "TLS", note);
  const mode = text("TLS_MODE");
  if (mode !== undefined && !TLS_MODES.some((known) => known === mode))
    note("TLS_MODE", `${JSON.stringify(mode)} is none of ${TLS_MODES.join(", ")}`);
  if (mode !== undefined && mode !== "off" && tls === undefined)
    note("TLS_MODE", "GOSSIP_TLS_CERT, GOSSIP_TLS_KEY and GOSSIP_TLS_CA are missing");
  const adminTls = readFiles(text, "ADMIN_TLS", note);
  const unprotected = text("ADMIN_UNPROTECTED");
  if (unprotected !== undefined && !["0", "1"].includes(unprotected))
    note("ADMIN_UNPROTECTED", `${JSON.stringify(unprotected)} is neither 0 nor 1`);
  const preset = text("PRESET");
  note("PRESET", presetProblem(preset));
  const numbers = readNumbers(text, note);
  const bindPort = text("BIND_PORT");
  if (bindPort !== undefined && !/^\d+$/.test(bindPort)) note("BIND_PORT", `${JSON.stringify(bindPort)} is no port`);

  const options = {
    ...numbers,
    bindHost: text("BIND_HOST") ?? (address === undefined ? "0.0.0.0" : undefined),
    bindPort: bindPort === undefined ? undefined : Number(bindPort),
    cluster: text("CLUSTER"),
    preset: isPreset(preset) ? preset : undefined,
    meta: { name: text("META_NAME") ?? hostname(), tags },
    seeds,
    tls: tls && { ...tls, mode: mode as TlsMode | undefined, trustDomain: text("TLS_TRUST_DOMAIN") },
    adminAddress,
    adminTls: adminTls && {
      ...adminTls,
      allow: (text("ADMIN_ALLOW") ?? "").split(",").flatMap((each) => each.trim() || []),
    },
    adminUnprotected: unprotected === undefined ? undefined : unprotected === "1",
    healthAddress,
  };
  return {
    settings: { options, address, metricsAddress, logLevel: logLevel ?? "info", logFormat },
    problems,
    warnings,
  };
}

function readNumbers(
  text: (name: string) => string | undefined,
  note: (name: string, problem: string) => void,
): Pick<PeerOptions, (typeof NUMBER_OPTIONS)[number]> {
  const given = NUMBER_OPTIONS.flatMap((option): [string, number][] => {
    const name = inCapitals(option);
    const value = text(name);
    if (value === undefined) return [];
    if (!/^\d+(\.\d+)?$/.test(value)) note(name, `${JSON.stringify(value)} is not a number`);
    return [[option, Number(value)]];
  });
  return Object.fromEntries(given);
}

/** The paths of certificate, key and CAs; undefined where none is set. They come together. */
function readFiles(
  text: (name: string) => string | undefined,
  prefix: "TLS" | "ADMIN_TLS",
  note: (name: string, problem: string) => void,
): TlsFiles | undefined {
  const [certificate, privateKey, ca] = [text(`${prefix}_CERT`), text(`${prefix}_KEY`), text(`${prefix}_CA`)];
  if (certificate === undefined && privateKey === undefined && ca === undefined) return undefined;
  if (certificate === undefined || privateKey === undefined || ca === undefined) {
    note(`${prefix}_CERT`, `it comes with GOSSIP_${prefix}_KEY and GOSSIP_${prefix}_CA, or none of them is set`);
    return undefined;
  }
  return { certificate, privateKey, ca };
}

/** The certificates with which a program on the peer's own machine calls it; undefined where that takes none. */
export function readOwnFiles(variables: Variables, of: "TLS" | "ADMIN_TLS"): LookTls | undefined {
  const text = (name: string): string | undefined => variables[`GOSSIP_${name}`]?.trim() || undefined;
  const files = of === "TLS" && text("TLS_MODE") === "off" ? undefined : readFiles(text, of, () => undefined);
  return files && { ...files, trustDomain: text("TLS_TRUST_DOMAIN"), cluster: text("CLUSTER") };
}

/** Reads KEY=VALUE pairs with commas between them. */
function readTags(text: string, note: (problem: string) => void): Record<string, string> {
  const pairs = text.split(",").flatMap((pair) => pair.trim() || []);
  return Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const equals = pair.indexOf("=");
      if (equals < 1) note(`${JSON.stringify(pair)} is not KEY=VALUE`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

/** The variable that sets an option: GOSSIP_PING_PERIOD_MS for pingPeriodMs. */
export function variableName(option: string): string {
  return `GOSSIP_${inCapitals(option)}`;
}

function inCapitals(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
