// What TLS adds to the bytes of a connection, counted by a proxy on loopback.
import { once } from "node:events";
import { connect } from "node:tls";
import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { splitAddress, type Address } from "../../src/core/address.js";
import { GossipClient } from "../../src/grpc/client.js";
import type { TlsFiles } from "../../src/index.js";
import { Certificates } from "../../src/tls/certificates.js";
import { createAuthority, set, type Authority } from "../support/certificates.js";
import { freePort, startPeer } from "../support/peers.js";
import { Way } from "../support/tcp.js";
import { inTime } from "../support/wait.js";

const AMPLE_MS = 5000;
/** A period so long that the peer says nothing by itself. */
const QUIET = { pingPeriodMs: 300_000 };
/** Of TLS 1.3 (RFC 8446, section 5.2): 5 bytes in front of a record, 1 for its type and 16 that protect it. */
const RECORD_BYTES = 22;

let authority: Authority;
let files: TlsFiles;
beforeAll(async () => {
  authority = await createAuthority();
  files = await set(authority, { ips: ["127.0.0.1"] });
});

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** Starts a peer that is reached along a way, and returns its address. */
async function startAtEndOf(way: Way, tls?: TlsFiles): Promise<Address> {
  const bindPort = await freePort();
  const { address } = await startPeer({ ...QUIET, address: await way.leadTo(bindPort), bindPort, ...(tls && { tls }) });
  return address;
}

/** What a request and its answer take once the stream is open on which they are said. */
async function bytesOfPing(tls?: TlsFiles): Promise<Way["bytes"]> {
  const way = new Way();
  const address = await startAtEndOf(way, tls);
  const certificates = tls && new Certificates(tls, { warn: () => undefined });
  const client = new GossipClient({
    maxConnections: 1,
    tls: certificates && { mode: "require", certificates, rule: { cluster: "default", trustDomain: undefined } },
  });
  ends.push(() => {
    client.close();
    certificates?.close();
  });
  const request = { cluster: "default", recipient: address, sender: "127.0.0.1:1", target: address };
  const ping = (): Promise<unknown> => client.probe(address, request, AMPLE_MS);
  await ping();
  await ping(); // with the second nothing of the first is on its way any more
  const { to, from } = way.bytes;
  await ping();
  return { to: way.bytes.to - to, from: way.bytes.from - from };
}

/** What a peer sends, its first bytes of HTTP/2 included, to somebody who connects with a certificate for these names. */
async function bytesOfHandshake(names: readonly string[]): Promise<number> {
  const way = new Way();
  const { host, port } = splitAddress(await startAtEndOf(way, files));
  const { certificate, privateKey, ca } = await set(authority, { names });
  const socket = connect({ host, port, ca, cert: certificate, key: privateKey, ALPNProtocols: ["h2"] });
  socket.on("error", () => undefined);
  ends.push(() => socket.destroy());
  await inTime(AMPLE_MS, "the first bytes of HTTP/2", once(socket, "data"));
  return way.bytes.from;
}

describe("over TLS", () => {
  test("a request and its answer take one record each, which is 22 bytes more than in plain text", async () => {
    const plain = await bytesOfPing();
    expect(await bytesOfPing(files)).toEqual({ to: plain.to + RECORD_BYTES, from: plain.from + RECORD_BYTES });
  });

  test("a peer sends whoever connects no copy of the certificate that it was shown", async () => {
    const manyNames = Array.from({ length: 100 }, (_, at) => `name-${at}.example.org`);
    const more = (await bytesOfHandshake(manyNames)) - (await bytesOfHandshake([]));
    expect(Math.abs(more)).toBeLessThan(50); // a signature, and so a certificate, is some bytes longer or shorter by chance
  });
});
