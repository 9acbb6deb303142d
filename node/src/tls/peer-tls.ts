import type { X509Certificate } from "node:crypto";
import type { Certificates } from "./certificates.js";
import type { IdentityRule } from "./identity.js";
import type { TlsMode } from "./tls-options.js";

/** How a peer that runs speaks TLS. */
export interface PeerTls {
  readonly mode: Exclude<TlsMode, "off">;
  readonly certificates: Certificates;
  readonly rule: IdentityRule;
}

/** How a port speaks TLS. */
export interface SecuredPort {
  readonly mode: PeerTls["mode"];
  readonly certificates: Certificates;
  /** Why a certificate is refused though a CA has signed it; undefined where it is not. */
  readonly problemOf?: (certificate: X509Certificate) => string | undefined;
}
