// The certificates of the Compose file's peers, for `GOSSIP_TLS=1`: of a CA that nobody keeps, and good for three months.
import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { note } from "./run.mjs";

const folder = join(root, ".cache/tls");
const LEAST_LEFT_MS = 7 * 24 * 60 * 60_000;

/**
 * Makes the certificates where there are none, or these end within a week: one that all peers share, since their addresses
 * are not known before they start, and one for whoever looks on. The peers' containers read them as another user.
 */
export async function provideCertificates() {
  const file = (name) => join(folder, name);
  if (existsSync(file("tool.key")) && leftMs(file("tool.pem")) > LEAST_LEFT_MS) return;
  note("Making certificates for GOSSIP_TLS=1 …");
  const { createAuthority } = await import("./authority.mjs"); // its packages are there by now
  const { ca, issue } = await createAuthority({ name: "The testbed's CA" });
  mkdirSync(folder, { recursive: true });
  writeFileSync(file("ca.pem"), ca);
  for (const [name, uri] of [
    ["peer", "spiffe://gossip-testbed/default/peer"],
    ["tool", "spiffe://gossip-testbed/tools/testbed"],
  ]) {
    const { certificate, privateKey } = await issue({ uris: [uri] });
    writeFileSync(file(`${name}.pem`), certificate);
    writeFileSync(file(`${name}.key`), privateKey);
  }
}

function leftMs(path) {
  return Date.parse(new X509Certificate(readFileSync(path)).validTo) - Date.now();
}
