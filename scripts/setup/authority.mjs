// A certificate authority for clusters that are thrown away: tests, experiments, `npm start -- --tls`. Its key lives in memory.
import "reflect-metadata"; // wanted by a dependency of the next
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

cryptoProvider.set(webcrypto);

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** Makes a CA that is good for so many days. `issue` makes a certificate of it, and its key, both as PEM. */
export async function createAuthority({ name = "Throw-away CA", days = 90 } = {}) {
  const keys = await newKeys();
  const root = await X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: serial(), name: `CN=${name}`, signingAlgorithm: algorithm, keys },
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + days * DAY_MS),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    ca: `${root.toString("pem")}\n`,
    issue: ({ ips = [], names = [], uris = [], commonName = "peer", from, until } = {}) =>
      issue({ root, keys, ips, names, uris, commonName, from, until }),
  };
}

async function issue({ root, keys, ips, names, uris, commonName, from, until }) {
  const own = await newKeys();
  const alternatives = [
    ...ips.map((value) => ({ type: "ip", value })),
    ...names.map((value) => ({ type: "dns", value })),
    ...uris.map((value) => ({ type: "url", value })),
  ];
  const certificate = await X509CertificateGenerator.create({
    ...{ serialNumber: serial(), subject: `CN=${commonName}`, issuer: root.subject, signingAlgorithm: algorithm },
    ...{ publicKey: own.publicKey, signingKey: keys.privateKey },
    notBefore: from ?? new Date(Date.now() - HOUR_MS),
    notAfter: until ?? root.notAfter,
    extensions: [
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
      ...(alternatives.length > 0 ? [new SubjectAlternativeNameExtension(alternatives)] : []),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, privateKey: await pemOf(own.privateKey) };
}

function newKeys() {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function pemOf(key) {
  const text = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return ["-----BEGIN PRIVATE KEY-----", ...(text.match(/.{1,64}/g) ?? []), "-----END PRIVATE KEY-----", ""].join("\n");
}

/** A number that no other certificate of the CA has; positive, so the first bit is 0. */
function serial() {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] &= 0x7f;
  return Buffer.from(bytes).toString("hex");
}
