import type { X509Certificate } from "node:crypto";
import { Certificates } from "./certificates.js";
import { allowanceProblem } from "./identity.js";
import type { PeerTls, SecuredPort } from "./peer-tls.js";
import type { AdminTlsOptions, ResolvedTls, TlsFiles } from "./tls-options.js";

/** For whom certificates are opened: whom to warn of them, and when they are looked at no more. */
export interface CertificateHolder {
  readonly warn: (text: string) => void;
  readonly ended: AbortSignal;
}

/** What a peer speaks TLS with; undefined where it speaks none. Throws `invalid-certificate`. */
export function openPeerTls(
  tls: ResolvedTls | undefined,
  cluster: string,
  holder: CertificateHolder,
): PeerTls | undefined {
  if (tls === undefined || tls.mode === "off") return undefined;
  const rule = { cluster, trustDomain: tls.trustDomain };
  return { mode: tls.mode, certificates: openCertificates(tls, holder), rule };
}

/** What the admin service speaks TLS with; undefined where it speaks none. Throws `invalid-certificate`. */
export function openAdminTls(tls: AdminTlsOptions | undefined, holder: CertificateHolder): SecuredPort | undefined {
  if (tls === undefined) return undefined;
  const problemOf = (certificate: X509Certificate): string | undefined => allowanceProblem(certificate, tls.allow);
  return { mode: "require", certificates: openCertificates(tls, holder), problemOf };
}

function openCertificates({ certificate, privateKey, ca }: TlsFiles, { warn, ended }: CertificateHolder): Certificates {
  const certificates = new Certificates({ certificate, privateKey, ca }, { warn });
  ended.addEventListener("abort", () => {
    certificates.close();
  });
  return certificates;
}
