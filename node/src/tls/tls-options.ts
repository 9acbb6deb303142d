/**
 * Whether a peer speaks TLS: not at all; where the other does, taking both; or with nobody who does not. A cluster goes
 * from `off` by `accept` to `require`, and back, one peer after the other and without a call refused.
 */
export const TLS_MODES = ["off", "accept", "require"] as const;
/** One of TLS_MODES: `off`, `accept` or `require`. */
export type TlsMode = (typeof TLS_MODES)[number];

/** What a program shows of itself, and whom it believes. Each is PEM, or the path of a file with it. */
export interface TlsFiles {
  /** The own certificate, and below it those that lead from it to a CA, if any do. */
  readonly certificate: string;
  /** The key of the own certificate, not encrypted. */
  readonly privateKey: string;
  /** The CAs by which others are believed, one or several: while a cluster changes its CA the old one and the new one. */
  readonly ca: string;
}

/** What a program looks at peers with, and by what it knows them. */
export interface LookTls extends TlsFiles {
  /** Where it is set, a peer shows a URI below `spiffe://TRUST-DOMAIN/CLUSTER/`. Default: none, and it covers its host. */
  readonly trustDomain?: string | undefined;
  /** Default "default". */
  readonly cluster?: string | undefined;
}

/** How a peer speaks to others over TLS. */
export interface TlsOptions extends TlsFiles {
  /** Default `require`. */
  readonly mode?: TlsMode | undefined;
  /**
   * Where it is set, a member is whoever has a certificate with one URI, and that below `spiffe://TRUST-DOMAIN/CLUSTER/`
   * (SPIFFE X.509-SVID, section 2): so members may share a certificate, and it is good for one cluster. Default: none, and
   * a member's certificate has to cover its address, by an IP or a DNS name among its alternative names.
   */
  readonly trustDomain?: string | undefined;
}

/** How the admin service speaks TLS. */
export interface AdminTlsOptions extends TlsFiles {
  /** The URIs and DNS names, as they stand in certificates, of those who may change and end the peer. */
  readonly allow: readonly string[];
}

/** The same with each value given. */
export interface ResolvedTls extends TlsFiles {
  readonly mode: TlsMode;
  readonly trustDomain: string | undefined;
}

const FIELDS = ["certificate", "privateKey", "ca"] as const;
/** As SPIFFE-ID, section 2.1, has it. */
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/;

/** What is wrong with the option, as far as that can be told without its files; undefined where nothing is. */
export function tlsProblem(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  const problem = filesProblem(given, ["mode", "trustDomain"]);
  if (problem !== undefined) return problem;
  const options = given as Readonly<Record<string, unknown>>;
  const { mode = "require", trustDomain = "example.org" } = options;
  if (!TLS_MODES.some((known) => known === mode)) return `mode is one of ${TLS_MODES.join(", ")}`;
  if (typeof trustDomain === "string" && TRUST_DOMAIN.test(trustDomain)) return undefined;
  return "trustDomain is small letters, digits, dots, dashes and underscores, such as example.org";
}

/** What is wrong with the option of the admin service, as far as that can be told without its files. */
export function adminTlsProblem(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  const problem = filesProblem(given, ["allow"]);
  if (problem !== undefined) return problem;
  const { allow } = given as Readonly<Record<string, unknown>>;
  const isList =
    Array.isArray(allow) && allow.length > 0 && allow.every((name) => typeof name === "string" && name !== "");
  return isList ? undefined : "allow is a list of URIs and DNS names, as they stand in certificates";
}

function filesProblem(given: unknown, others: readonly string[]): string | undefined {
  if (typeof given !== "object" || given === null) return "it is an object with certificate, privateKey and ca";
  const options = given as Readonly<Record<string, unknown>>;
  const known = [...FIELDS, ...others];
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) return `${unknown} is no part of it; these are ${known.join(", ")}`;
  const missing = FIELDS.find((field) => typeof options[field] !== "string" || options[field] === "");
  return missing === undefined ? undefined : `${missing} is missing: PEM, or the path of a file with it`;
}

export function resolveTls({ certificate, privateKey, ca, mode, trustDomain }: TlsOptions): ResolvedTls {
  return { certificate, privateKey, ca, mode: mode ?? "require", trustDomain };
}
