import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContext } from "node:tls";
import { GossipError } from "../errors.js";
import type { TlsFiles } from "./tls-options.js";

/** Neither side speaks anything older. */
export const OLDEST_TLS = "TLSv1.3";

/** A set of certificate, key and CAs that fits together. */
export interface Material {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  /** The own certificate. */
  readonly leaf: X509Certificate;
  /** For calls to others. */
  readonly context: SecureContext;
}

const PEM = /-----BEGIN ([A-Z ]+)-----[\s\S]*?-----END \1-----/g;

/** Whether the text is PEM itself, and not the path of a file. */
export function isPem(text: string): boolean {
  return text.includes("-----BEGIN ");
}

/** Reads a set. Throws `invalid-certificate`, which names the part that is wrong and what it should be. */
export function readMaterial(files: TlsFiles): Material {
  const [cert, key, ca] = [read("certificate", files), read("privateKey", files), read("ca", files)];
  const leaf = attempt("certificate", files, () => new X509Certificate(firstOf(cert, "CERTIFICATE")));
  const privateKey = attempt("privateKey", files, () => createPrivateKey(key));
  if (!leaf.checkPrivateKey(privateKey))
    throw wrong("privateKey", files, "it is not the key of the certificate; the two come as a pair");
  attempt("ca", files, () => allOf(ca, "CERTIFICATE").map((each) => new X509Certificate(each)));
  const context = attempt("certificate", files, () => createSecureContext({ cert, key, ca, minVersion: OLDEST_TLS }));
  return { cert, key, ca, leaf, context };
}

/** When a certificate is good no more, in ms since 1970. */
export function expiryOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

function read(part: keyof TlsFiles, files: TlsFiles): string {
  if (isPem(files[part])) return files[part];
  return attempt(part, files, () => readFileSync(files[part], "utf8"));
}

function firstOf(text: string, kind: string): string {
  const [first] = allOf(text, kind);
  if (first === undefined) throw new Error(`there is no ${kind} in it`);
  return first;
}

function allOf(text: string, kind: string): string[] {
  const blocks = [...text.matchAll(PEM)].filter(([, name]) => name === kind).map(([block]) => block);
  if (blocks.length === 0) throw new Error(`there is no PEM block of the kind ${kind} in it`);
  return blocks;
}

function attempt<T>(part: keyof TlsFiles, files: TlsFiles, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw wrong(part, files, error instanceof Error ? error.message : String(error), error);
  }
}

function wrong(part: keyof TlsFiles, files: TlsFiles, why: string, cause?: unknown): GossipError {
  const where = isPem(files[part]) ? "" : ` (${files[part]})`;
  return new GossipError("invalid-certificate", `tls.${part}${where}: ${why}`, { cause });
}
