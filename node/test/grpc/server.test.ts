import { Client, credentials, Server, status, type ServiceDefinition } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Answer, MemberEvent, ProbeResult } from "../../src/core/messages.js";
import { GossipClient } from "../../src/grpc/client.js";
import { schema } from "../../src/grpc/schema.js";
import type { OpenStream } from "../../src/grpc/answer-stream.js";
import { gossipHandlers } from "../../src/grpc/gossip-service.js";
import { Meter } from "../../src/grpc/meter.js";
import type { ServedPeer } from "../../src/grpc/served-peer.js";
import { PeerServer } from "../../src/grpc/server.js";
import { RemotePeer, type Peer, type PeerState } from "../../src/index.js";
import { freePort, list, membersAt, peerOf, startPeer } from "../support/peers.js";
import { endOf, start } from "../support/programs.js";
import { addresses, anyRequest, record as memberRecord, sent } from "../support/records.js";
import { serve } from "../support/servers.js";
import { asksAfterMs, listenSilently, Way } from "../support/tcp.js";
import { callUnread } from "../support/unread.js";
import { inTime, throughout, until } from "../support/wait.js";
import { call, fromProto, stream } from "../support/wire.js";

/** For what needs no time but what a busy machine takes. */
const SOON_MS = 5000;

const record = (change: object = {}): object => ({
  address: "a:1",
  generation: "1",
  incarnation: "0",
  status: "STATUS_ALIVE",
  ...change,
});

function request(change: object = {}): object {
  return { cluster: "default", recipient: "", sender: "a:1", records: [record()], ...change };
}

function exchange(peer: Peer, sent: object | Buffer): Promise<Record<string, unknown>> {
  return call(peer.address, "GossipService", "Exchange", sent);
}

/** Expects that the peer answers still, and knows nobody it did not know. */
async function livesOn(peer: Peer): Promise<void> {
  expect(list(peer)).toEqual([peer.address]);
  const shown = await call(peer.address, "MembershipService", "GetMembers", {});
  expect(shown).toMatchObject({ address: peer.address, members: [{ address: peer.address }] });
}

describe("over a real connection", () => {
  test.each<[string, object, RegExp]>([
    ["an empty message", {}, /sender/],
    ["no cluster", request({ cluster: "" }), /cluster/],
    ["a sender that is no address", request({ sender: "nowhere" }), /sender/],
    ["a record without generation", request({ records: [record({ generation: "0" })] }), /records\[0\]\.generation/],
    ["a generation above all", request({ records: [record({ generation: "18446744073709551615" })] }), /generation/],
    ["a record without status", request({ records: [record({ status: 0 })] }), /records\[0\]\.status/],
    ["a status nobody knows", request({ records: [record({ status: 77 })] }), /records\[0\]\.status/],
    [
      "too much metadata",
      request({ records: [record({ meta: { name: "n".repeat(300) } })] }),
      /records\[0\]\.meta: name/,
    ],
    ["a record among good ones", request({ records: [record(), record({ address: "?" })] }), /records\[1\]\.address/],
    ["a bucket that is none", request({ buckets: [64] }), /buckets/],
    ["a bucket twice", request({ buckets: [7, 7] }), /buckets/],
    ["a range to nowhere", request({ range: { from: "a:1" } }), /range\.to/],
    [
      "more accusers than there may be",
      request({
        records: [
          record(),
          record({ address: "b:1", status: "STATUS_SUSPECT", accusers: Array(9).fill({ address: "c:1" }) }),
        ],
      }),
      /Record.accusers is there more than 8 times/,
    ],
    [
      "too many records",
      request({ records: Array<object>(2001).fill(record()) }),
      /records is there more than 2000 times/,
    ],
  ])("%s is refused with INVALID_ARGUMENT that names the field, and the peer lives on", async (_, rubbish, field) => {
    const peer = await startPeer();
    await expect(exchange(peer, rubbish)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(field),
    });
    await livesOn(peer);
  });

  test("bytes that are no message at all are refused, and the peer lives on", async () => {
    const peer = await startPeer();
    await expect(exchange(peer, Buffer.from([0xff, 0xff, 0xff, 0x07]))).rejects.toHaveProperty("code");
    await livesOn(peer);
  });

  test("a message for another cluster or another address is refused with FAILED_PRECONDITION that names both", async () => {
    const peer = await startPeer({ cluster: "ours" });
    await expect(exchange(peer, request({ cluster: "theirs" }))).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringMatching(/"ours".*"theirs"/),
    });
    await expect(exchange(peer, request({ cluster: "ours", recipient: "b:1" }))).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringContaining(`${peer.address}, not b:1`),
    });
    await livesOn(peer);
  });

  test("a message that is too large is refused with RESOURCE_EXHAUSTED, and the peer lives on", async () => {
    const peer = await startPeer();
    const huge = request({ cluster: "c".repeat(5 * 1024 * 1024) });
    await expect(exchange(peer, huge)).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED });
    await livesOn(peer);
  });

  test("full messages are taken and given: a thousand records with as much metadata as may be", async () => {
    const peer = await startPeer({ pingPeriodMs: 300_000, exchangeTimeoutMs: 500 }); // it dials none of them meanwhile
    const tags = { t: "v".repeat(1024 - 1 - 128) };
    const records = Array.from({ length: 1000 }, (_, at) =>
      record({ address: `127.0.0.1:${at + 1}`, meta: { name: "n".repeat(128), tags } }),
    );
    const reply = await exchange(peer, request({ sender: "127.0.0.1:1", records }));
    expect(reply["records"]).toMatchObject([{ address: peer.address }]); // all that was not told
    expect(list(peer)).toHaveLength(1001);
    const buckets = [...Array(64).keys()];
    const all = await exchange(peer, request({ sender: "127.0.0.1:1", records: records.slice(0, 1), buckets }));
    expect((all["records"] as object[]).length).toBeGreaterThan(900); // whole buckets, as many as fit
  });
});

describe("a stream of requests", () => {
  test("is answered in their order, and ends when whoever asks ends it", async () => {
    const peer = await startPeer();
    const asking = stream(peer.address, "Probe");
    const probe = { cluster: "default", recipient: "", sender: "a:1" };
    const stranger = "127.0.0.1:9";
    for (const target of [stranger, peer.address, stranger]) asking.write({ ...probe, target });
    asking.end();
    const answers = await asking.toArray();
    expect(answers).toMatchObject([{ untried: true }, { reached: true }, { untried: true }]);
  });

  test("is answered up to the first that is refused, which ends it, and the peer lives on", async () => {
    const peer = await startPeer();
    const asking = stream(peer.address, "Exchange");
    for (const each of [request(), request({ cluster: "theirs" }), request()]) asking.write(each);
    const answers: object[] = [];
    asking.on("data", (answer: object) => answers.push(answer));
    const [error] = (await once(asking, "error")) as [object];
    expect(error).toMatchObject({ code: status.FAILED_PRECONDITION });
    expect(answers).toMatchObject([{ sender: peer.address }]);
    await expect(exchange(peer, request())).resolves.toMatchObject({ sender: peer.address });
  });

  test("ends with the peer, after what was asked is answered", async () => {
    const peer = await startPeer({ exchangeTimeoutMs: 30_000, minTimeoutMs: 30_000 });
    const asking = stream(peer.address, "Probe");
    const probe = { cluster: "default", recipient: "", sender: "a:1" };
    const answers: object[] = [];
    asking.on("data", (answer: object) => answers.push(answer));
    const silent = await listenSilently();
    await exchange(peer, request({ sender: silent, records: [record({ address: silent })] }));
    for (const target of [peer.address, silent]) asking.write({ ...probe, target });
    await until(SOON_MS, "the first is answered", () => answers.length > 0);
    const ended = once(asking, "end");
    await peer.stop();
    await inTime(SOON_MS, "the stream ends", ended);
    expect(answers).toMatchObject([{ reached: true }, { untried: true }]);
  });
});

describe("the admin service", () => {
  test("is not among what the peers' port serves", async () => {
    const peer = await startPeer();
    for (const method of ["AddSeed", "UpdateMeta", "Leave"]) {
      await expect(call(peer.address, "AdminService", method, {})).rejects.toMatchObject({
        code: status.UNIMPLEMENTED,
      });
    }
    await livesOn(peer);
  });

  test("refuses rubbish with INVALID_ARGUMENT that says what was wrong, and changes nothing", async () => {
    const adminAddress = `127.0.0.1:${await freePort()}`;
    const peer = await startPeer({ adminAddress, meta: { name: "before" } });
    await expect(call(adminAddress, "AdminService", "AddSeed", { address: "nowhere" })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/no port/),
    });
    const meta = { name: "n".repeat(129) };
    await expect(call(adminAddress, "AdminService", "UpdateMeta", { meta })).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/name has 129 bytes/),
    });
    expect(peer.getMembers().get(peer.address)).toEqual({ name: "before" });
  });
});

describe("watchers", () => {
  test("beyond maxWatchers are sent away with RESOURCE_EXHAUSTED that names it; one who goes makes room", async () => {
    const peer = await startPeer({ maxWatchers: 1 });
    const remote = new RemotePeer(peer.address);
    try {
      const first = remote.watch();
      await first.next();
      await expect(remote.watch().next()).rejects.toThrow(/RESOURCE_EXHAUSTED.*maxWatchers/);
      await first.return(undefined);
      await livesOn(peer);
      const third = remote.watch();
      await expect(third.next()).resolves.toMatchObject({ value: { type: "snapshot" } });
      await third.return(undefined);
    } finally {
      remote.close();
    }
  });
});

test("two workers of Node's cluster module cannot share a peer's port", async () => {
  const program = start(["node/test/support/two-workers.mjs", `127.0.0.1:${await freePort()}`]);
  await endOf(program);
  expect({ out: program.stdout.sort(), err: program.stderr }).toEqual({ out: ["bind-failed", "runs"], err: [] });
});

test("a peer that cannot have its admin port does not run at all", async () => {
  const taken = await startPeer();
  const address = `127.0.0.1:${await freePort()}`;
  const running = peerOf({ address, adminAddress: taken.address }).run();
  await expect(running).rejects.toMatchObject({
    code: "bind-failed",
    message: expect.stringContaining(taken.address),
  });
  await expect(membersAt(address)).rejects.toMatchObject({ code: "unavailable" });
});

describe("a peer of a later version", () => {
  test("is a member like any other, whatever it says besides, and so are those of whom it says what is known", async () => {
    const peer = await startPeer();
    const later = { ...record(), address: "later:1" };
    const records = [record(), { ...later, status: 77 }, record({ address: "b:1" })];
    const { Exchange } = fromProto["gossip.v1.GossipService"] as ServiceDefinition;
    const known = Exchange?.requestSerialize(request({ records })) ?? Buffer.from([]);
    const unknown = Buffer.from([0x92, 0x4e, 1, 0]); // field 1250, one byte
    await exchange(peer, Buffer.concat([known, ...Array<Buffer>(40).fill(unknown)]));
    expect(list(peer)).toEqual([peer.address, "a:1", "b:1"].sort());
  });

  test("that speaks none of this peer's versions is answered, told which these are, and no member", async () => {
    const peer = await startPeer();
    const versions = { oldest: 2, newest: 3 };
    const asking = stream(peer.address, "Exchange");
    for (const each of [request({ versions }), { records: [record({ incarnation: "1" })] }]) asking.write(each);
    asking.end();
    const answers = await asking.toArray();
    expect(answers).toHaveLength(2);
    for (const answer of answers) expect(answer).toEqual({ sender: peer.address });
    expect(list(peer)).toEqual([peer.address]);
  });

  test("that makes a call which is not known is told so, and may go on on the same connection", async () => {
    const peer = await startPeer();
    const client = new Client(peer.address, credentials.createInsecure());
    const later = (method: string): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const path = `/gossip.v1.MembershipService/${method}`;
        const asIs = (bytes: Buffer): Buffer => bytes;
        client.makeUnaryRequest(path, asIs, asIs, Buffer.from([]), (error, answer) => {
          if (error === null) resolve(answer);
          else reject(error);
        });
      });
    await expect(later("Foresee")).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    await expect(later("GetState")).resolves.toBeInstanceOf(Buffer);
    client.close();
  });
});

describe("a server by itself", () => {
  const servers = new Set<PeerServer>();
  const sockets = new Set<Socket>();
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await Promise.all([...servers].map((server) => server.close()));
    servers.clear();
    sockets.clear();
  });

  /** A peer that can do nothing, and the warnings and failures it is told of. */
  function brokenPeer(): { peer: ServedPeer; warnings: string[]; failures: unknown[] } {
    const [warnings, failures]: [string[], unknown[]] = [[], []];
    const broken = (): never => {
      throw new Error("broken");
    };
    const peer: ServedPeer = {
      meter: new Meter(),
      claimProblem: () => undefined,
      address: () => "127.0.0.1:1",
      answer: broken,
      probe: () => Promise.reject(new Error("broken")),
      state: broken,
      viewHash: broken,
      getView: broken,
      watch: broken,
      watchState: broken,
      addSeed: broken,
      removeSeed: broken,
      updateMeta: broken,
      stop: () => Promise.resolve(),
      brokenOff: () => undefined,
      warn: (text) => warnings.push(text),
      answerFailed: (error) => failures.push(error),
    };
    return { peer, warnings, failures };
  }

  function serverOf(...how: ConstructorParameters<typeof PeerServer>): PeerServer {
    const server = new PeerServer(...how);
    servers.add(server);
    return server;
  }

  async function connectTo(port: number): Promise<Socket> {
    const socket = connect(port, "127.0.0.1");
    sockets.add(socket.on("error", () => undefined));
    await once(socket, "connect");
    return socket;
  }

  test("answers a fault of its own with INTERNAL, and tells the peer of it", async () => {
    const { peer, failures } = brokenPeer();
    const port = await serverOf(peer, 1).listen("127.0.0.1", 0);
    await expect(call(`127.0.0.1:${port}`, "GossipService", "Exchange", request())).rejects.toMatchObject({
      code: status.INTERNAL,
      details: "broken",
    });
    expect(failures).toEqual([new Error("broken")]);
    const probe = { cluster: "default", sender: "a:1", target: "b:1" };
    await expect(call(`127.0.0.1:${port}`, "GossipService", "Probe", probe)).rejects.toMatchObject({
      code: status.INTERNAL,
      details: "broken",
    });
    expect(failures).toHaveLength(2);
  });

  test("tells the peer nothing of what its callers are to blame for", async () => {
    const { peer, failures } = brokenPeer();
    const port = await serverOf(peer, 1).listen("127.0.0.1", 0);
    await expect(call(`127.0.0.1:${port}`, "GossipService", "Exchange", {})).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
    expect(failures).toEqual([]);
  });

  test("answers no more than fits on the way to whoever does not listen, and the rest when it does", async () => {
    let answered = 0;
    const answer = (): Answer => {
      answered++;
      return {
        reply: { sender: "a:1", records: [], viewHash: 0, bucketHashes: Array<number>(64).fill(1) },
        effects: [],
      };
    };
    const port = await serverOf({ ...brokenPeer().peer, answer }, 1).listen("127.0.0.1", 0);
    const { path, requestSerialize } = schema.GossipService.service.Exchange;
    const all = 5000;
    const requests = Array<Buffer>(all).fill(requestSerialize(request()));
    const asking = callUnread(`127.0.0.1:${port}`, path, requests);
    await until(SOON_MS, "it has begun to answer", () => answered > 100);
    await throughout(500, "it waits", () => answered < all / 2);
    asking.resume();
    await until(SOON_MS, "it has answered all", () => answered === all);
  });

  test("sends a watcher away that does not read, with RESOURCE_EXHAUSTED, and tells everything to one that does", async () => {
    const listeners = new Set<(event: MemberEvent) => void>();
    const watch: ServedPeer["watch"] = (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    const port = await serverOf({ ...brokenPeer().peer, getView: () => [], watch }, 2).listen("127.0.0.1", 0);
    const { path, requestSerialize } = schema.MembershipService.service.WatchMembers;
    const slow = callUnread(`127.0.0.1:${port}`, path, [requestSerialize({})]);
    const remote = new RemotePeer(`127.0.0.1:${port}`);
    const enough = new AbortController();
    let last = 0;
    const reading = (async () => {
      for await (const each of remote.watch(enough.signal))
        if (each.type === "event") last = each.event.member.incarnation;
    })().catch((error: unknown) => error);
    try {
      await until(SOON_MS, "both watch", () => listeners.size === 2);
      let count = 0;
      await until(2 * SOON_MS, "one is sent away", async () => {
        for (let at = 0; at < 500; at++) {
          const member = { address: "a:1", generation: 1, incarnation: ++count, status: "alive", meta: {} } as const;
          for (const tell of listeners) tell({ kind: "updated", member, reason: "" });
        }
        await until(SOON_MS, "the one who reads is told all so far", () => last === count);
        return listeners.size < 2;
      });
      expect(count).toBeGreaterThan(10_000);
      expect(listeners.size).toBe(1);
      const told = once(slow, "trailers");
      slow.resume();
      const [trailers] = (await inTime(SOON_MS, "the slow one is told why", told)) as [Record<string, string>];
      expect(trailers["grpc-status"]).toBe(String(status.RESOURCE_EXHAUSTED));
      expect(decodeURIComponent(trailers["grpc-message"] ?? "")).toContain("10000 events behind");
    } finally {
      enough.abort();
      await reading;
      remote.close();
    }
  });

  test("gives and tells the view of any number of members with full metadata, in pieces that fit", async () => {
    const meta = { name: "n".repeat(128), tags: { t: "v".repeat(1024 - 1 - 128) } };
    const members = addresses(4100).map((address) => memberRecord({ address, meta }));
    const peer = { ...brokenPeer().peer, getView: () => members, watch: () => () => undefined };
    const remote = new RemotePeer(`127.0.0.1:${await serverOf(peer, 1).listen("127.0.0.1", 0)}`);
    const sorted = [...members].sort((a, b) => (a.address < b.address ? -1 : 1));
    expect((await remote.getMembers()).members).toEqual(sorted);
    const watching = remote.watch();
    const value = { type: "snapshot", address: "127.0.0.1:1", members: sorted };
    expect(await watching.next()).toEqual({ done: false, value });
    await watching.return(undefined);
    remote.close();
  });

  test("forgets a stream that is cancelled before the answer comes", async () => {
    let answer: (result: ProbeResult) => void = () => undefined;
    let isAsked = false;
    const probe = (): Promise<ProbeResult> => {
      isAsked = true;
      return new Promise((resolve) => (answer = resolve));
    };
    const open = new Set<OpenStream>();
    const handlers = gossipHandlers({ ...brokenPeer().peer, probe }, open);
    const Probe: typeof handlers.Probe = (call) => {
      call.on("cancelled", () => {
        answer("reached");
      });
      handlers.Probe(call);
    };
    const address = await serve(schema.GossipService.service, { ...handlers, Probe });
    const asking = stream(address, "Probe").on("error", () => undefined);
    asking.write({ cluster: "default", recipient: "", sender: "a:1", target: "b:1" });
    await until(SOON_MS, "it is asked", () => isAsked);
    expect(open.size).toBe(1);
    asking.cancel();
    await until(SOON_MS, "it is forgotten", () => open.size === 0);
  });

  test("tells the peer whose exchanges broke off, and nothing of one who lets go of its connection", async () => {
    const lost: string[] = [];
    const answer = (): Answer => ({
      reply: { sender: "a:1", records: [], viewHash: 0, bucketHashes: Array<number>(64).fill(1) },
      effects: [],
    });
    const peer = { ...brokenPeer().peer, answer, brokenOff: (asker: string) => lost.push(asker) };
    const port = await serverOf(peer, 1).listen("127.0.0.1", 0);
    const way = new Way();
    const to = await way.leadTo(port);
    const asks = async (sender: string): Promise<GossipClient> => {
      const client = new GossipClient({ maxConnections: 1 });
      await client.exchange(to, { ...anyRequest, sender, records: [sent({ address: sender })] }, SOON_MS);
      return client;
    };
    for (let at = 0; at < 10; at++) (await asks("127.0.0.1:1")).release(to);
    await until(SOON_MS, "they have closed", () => way.open === 0);
    const broken = await asks("127.0.0.1:2");
    way.hangUp();
    await until(SOON_MS, "the peer is told", () => lost.length > 0);
    expect(lost).toEqual(["127.0.0.1:2"]);
    broken.close();
  });

  test("closes for a connection beyond its limit one that asked nothing, or longest ago, and warns of it", async () => {
    const { peer, warnings } = brokenPeer();
    const state = (): PeerState => ({ name: "joined", reason: "" });
    const port = await serverOf({ ...peer, state }, 1, { connections: { most: 2 } }).listen("127.0.0.1", 0);
    const idle = await connectTo(port);
    idle.resume();
    const remote = new RemotePeer(`127.0.0.1:${port}`);
    await expect(remote.getState()).resolves.toBeDefined();
    const third = await connectTo(port);
    await until(SOON_MS, "the idle one is closed", () => idle.closed);
    await expect(remote.getState()).resolves.toBeDefined();
    expect(third.closed).toBe(false);
    expect(warnings).toEqual([
      expect.stringMatching(/2 connections are open: for each more one of 127\.0\.0\.1 is closed/),
    ]);
    remote.close();
  });

  test("closes a connection over which no request comes, and none over which one has come", async () => {
    const state = (): PeerState => ({ name: "joined", reason: "" });
    const port = await serverOf({ ...brokenPeer().peer, state }, 1, { connections: { firstRequestMs: 50 } }).listen(
      "127.0.0.1",
      0,
    );
    const way = new Way();
    const remote = new RemotePeer(await way.leadTo(port));
    await remote.getState();
    const idle = await connectTo(port);
    idle.resume();
    await until(SOON_MS, "the idle one is closed", () => idle.closed);
    await remote.getState();
    expect(way.connections).toBe(1);
    remote.close();
  });

  test("closes a connection whose other end does not take its answers in time", async () => {
    const { peer, warnings } = brokenPeer();
    const reply = { sender: "a:1", records: [], viewHash: 0, bucketHashes: Array<number>(64).fill(1) };
    const answer = (): Answer => ({ reply, effects: [] });
    const server = serverOf({ ...peer, answer }, 1, { connections: { takenWithinMs: 100 } });
    const { path, requestSerialize } = schema.GossipService.service.Exchange;
    const requests = Array<Buffer>(5000).fill(requestSerialize(request()));
    const asking = callUnread(`127.0.0.1:${await server.listen("127.0.0.1", 0)}`, path, requests);
    await until(SOON_MS, "it is closed", () => asking.session?.destroyed ?? true);
    expect(warnings).toEqual([expect.stringMatching(/a connection of 127\.0\.0\.1 is closed: it takes no answers/)]);
  });

  test("closes the connection for which the most bytes wait, where too many do over all of them", async () => {
    const { peer, warnings } = brokenPeer();
    const reply = { sender: "a:1", records: [], viewHash: 0, bucketHashes: Array<number>(64).fill(1) };
    const answer = (): Answer => ({ reply, effects: [] });
    // Three answers of a record at most are more than is allowed to wait.
    const server = serverOf({ ...peer, answer }, 1, { connections: { mostUnsentBytes: 4000 } });
    const address = `127.0.0.1:${await server.listen("127.0.0.1", 0)}`;
    const { path, requestSerialize } = schema.GossipService.service.Exchange;
    const requests = Array<Buffer>(5000).fill(requestSerialize(request()));
    const asking = [1, 2, 3].map(() => callUnread(address, path, requests));
    const isClosed = (): boolean => asking.some(({ session }) => session?.destroyed ?? true);
    await until(SOON_MS, "one is closed", isClosed);
    expect(warnings[0]).toMatch(/too many answers wait to be taken/);
  });

  test("closes a connection whose other end answers no ping", async () => {
    const { peer } = brokenPeer();
    const options = { "grpc.keepalive_time_ms": 20, "grpc.keepalive_timeout_ms": 20 };
    const port = await serverOf(peer, 1, { options }).listen("127.0.0.1", 0);
    const silent = await connectTo(port);
    silent.resume();
    await until(SOON_MS, "the silent one is closed", () => silent.closed);
  });

  test("has the kernel ask over a silent connection whether the other end is there, minutes later", async () => {
    const { peer } = brokenPeer();
    const port = await serverOf(peer, 1).listen("127.0.0.1", 0);
    const { localPort = 0 } = await connectTo(port);
    await until(SOON_MS, "it will ask", () => (asksAfterMs(port, localPort) ?? 0) > 240_000);
  });

  test.each(["GetMembers", "WatchMembers"])(
    "leaves nothing on a user's server that has %s already, and that as it was",
    (name) => {
      const { peer } = brokenPeer();
      const users = new Server();
      const { [name as "GetMembers"]: method } = schema.MembershipService.service;
      users.addService({ [name]: method }, {});
      expect(() => {
        serverOf(peer, 1).useServer(users);
      }).toThrow(/cannot carry this peer/);
      const { Exchange } = schema.GossipService.service;
      expect(() => {
        users.addService({ Exchange }, {});
      }).not.toThrow();
      expect(() => {
        users.addService({ [name]: method }, {});
      }).toThrow(/already provided/);
    },
  );
});
