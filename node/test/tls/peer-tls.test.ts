import { beforeAll, describe, expect, test } from "@jest/globals";
import { connect, createSecureContext } from "node:tls";
import { credentials, makeGenericClientConstructor, Server, ServerCredentials } from "@grpc/grpc-js";
import { createAuthority, set, SetOnDisk, warnings, type Authority } from "../support/certificates.js";
import { listen } from "../support/servers.js";
import { agreed, eventsOf, peerOf, startPeer, views, within } from "../support/peers.js";
import { throughout, until } from "../support/wait.js";
import { splitAddress } from "../../src/core/address.js";
import { GossipError, RemotePeer, type Peer, type PeerOptions, type TlsFiles, type TlsMode } from "../../src/index.js";

const LOOPBACK = { ips: ["127.0.0.1"] };
const HOUR_MS = 60 * 60_000;
const ago = (hours: number): Date => new Date(Date.now() - hours * HOUR_MS);

let authority: Authority;
let foreign: Authority;
let good: TlsFiles;
beforeAll(async () => {
  authority = await createAuthority();
  foreign = await createAuthority({ name: "Another CA" });
  good = await set(authority, LOOPBACK);
});

function withTls(files: TlsFiles, more: Partial<PeerOptions> = {}, mode?: TlsMode): Promise<Peer> {
  return startPeer({ ...more, tls: { ...files, ...(mode && { mode }) } });
}

async function expectAgreement(peers: readonly Peer[]): Promise<void> {
  await until(
    within(peers.length).joinMs,
    () => views(peers),
    () => agreed(peers),
  );
}

describe("peers with certificates of one CA", () => {
  test("find each other, and see each other change and go", async () => {
    const first = await withTls(good);
    const peers = [
      first,
      await withTls(good, { seeds: [first.address] }),
      await withTls(good, { seeds: [first.address] }),
    ];
    await expectAgreement(peers);
    peers[1]?.updateMeta({ name: "renamed" });
    await until(within(3).updateMs, "the update", () =>
      peers.every((peer) => peer.getMembers().get(peers[1]?.address ?? "")?.name === "renamed"),
    );
    await peers[2]?.stop();
    await until(within(3).leaveMs, "the leave", () => agreed(peers.slice(0, 2)));
  });

  test("are looked at by a program with a certificate of that CA, and by none without", async () => {
    const { address } = await withTls(good);
    const known = new RemotePeer(address, { tls: await set(authority, { commonName: "an operator" }) });
    const unknown = new RemotePeer(address);
    expect((await known.getMembers()).members.map((member) => member.address)).toEqual([address]);
    await expect(unknown.getMembers()).rejects.toThrow(GossipError);
    for (const each of [known, unknown]) each.close();
  });

  test("speak no TLS that is older than 1.3", async () => {
    const { address } = await withTls(good);
    const { host, port } = splitAddress(address);
    const older = connect({
      host,
      port,
      ca: good.ca,
      cert: good.certificate,
      key: good.privateKey,
      maxVersion: "TLSv1.2",
    });
    await expect(
      new Promise((resolve, reject) => {
        older.once("secureConnect", resolve);
        older.once("error", reject);
      }),
    ).rejects.toThrow(/protocol version/);
  });
});

/** Who comes along, and how it is told to the operator of each side. */
interface Stranger {
  readonly what: string;
  readonly files: () => Promise<TlsFiles>;
  /** What a member says of it when it calls, and when it is called. */
  readonly asCaller: RegExp;
  readonly asCalled: RegExp;
}

const STRANGERS: readonly Stranger[] = [
  {
    what: "a certificate of a foreign CA",
    files: async () => ({ ...(await set(foreign, LOOPBACK)), ca: authority.ca }),
    asCaller: /its certificate is refused/,
    asCalled: /unable to verify|self.signed|issuer/i,
  },
  {
    what: "a certificate that has expired",
    files: () => set(authority, { ...LOOPBACK, from: ago(3), until: ago(1) }),
    asCaller: /its certificate is refused: CERT_HAS_EXPIRED/,
    asCalled: /expired/,
  },
  {
    what: "a certificate that is not good yet",
    files: () => set(authority, { ...LOOPBACK, from: ago(-1), until: ago(-3) }),
    asCaller: /its certificate is refused: CERT_NOT_YET_VALID/,
    asCalled: /not yet valid/,
  },
  {
    what: "a certificate for another address",
    files: () => set(authority, { ips: ["127.0.0.2"], names: ["elsewhere.example.org"] }),
    asCaller:
      /calls itself 127\.0\.0\.1:\d+ and is refused: its certificate does not cover 127\.0\.0\.1, but .*127\.0\.0\.2/,
    asCalled: /its certificate does not cover 127\.0\.0\.1/,
  },
  {
    what: "its address in the common name only",
    files: () => set(authority, { commonName: "127.0.0.1" }),
    asCaller: /does not cover 127\.0\.0\.1, but no name at all/,
    asCalled: /does not cover 127\.0\.0\.1/,
  },
];

describe.each(STRANGERS)("a stranger with $what", ({ files, asCaller, asCalled }) => {
  test("that calls is not let in, nobody is disturbed, and the operators are told why", async () => {
    const { logger, texts } = warnings();
    const first = await withTls(good, { logger });
    const second = await withTls(good, { seeds: [first.address] });
    await expectAgreement([first, second]);
    const seen = eventsOf(first);
    const own = warnings();
    const stranger = await withTls(await files(), { seeds: [first.address], logger: own.logger });
    await until(
      within(3).joinMs,
      () => texts.join("; "),
      () => texts.some((text) => asCaller.test(text)),
    );
    await until(
      within(3).joinMs,
      () => own.texts.join("; "),
      () => own.texts.some((text) => text.includes("cannot join")),
    );
    await throughout(within(2).joinMs / 4, "they are two", () => agreed([first, second]));
    expect(seen).toEqual([]);
    expect(stranger.getMembers().size).toBe(1);
  });

  test("that is called is no member, and the operator is told why", async () => {
    const stranger = await withTls(await files());
    const { logger, texts } = warnings();
    const caller = await withTls(good, { seeds: [stranger.address], logger });
    await until(
      within(2).joinMs,
      () => texts.join("; "),
      () => texts.some((text) => asCalled.test(text)),
    );
    expect(caller.getMembers().size).toBe(1);
  });
});

describe("a stranger without a certificate", () => {
  test("is not let in, over TLS as in plain text, and the operator is told", async () => {
    const { logger, texts } = warnings();
    const { address } = await withTls(good, { logger });
    await startPeer({ seeds: [address] });
    await until(
      within(2).joinMs,
      () => texts.join("; "),
      () => texts.some((text) => text.includes("no TLS handshake")),
    );
    const Client = makeGenericClientConstructor({}, "nothing");
    const nobody = credentials.createFromSecureContext(createSecureContext({ ca: authority.ca }), {
      checkServerIdentity: () => undefined,
    });
    const client = new Client(`dns:${address}`, nobody, { "grpc.ssl_target_name_override": "gossip-peer" });
    client.getChannel().getConnectivityState(true);
    await until(
      within(2).joinMs,
      () => texts.join("; "),
      () => texts.some((text) => text.endsWith("is refused: it shows no certificate")),
    );
    client.close();
  });
});

describe("with a trust domain", () => {
  const trustDomain = "example.org";
  const withId = async (uris: string[], more: Partial<PeerOptions> = {}): Promise<Peer> =>
    startPeer({ cluster: "blue", ...more, tls: { ...(await set(authority, { uris })), trustDomain } });

  test("members may share a certificate, whatever their addresses", async () => {
    const first = await withId(["spiffe://example.org/blue/peer"]);
    await expectAgreement([first, await withId(["spiffe://example.org/blue/peer"], { seeds: [first.address] })]);
  });

  test.each([
    ["another cluster", ["spiffe://example.org/green/peer"]],
    ["another trust domain", ["spiffe://example.net/blue/peer"]],
    ["a cluster whose name goes on", ["spiffe://example.org/blue-green/peer"]],
    ["a path that leads elsewhere", ["spiffe://example.org/blue/../green/peer"]],
    ["two clusters", ["spiffe://example.org/blue/peer", "spiffe://example.org/green/peer"]],
    ["nobody", []],
  ])("a certificate for %s lets nobody in", async (_, uris) => {
    const { logger, texts } = warnings();
    const first = await withId(["spiffe://example.org/blue/peer"], { logger });
    const stranger = await withId(uris, { seeds: [first.address] });
    await until(
      within(2).joinMs,
      () => texts.join("; "),
      () => texts.some((text) => text.includes("and is refused: its certificate")),
    );
    expect([first.getMembers().size, stranger.getMembers().size]).toEqual([1, 1]);
  });
});

describe("a cluster on its way from plain text to TLS", () => {
  test.each<[TlsMode, TlsMode]>([
    ["off", "accept"],
    ["accept", "accept"],
    ["accept", "require"],
    ["require", "require"],
  ])("of peers with %s and %s is one, whoever calls", async (one, other) => {
    const first = await withTls(good, {}, one);
    const second = await withTls(good, { seeds: [first.address] }, other);
    const third = await withTls(good, { seeds: [second.address] }, one);
    const all = [first, second, third];
    await expectAgreement(all);
    const seen = all.flatMap(eventsOf);
    await throughout(
      within(3).joinMs / 2,
      () => views(all),
      () => agreed(all),
    );
    expect(seen).toEqual([]);
  });

  test("has no member that requires TLS and one that speaks none", async () => {
    const first = await withTls(good, {}, "require");
    const second = await withTls(good, { seeds: [first.address] }, "off");
    await throughout(within(2).joinMs / 2, "both are alone", () => second.getMembers().size === 1);
    expect(first.getMembers().size).toBe(1);
  });
});

describe("certificates that change while peers run", () => {
  test("go over to a new CA, old and new together first, without one suspicion", async () => {
    const next = await createAuthority({ name: "The next CA" });
    const sets = await Promise.all(
      [1, 2, 3].map(async () => new SetOnDisk(await authority.issue(LOOPBACK), authority.ca)),
    );
    const peers: Peer[] = [];
    for (const { files } of sets) peers.push(await withTls(files, { seeds: peers.slice(0, 1).map((p) => p.address) }));
    await expectAgreement(peers);
    const seen = peers.flatMap(eventsOf);
    for (const each of sets) each.put({ ca: authority.ca + next.ca });
    await throughout(
      3000,
      () => views(peers),
      () => agreed(peers),
    );
    for (const each of sets) each.put(await next.issue(LOOPBACK));
    await throughout(
      3000,
      () => views(peers),
      () => agreed(peers),
    );
    for (const each of sets) each.put({ ca: next.ca });
    await throughout(
      3000,
      () => views(peers),
      () => agreed(peers),
    );
    const newcomer = await withTls(await set(next, LOOPBACK), { seeds: [peers[0]?.address ?? ""] });
    await expectAgreement([...peers, newcomer]);
    expect(seen.filter((event) => !event.startsWith("joined"))).toEqual([]);
  });
});

describe("what cannot work is refused", () => {
  test.each<[string, Partial<PeerOptions>, RegExp]>([
    ["a part that is missing", { tls: { certificate: "a", privateKey: "b" } as never }, /tls: ca is missing/],
    [
      "a mode that is none",
      { tls: { certificate: "a", privateKey: "b", ca: "c", mode: "on" as never } },
      /tls: mode is one of off, accept, require/,
    ],
    [
      "an admin service that everybody reaches",
      { adminAddress: "0.0.0.0:0" },
      /adminAddress: whoever reaches .* can end the peer/,
    ],
  ])("by the constructor: %s", (_, options, problem) => {
    expect(() => peerOf(options)).toThrow(problem);
  });

  test("by run(): a file that is not there, and a key of another certificate, which are named", async () => {
    const nowhere = { ...good, certificate: "/nowhere/peer.pem" };
    await expect(withTls(nowhere)).rejects.toMatchObject({
      code: "invalid-certificate",
      message: expect.stringContaining("/nowhere/peer.pem") as unknown,
    });
    const { privateKey } = await authority.issue(LOOPBACK);
    await expect(withTls({ ...good, privateKey })).rejects.toThrow(
      /tls\.privateKey: it is not the key of the certificate/,
    );
  });
});

describe("a server of the user's own that speaks TLS", () => {
  const credentialsOf = ({ certificate, privateKey, ca }: TlsFiles): ServerCredentials =>
    ServerCredentials.createSsl(
      Buffer.from(ca),
      [{ cert_chain: Buffer.from(certificate), private_key: Buffer.from(privateKey) }],
      true,
    );

  test("carries a peer that does as well, and who speaks for another is refused there, too", async () => {
    const server = new Server();
    const address = await listen(server, credentialsOf(good));
    const { logger, texts } = warnings();
    const first = await startPeer({ address, server, tls: good, logger });
    await expectAgreement([first, await withTls(good, { seeds: [address] })]);
    await withTls(await set(authority, { ips: ["127.0.0.2"] }), { seeds: [address] });
    await until(
      within(3).joinMs,
      () => texts.join("; "),
      () => texts.some((text) => text.includes("its certificate does not cover 127.0.0.1")),
    );
  });

  test("carries none that speaks in plain text, nor the other way round", async () => {
    const [secure, plain] = [new Server(), new Server()];
    const [at, plainAt] = [await listen(secure, credentialsOf(good)), await listen(plain)];
    await expect(startPeer({ address: at, server: secure })).rejects.toThrow(/the server given speaks TLS/);
    await expect(startPeer({ address: plainAt, server: plain, tls: good })).rejects.toThrow(/speaks in plain text/);
  });
});

describe("the admin service with certificates", () => {
  test("obeys those that are allowed, and nobody else", async () => {
    const files = await set(authority, LOOPBACK);
    const allow = ["spiffe://example.org/operators"];
    const { logger, texts } = warnings();
    const peer = await startPeer({ adminAddress: "0.0.0.0:0", adminTls: { ...files, allow }, logger });
    const { port } = splitAddress(peer.adminAddress ?? "");
    const at = async (uris: string[]): Promise<RemotePeer> =>
      new RemotePeer(peer.address, { adminAddress: `127.0.0.1:${port}`, adminTls: await set(authority, { uris }) });
    const [operator, other] = [await at(allow), await at(["spiffe://example.org/blue/peer"])];
    await operator.updateMeta({ name: "renamed" });
    expect(peer.getMembers().get(peer.address)).toEqual({ name: "renamed" });
    await expect(other.leave()).rejects.toThrow(GossipError);
    expect(texts).toContainEqual(expect.stringMatching(/its certificate is for spiffe:.*, and allowed are spiffe:/));
    for (const each of [operator, other]) each.close();
  });
});
