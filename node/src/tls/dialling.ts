import { X509Certificate } from "node:crypto";
import { credentials, type ChannelCredentials, type ChannelOptions } from "@grpc/grpc-js";
import { isLoopback, type Address } from "../core/address.js";
import { identityProblem, type IdentityRule } from "./identity.js";
import { readMaterial, type Material } from "./material.js";
import type { LookTls } from "./tls-options.js";

/** What a channel that speaks TLS is made with. */
export interface Secured {
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
  /** The certificate that the other side has shown last; undefined before a handshake. */
  shown(): X509Certificate | undefined;
}

/** An IP may not be asked for in a handshake (RFC 6066, section 3), and certificates are checked here, so this is never looked at. */
const SERVER_NAME = { "grpc.ssl_target_name_override": "gossip-peer" };

/** What to call a member with: whoever answers has to be the member of that address. */
export function securedTo(member: Address, material: Material, rule: IdentityRule): Secured {
  return secured(material, (certificate) => identityProblem(certificate, member, rule));
}

/**
 * What to look at a peer with, or to change it: whoever answers has to be the peer of that address, unless the address is
 * of this machine, which nobody else can pretend to be.
 */
export function securedLook(address: Address, { trustDomain, cluster = "default", ...files }: LookTls): Secured {
  const rule = { trustDomain, cluster };
  return secured(readMaterial(files), (certificate) =>
    isLoopback(address) ? undefined : identityProblem(certificate, address, rule),
  );
}

function secured({ context }: Material, problemOf: (certificate: X509Certificate) => string | undefined): Secured {
  let last: X509Certificate | undefined;
  const checkServerIdentity = (_host: string, { raw }: { readonly raw: Buffer }): Error | undefined => {
    last = new X509Certificate(raw);
    const problem = problemOf(last);
    return problem === undefined ? undefined : new Error(`whoever answers is refused: ${problem}`);
  };
  return {
    credentials: credentials.createFromSecureContext(context, { checkServerIdentity }),
    options: SERVER_NAME,
    shown: () => last,
  };
}
