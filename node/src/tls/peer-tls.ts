import type { Certificates } from "./certificates.js";
import type { IdentityRule } from "./identity.js";
import type { TlsMode } from "./tls-options.js";

/** How a peer that runs speaks TLS. */
export interface PeerTls {
  readonly mode: Exclude<TlsMode, "off">;
  readonly certificates: Certificates;
  readonly rule: IdentityRule;
}
