import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { Server } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import { splitAddress } from "../src/core/address.js";
import { GossipClient } from "../src/grpc/client.js";
import { Peer, RemotePeer, spawnPeer } from "../src/index.js";
import { agreed, freePort, list, membersAt, peerOf, startPeer, startPeers, STOP_MS, within } from "./support/peers.js";
import { anyRequest, sent } from "./support/records.js";
import { endOf, start, START_MS, startPeerProgram } from "./support/programs.js";
import { listen, startBehind } from "./support/servers.js";
import { listenSilently, listenTcp, portOf, Way } from "./support/tcp.js";
import { inTime, throughout, until } from "./support/wait.js";
import { call } from "./support/wire.js";

/** What the bound of stop() may be exceeded by on a machine that is busy with other tests. */
const BUSY_MS = 500;

/** Runs a module that has the package's Peer, in a process of its own, to its end. */
async function runModule(source: string): Promise<{ code: number; out: string; err: string }> {
  const program = start(["--input-type=module", "--eval", `import { Peer } from "gossip-peer"; ${source}`]);
  const code = await endOf(program);
  return { code, out: program.stdout.join("\n"), err: program.stderr.join("\n") };
}

function answers(address: string): Promise<boolean> {
  return membersAt(address).then(
    () => true,
    () => false,
  );
}

describe("the constructor", () => {
  test("opens and starts nothing: a process that only constructs, seeds and updates ends by itself", async () => {
    const { code, out, err } = await runModule(`
      const before = process.getActiveResourcesInfo();
      const peer = new Peer({ address: "127.0.0.1:0", seeds: ["127.0.0.1:1"], adminAddress: "127.0.0.1:0" });
      peer.addSeed("127.0.0.1:2");
      peer.updateMeta({ name: "n" });
      peer.getMembers();
      console.log(JSON.stringify([before, process.getActiveResourcesInfo()]));
    `);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [before, after] = JSON.parse(out) as [string[], string[]];
    expect(after).toEqual(before);
  });

  test("throws for what can never work, with everything that is wrong in one message", () => {
    expect(() => new Peer({ address: "nowhere", cluster: "" })).toThrow(/address: .*; cluster: /);
  });

  test("leaves a peer that can be given seeds and metadata and asked for its members", async () => {
    const other = await startPeer();
    const peer = peerOf();
    expect([...peer.getMembers()]).toEqual([["127.0.0.1:0", {}]]);
    peer.addSeed(other.address);
    peer.updateMeta({ name: "early" });
    expect([...peer.getMembers().values()]).toEqual([{ name: "early" }]);
    await peer.run();
    await until(within(2).joinMs, "they find each other", () => agreed([peer, other]));
    expect(other.getMembers().get(peer.address)).toEqual({ name: "early" });
  });
});

describe("run", () => {
  test("takes a free port for port 0, and the address is then the bound one", async () => {
    const [one, two] = await Promise.all([startPeer(), startPeer()]);
    expect(one.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
    expect(one.address).not.toBe(two.address);
    expect(list(one)).toEqual([one.address]);
    expect(await answers(one.address)).toBe(true);
  });

  test("keeps a port that was asked for", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    expect((await startPeer({ address })).address).toBe(address);
  });

  test("listens on bindPort where that is another port than the advertised one", async () => {
    const [inside, outside] = [await freePort(), await freePort()];
    const peer = await startPeer({ address: `127.0.0.1:${outside}`, bindPort: inside });
    expect(peer.address).toBe(`127.0.0.1:${outside}`);
    expect([await answers(`127.0.0.1:${inside}`), await answers(peer.address)]).toEqual([true, false]);
  });

  test("listens on bindHost where that is another host than the advertised one", async () => {
    const port = await freePort();
    const peer = await startPeer({ address: `localhost:${port}`, bindHost: "127.0.0.1" });
    expect(list(peer)).toEqual([`localhost:${port}`]);
    expect(await answers(`127.0.0.1:${port}`)).toBe(true);
  });

  test("twice is once", async () => {
    const peer = peerOf();
    await Promise.all([peer.run(), peer.run()]);
    const { address } = peer;
    await peer.run();
    expect(peer.address).toBe(address);
  });

  test("fails for a port that is taken, names it, and leaves nothing running", async () => {
    const taken = await startPeer();
    const peer = peerOf({ address: taken.address });
    await expect(peer.run()).rejects.toMatchObject({
      name: "GossipError",
      code: "bind-failed",
      message: expect.stringMatching(new RegExp(`${taken.address}.*EADDRINUSE`)),
    });
    await expect(peer.run()).rejects.toMatchObject({ code: "bind-failed" });
    await taken.stop();
    expect(await answers(taken.address)).toBe(false);
  });

  test.each(["nobody.invalid:0", "192.0.2.1:0"])(
    "fails for %s, which is no address of this machine",
    async (address) => {
      await expect(peerOf({ address }).run()).rejects.toMatchObject({
        code: "bind-failed",
        message: expect.stringContaining(address),
      });
    },
  );

  test("that failed leaves nothing open: the process ends by itself", async () => {
    const taken = await startPeer();
    const { code, out } = await runModule(`
      const peer = new Peer({ address: "${taken.address}" });
      await peer.run().catch((error) => console.log(error.code));
    `);
    expect({ code, out }).toEqual({ code: 0, out: "bind-failed" });
  });
});

describe("stop", () => {
  test("leaves nothing open, also with connections, a silent seed and an exchange under way", async () => {
    const silent = await listenSilently();
    const { code, out, err } = await runModule(`
      const options = { address: "127.0.0.1:0", pingPeriodMs: 50, adminAddress: "127.0.0.1:0", seeds: ["${silent}"] };
      const [one, two] = [new Peer(options), new Peer(options)];
      await Promise.all([one.run(), two.run()]);
      const met = new Promise((resolve) => two.on("joined", resolve));
      one.addSeed(two.address);
      await met;
      await Promise.all([one.stop(), two.stop()]);
      // What is closed leaves the list at the end of a round of the loop, and setImmediate comes before the end of one.
      for (let round = 0; round < 2; round++) await new Promise(setImmediate);
      const open = process.getActiveResourcesInfo().filter((name) => /TCP|Timeout|GetAddrInfo/.test(name));
      console.log(JSON.stringify(open));
    `);
    expect({ code, err, out }).toEqual({ code: 0, err: "", out: "[]" });
  });

  test("leaves nothing open though a frozen peer keeps its connections: the process ends by itself", async () => {
    const program = start([
      "--input-type=module",
      "--eval",
      `import { Peer } from "gossip-peer";
       const peer = new Peer({ address: "127.0.0.1:0", pingPeriodMs: 50 });
       peer.on("joined", () => console.log("joined"));
       peer.on("suspected", () => peer.stop());
       await peer.run();
       console.log(peer.address);`,
    ]);
    await until(START_MS, "it runs", () => program.stdout.length === 1);
    const frozen = await startPeerProgram({ GOSSIP_SEEDS: program.stdout[0] ?? "" });
    await until(within(2).joinMs, "they find each other", () => program.stdout.length === 2);
    frozen.child.kill("SIGSTOP");
    await until(within(2).silenceMs + STOP_MS, "the process ends", () => program.child.exitCode === 0);
  });

  test("tells a goodbye to another where nobody answers, within its time", async () => {
    const called = new Set<string>();
    const members = await Promise.all(Array.from({ length: 8 }, async (_, at) => listenTcp(() => called.add(`${at}`))));
    const peer = await startPeer({ pingPeriodMs: 60_000, exchangeTimeoutMs: 1000, minTimeoutMs: 100 });
    const client = new GossipClient({ maxConnections: 1 });
    const records = [anyRequest.sender, ...members].map((address) => sent({ address }));
    const left = sent({ address: anyRequest.sender, status: "left" });
    await client.exchange(peer.address, { ...anyRequest, records: [left, ...records.slice(1)] }, STOP_MS);
    client.close();
    expect(list(peer)).toHaveLength(1 + members.length);
    await peer.stop();
    expect(called.size).toBe(members.length);
  });

  test("closes the port", async () => {
    const peer = await startPeer();
    await peer.stop();
    expect(await answers(peer.address)).toBe(false);
  });

  test("is followed by no call of any kind", async () => {
    const way = new Way();
    const other = await startPeer();
    const peer = await startPeer({ seeds: [await way.leadTo(portOf(other.address))] });
    await until(within(2).joinMs, "they find each other", () => list(peer).includes(other.address));
    await peer.stop();
    const { connections } = way;
    peer.addSeed("127.0.0.1:1");
    await until(within(2).crashMs, "the leave is known", () => agreed([other]));
    await until(within(2).crashMs, "its connections are closed", () => way.open === 0);
    expect(way.connections).toBe(connections);
  });

  test("twice is once", async () => {
    const peer = await startPeer();
    const [first, second] = [peer.stop(), peer.stop()];
    expect(second).toBe(first);
    await first;
    await peer.stop();
  });

  test("ends also where connections are reset at that very moment", async () => {
    const peer = await startPeer();
    const { host, port } = splitAddress(peer.address);
    const sockets = Array.from({ length: 20 }, () => connect(port, host));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    for (const socket of sockets) socket.on("error", () => undefined); // the peer may be the first to close
    const stopped = peer.stop();
    for (const socket of sockets) {
      socket.resetAndDestroy();
      await setImmediate(); // one in each turn of the event loop, so that the end is in another state at each
    }
    await expect(stopped).resolves.toBeUndefined();
  });

  test("before run leaves a peer that never runs", async () => {
    const peer = peerOf();
    await peer.stop();
    await expect(peer.run()).rejects.toMatchObject({ name: "GossipError", code: "stopped" });
    expect(peer.address).toBe("127.0.0.1:0");
  });

  test("during run ends it: run rejects, and nothing listens", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const peer = peerOf({ address });
    const running = expect(peer.run()).rejects.toMatchObject({ code: "stopped" });
    await peer.stop();
    await running;
    expect(await answers(address)).toBe(false);
  });

  test("after a run that failed is fine", async () => {
    const taken = await startPeer();
    const peer = peerOf({ address: taken.address });
    await expect(peer.run()).rejects.toThrow();
    await peer.stop();
  });

  test("leaves a peer that can still be asked and given things, which change nothing any more", async () => {
    const peers = await startPeers(2);
    const [first, second] = peers;
    await until(within(2).joinMs, "they find each other", () => agreed(peers));
    await first.stop();
    const before = list(first);
    expect(before).toContain(first.address);
    first.addSeed("127.0.0.1:1");
    first.updateMeta({ name: "late" });
    expect(list(first)).toEqual(before);
    await until(within(2).leaveMs, "the leave is known", () => second !== undefined && agreed([second]));
  });

  test("ends watchers of the peer as well, which are told that it is unavailable", async () => {
    const peer = await startPeer();
    const remote = new RemotePeer(peer.address);
    const watched = remote.watch();
    await watched.next();
    const next = watched.next().catch((error: unknown) => error);
    await inTime(STOP_MS, "the peer stops", peer.stop());
    expect(await inTime(STOP_MS, "the watching ends", next)).toMatchObject({ code: "unavailable" });
    remote.close();
  });

  test("is over within two seconds, also when nobody answers the goodbye", async () => {
    const way = new Way();
    const deaf = await startBehind(way);
    const peer = await startPeer({ seeds: [deaf.address] });
    await until(within(2).joinMs, "they find each other", () => agreed([peer, deaf]));
    way.cut();
    await inTime(STOP_MS, "the peer stops", peer.stop());
  });
});

test("stop is over within two seconds, also when an exchange may take longer and nobody answers", async () => {
  const way = new Way();
  const other = await startPeer();
  const seed = await way.leadTo(portOf(other.address));
  way.cut();
  const peer = await startPeer({ seeds: [seed], exchangeTimeoutMs: 30_000 });
  await until(within(1).joinMs, "the exchange is under way", () => way.connections === 1);
  await inTime(STOP_MS + BUSY_MS, "the peer stops", peer.stop());
});

test("stop is over while others wait to hear whether somebody answers, and tells them", async () => {
  const silent = await listenSilently();
  const peer = await startPeer({ exchangeTimeoutMs: 30_000, minTimeoutMs: 30_000 });
  const client = new GossipClient({ maxConnections: 1 });
  const own = { sender: silent, records: [sent({ address: silent })] };
  await client.exchange(peer.address, { ...anyRequest, ...own }, BUSY_MS);
  client.close();
  const probe = { cluster: "default", recipient: peer.address, sender: "127.0.0.1:1", target: silent };
  let isOver = false;
  const answers = Promise.allSettled([1, 2, 3].map(() => call(peer.address, "GossipService", "Probe", probe, 10_000)));
  void answers.then(() => (isOver = true));
  await throughout(200, "it is not known yet", () => !isOver);
  await inTime(STOP_MS + BUSY_MS, "the peer stops", peer.stop());
  expect(await answers).toEqual(Array(3).fill({ status: "fulfilled", value: { untried: true } }));
});

test("stop is over while a peer waits for what others find out", async () => {
  const frozen = await startPeerProgram();
  const [peer, ...others] = await Promise.all([1, 2, 3].map(() => startPeer({ seeds: [frozen.address] })));
  if (peer === undefined) throw new Error("no peer");
  await until(within(4).joinMs, "they find each other", () => list(peer).length === 4);
  frozen.child.kill("SIGSTOP");
  let probes = 0;
  for (const other of others) other.on("suspected", () => probes++);
  peer.on("suspected", () => probes++);
  await until(within(4).silenceMs, "it is suspected", () => probes > 0);
  await inTime(STOP_MS + BUSY_MS, "the peer stops", peer.stop());
});

describe("a server of the user's own", () => {
  test("carries the peer's service, and lives on without it after stop", async () => {
    const server = new Server();
    const address = await listen(server);
    const [peer, other] = [await startPeer({ address, server }), await startPeer({ seeds: [address] })];
    await until(within(2).joinMs, "they find each other", () => agreed([peer, other]));
    await peer.stop();
    await until(within(2).leaveMs, "the leave is known", () => agreed([other]));
    await expect(membersAt(address)).rejects.toThrow(/UNIMPLEMENTED/);
  });

  test("can carry one peer after another", async () => {
    const server = new Server();
    const address = await listen(server);
    const first = await startPeer({ address, server });
    await first.stop();
    await startPeer({ address, server });
    expect(await answers(address)).toBe(true);
  });

  test("that carries a peer already makes the second one's run fail like a port that is taken", async () => {
    const server = new Server();
    const address = await listen(server);
    await startPeer({ address, server });
    await expect(peerOf({ address, server }).run()).rejects.toMatchObject({ code: "bind-failed" });
  });

  test("that carries a peer already goes on to carry it when a second one fails to run", async () => {
    const server = new Server();
    const address = await listen(server);
    await startPeer({ address, server });
    await expect(peerOf({ address, server }).run()).rejects.toThrow();
    expect(await answers(address)).toBe(true);
  });
});

test("spawnPeer gives a peer that runs already, and rejects as constructor and run do", async () => {
  const peer = await spawnPeer({ address: "127.0.0.1:0" });
  expect(await answers(peer.address)).toBe(true);
  await expect(spawnPeer({ address: peer.address })).rejects.toMatchObject({ code: "bind-failed" });
  await expect(spawnPeer({ address: "nowhere" })).rejects.toMatchObject({ code: "invalid-options" });
  await peer.stop();
});
