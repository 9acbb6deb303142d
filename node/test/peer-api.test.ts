// What a program has in its hands that embeds a peer, or talks to one elsewhere.
import { getEventListeners } from "node:events";
import { describe, expect, test } from "@jest/globals";
import { findOwnAddress, MEMBER_EVENTS, RemotePeer, type Logger, type MemberEvent } from "../src/index.js";
import { agreed, freePort, list, peerOf, startPeer, startPeers, STOP_MS, within } from "./support/peers.js";
import { inTime, until } from "./support/wait.js";

describe("the end of a peer", () => {
  test("comes with the signal that run() was given", async () => {
    const ending = new AbortController();
    const peer = peerOf();
    await peer.run({ signal: ending.signal });
    ending.abort();
    await until(STOP_MS, "it has stopped", () => peer.state.name === "stopped");
  });

  test("comes before its beginning where the signal has aborted already", async () => {
    await expect(peerOf().run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "stopped" });
  });

  test("takes its hand off that signal, however it ended", async () => {
    const { signal } = new AbortController();
    const [first, second] = [peerOf(), await startPeer()];
    await first.run({ signal });
    await first.stop();
    await expect(peerOf({ address: second.address }).run({ signal })).rejects.toMatchObject({ code: "bind-failed" });
    await first.run({ signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  test("keeps the reason for which it could not begin, and is told once", async () => {
    const other = await startPeer();
    const peer = peerOf({ address: other.address });
    const states: string[] = [];
    peer.on("state", ({ name }) => states.push(name));
    await expect(peer.run()).rejects.toMatchObject({ code: "bind-failed" });
    await peer.stop();
    expect(peer.state).toEqual({ name: "stopped", reason: expect.stringContaining("EADDRINUSE") });
    expect(states).toEqual(["starting", "stopped"]);
  });

  test("comes with the end of a block", async () => {
    const peer = await startPeer();
    await peer[Symbol.asyncDispose]();
    expect(peer.state.name).toBe("stopped");
  });

  test("by its admin service is told to its program by its state", async () => {
    const adminAddress = `127.0.0.1:${await freePort()}`;
    const peer = await startPeer({ adminAddress });
    const remote = new RemotePeer(peer.address, { adminAddress });
    await remote.leave();
    remote.close();
    await until(STOP_MS, "it has stopped", () => peer.state.name === "stopped");
  });
});

describe("the changes of a view", () => {
  test("come as `changed`, whatever their kind", async () => {
    const peer = await startPeer();
    const [named, any]: [string[], string[]] = [[], []];
    for (const kind of MEMBER_EVENTS) peer.on(kind, (event) => named.push(event.kind));
    peer.on("changed", ({ kind }) => any.push(kind));
    const other = await startPeer({ seeds: [peer.address] });
    await until(within(2).joinMs, "it has joined", () => list(peer).length === 2);
    await other.stop();
    await until(within(2).leaveMs, "it has left", () => any.includes("left"));
    expect(any).toEqual(named);
  });

  test("are kept from the moment on at which they are asked for", async () => {
    const peer = await startPeer();
    const changes = peer.changes();
    peer.updateMeta({ name: "a" });
    peer.updateMeta({ name: "b" });
    const [first, second] = await Promise.all([changes.next(), changes.next()]);
    expect([first.value?.member.meta.name, second.value?.member.meta.name]).toEqual(["a", "b"]);
    await changes.return?.();
    await expect(changes.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test("that nobody takes are not kept for ever: the iteration says so, and has let go of the peer", async () => {
    const peer = await startPeer();
    const before = peer.listenerCount("changed");
    const changes = peer.changes();
    for (let at = 0; at <= 10_000; at++) peer.updateMeta({ name: String(at) });
    expect(peer.listenerCount("changed")).toBe(before);
    await expect(changes.next()).rejects.toMatchObject({ name: "GossipError", code: "fell-behind" });
    await expect(changes.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test("can be iterated until the peer ends", async () => {
    const peer = await startPeer();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { kind, member } of peer.changes()) seen.push(`${kind} ${member.address}`);
    })();
    const other = await startPeer({ seeds: [peer.address] });
    await until(within(2).joinMs, "it is seen", () => seen.includes(`joined ${other.address}`));
    await peer.stop();
    await inTime(STOP_MS, "the iteration ends", reading);
  });

  test("can be iterated until the signal aborts, and no listener is left", async () => {
    const peer = await startPeer();
    const ending = new AbortController();
    const seen: MemberEvent[] = [];
    const before = peer.listenerCount("changed");
    const reading = (async () => {
      for await (const event of peer.changes(ending.signal)) seen.push(event);
    })();
    ending.abort();
    await inTime(STOP_MS, "the iteration ends", reading);
    expect(peer.listenerCount("changed")).toBe(before);
  });
});

test("a seed can be taken back, and is not tried any more; one that was found stays a member", async () => {
  const [one, two, three] = [await startPeer(), await startPeer(), await startPeer({ maxSeeds: 1 })];
  three.addSeed(one.address);
  await until(within(2).joinMs, "they find each other", () => agreed([one, three]));
  three.removeSeed(one.address);
  three.addSeed(two.address);
  await until(within(3).joinMs, "they find each other", () => agreed([one, two, three]));
});

test("a logger that throws harms nobody: events come as before", async () => {
  const broken = (): never => {
    throw new Error("the disk is full");
  };
  const logger: Logger = { debug: broken, info: broken, warn: broken, error: broken };
  const [peer, ...others] = await startPeers(2, { logger });
  const seen: string[] = [];
  peer.on("updated", ({ member }) => seen.push(member.address));
  await until(within(2).joinMs, "they find each other", () => agreed([peer, ...others]));
  others[0]?.updateMeta({ name: "new" });
  await until(within(2).updateMs, "it is seen", () => seen.length > 0);
});

test("what is no address cannot be taken back as a seed", async () => {
  const peer = await startPeer();
  expect(() => {
    peer.removeSeed("nowhere");
  }).toThrow(/has no port/);
});

test.each([
  ["from the beginning", ["nobody.invalid:7946"], []],
  ["later", [], ["nobody.invalid:7946"]],
])("a loopback address beside a seed elsewhere, %s, is warned of", async (_, seeds, added) => {
  const warnings: string[] = [];
  const nothing = (): void => undefined;
  const logger = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (_: object, text: string) => warnings.push(text),
  };
  const peer = await startPeer({ seeds, logger });
  for (const seed of added) peer.addSeed(seed);
  expect(warnings).toContain(
    `others cannot reach ${peer.address} from nobody.invalid:7946: the address is one of this machine only`,
  );
});

test("a name from a variable that is not set counts as no name", async () => {
  const adminAddress = `127.0.0.1:${await freePort()}`;
  const unset = { name: process.env["GOSSIP_NOT_SET"] }; // compiles under exactOptionalPropertyTypes
  const peer = await startPeer({ meta: unset, adminAddress });
  const remote = new RemotePeer(peer.address, { adminAddress });
  peer.updateMeta({ name: "a" });
  await remote.updateMeta(unset);
  remote.close();
  expect(peer.getMembers().get(peer.address)).toEqual({});
});

test("the address from which a target is reached can be asked for", async () => {
  await expect(findOwnAddress(["127.0.0.1:1"], 7946)).resolves.toBe("127.0.0.1:7946");
});

describe("a peer elsewhere", () => {
  test("that finds a request wrong has refused it, and says what is wrong", async () => {
    const adminAddress = `127.0.0.1:${await freePort()}`;
    const peer = await startPeer({ adminAddress });
    const remote = new RemotePeer(peer.address, { adminAddress });
    await expect(remote.addSeed("nowhere")).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/has no port/),
    });
    remote.close();
  });

  test("keeps as many seeds as it may, and says so of one more", async () => {
    const adminAddress = `127.0.0.1:${await freePort()}`;
    const peer = await startPeer({ adminAddress, maxSeeds: 1, seeds: [`127.0.0.1:${await freePort()}`] });
    const remote = new RemotePeer(peer.address, { adminAddress });
    await expect(remote.addSeed("127.0.0.1:9")).rejects.toMatchObject({
      code: "too-many-seeds",
      message: expect.stringMatching(/RESOURCE_EXHAUSTED.*maxSeeds is 1/),
    });
    remote.close();
  });

  test("is asked for no change at the port where it serves none: that is refused, and trying again is no use", async () => {
    const peer = await startPeer();
    const remote = new RemotePeer(peer.address);
    await expect(remote.addSeed("127.0.0.1:9")).rejects.toMatchObject({ code: "refused" });
    remote.close();
  });

  test("is not sent metadata that cannot be", async () => {
    const remote = new RemotePeer(`127.0.0.1:${await freePort()}`);
    for (const meta of [{ name: "n".repeat(129) }, { name: 5 }, null])
      await expect(remote.updateMeta(meta as never)).rejects.toMatchObject({ code: "invalid-meta" });
    remote.close();
  });

  test("is unavailable once the remote is closed", async () => {
    const peer = await startPeer();
    const remote = new RemotePeer(peer.address);
    const underWay = remote.getMembers();
    remote.close();
    for (const call of [underWay, remote.getMembers(), remote.getState(), remote.leave()])
      await expect(call).rejects.toMatchObject({ name: "GossipError", code: "unavailable" });
  });

  test("is watched no more once the remote is closed: the iteration ends quietly", async () => {
    const peer = await startPeer();
    const remote = new RemotePeer(peer.address);
    const watching = remote.watch();
    await watching.next();
    const next = watching.next();
    remote.close();
    await expect(inTime(STOP_MS, "it ends", next)).resolves.toEqual({ done: true, value: undefined });
  });
});
