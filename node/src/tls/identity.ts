import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { splitAddress, type Address } from "../core/address.js";

/** By what a certificate shows that its holder is a member. */
export interface IdentityRule {
  readonly cluster: string;
  /** Where it is undefined the certificate has to cover the member's address. */
  readonly trustDomain: string | undefined;
}

/**
 * Why a certificate does not show that its holder is the member at that address; undefined where it does. The name in the
 * subject counts for nothing (RFC 9525, section 6.3). That a CA has signed it is not looked at here.
 */
export function identityProblem(
  certificate: X509Certificate,
  address: Address,
  { cluster, trustDomain }: IdentityRule,
): string | undefined {
  if (trustDomain === undefined) return hostProblem(certificate, splitAddress(address).host);
  const wanted = `spiffe://${trustDomain}/${cluster}/`;
  const uris = namesOf(certificate, "URI");
  if (uris.length !== 1) return `its certificate has ${uris.length} URIs, and should have one below ${wanted}`;
  const [uri = ""] = uris;
  const path = uri.slice(wanted.length);
  if (uri.startsWith(wanted) && path.split("/").every((part) => /^[\w.-]+$/.test(part) && !/^\.+$/.test(part)))
    return undefined;
  return `its certificate is for ${JSON.stringify(uri)}, which is not below ${wanted}`;
}

/** Why a certificate does not cover a host, by an IP or a DNS name among its alternative names. */
function hostProblem(certificate: X509Certificate, host: string): string | undefined {
  const ip = host.replace(/^\[|\]$/g, "");
  const covers =
    isIP(ip) === 0 ? certificate.checkHost(host.replace(/\.$/, ""), { subject: "never" }) : certificate.checkIP(ip);
  if (covers !== undefined) return undefined;
  return `its certificate does not cover ${host}, but ${certificate.subjectAltName ?? "no name at all"}`;
}

/** Why a certificate has none of the names that are allowed, its URIs and DNS names; undefined where it has one. */
export function allowanceProblem(certificate: X509Certificate, allowed: readonly string[]): string | undefined {
  const names = [...namesOf(certificate, "URI"), ...namesOf(certificate, "DNS")];
  return names.some((name) => allowed.includes(name))
    ? undefined
    : `its certificate is for ${names.join(", ") || "nobody"}, and allowed are ${allowed.join(", ")}`;
}

/** The alternative names of one kind. Node quotes a name as JSON that could be taken for more than one. */
function namesOf({ subjectAltName = "" }: X509Certificate, wanted: "URI" | "DNS"): string[] {
  const names = subjectAltName.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g);
  return [...names]
    .filter(([, kind]) => kind === wanted)
    .map(([, , name = ""]) => (name.startsWith('"') ? (JSON.parse(name) as string) : name));
}
