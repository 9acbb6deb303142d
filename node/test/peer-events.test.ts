import { describe, expect, test } from "@jest/globals";
import { RemotePeer, type Logger, type MemberEvent } from "../src/index.js";
import { agreed, eventsOf, freePort, list, startPeer, startPeers, STOP_MS, within } from "./support/peers.js";
import { inTime, throughout, until } from "./support/wait.js";

describe("an event", () => {
  test("tells what happened to whom and why, and the view shows it already", async () => {
    const [peer, other] = await Promise.all([startPeer(), startPeer({ meta: { name: "other" } })]);
    const seen: MemberEvent[] = [];
    peer.on("joined", (event) => {
      expect(peer.getMembers().has(event.member.address)).toBe(true);
      seen.push(event);
    });
    peer.addSeed(other.address);
    await until(within(2).joinMs, "they find each other", () => seen.length === 1);
    expect(seen).toMatchObject([
      { kind: "joined", member: { address: other.address, status: "alive", meta: { name: "other" } } },
    ]);
    expect(seen[0]?.reason).toContain(other.address);
  });

  test("comes once for each change: joined, updated, left", async () => {
    const peer = await startPeer();
    const events = eventsOf(peer);
    const other = await startPeer({ seeds: [peer.address] });
    await until(within(2).joinMs, "it joins", () => agreed([peer, other]));
    other.updateMeta({ name: "new" });
    await until(within(2).updateMs, "it is updated", () => peer.getMembers().get(other.address)?.name === "new");
    await other.stop();
    await until(within(2).leaveMs, "it leaves", () => agreed([peer]));
    await throughout(within(2).crashMs, "nothing follows", () => events.length === 3);
    expect(events).toEqual(["joined", "updated", "left"].map((kind) => `${kind} ${other.address}`));
  });

  test("of the own metadata comes to the peer itself, before updateMeta returns, and once for equal ones", async () => {
    const peer = await startPeer();
    const events = eventsOf(peer);
    for (const name of ["a", "a", "b"]) peer.updateMeta({ name });
    expect(events).toEqual([`updated ${peer.address}`, `updated ${peer.address}`]);
  });

  test("of others does not come after stop", async () => {
    const peers = await startPeers(3);
    await until(within(3).joinMs, "they find each other", () => agreed(peers));
    const [first, second] = peers;
    await first.stop();
    const events = eventsOf(first);
    await second?.stop();
    expect(events).toEqual([]);
  });
});

describe("a listener", () => {
  function errorsLogged(): { errors: string[]; logger: Logger } {
    const errors: string[] = [];
    const ignore = (): void => undefined;
    return { errors, logger: { debug: ignore, info: ignore, warn: ignore, error: (_, text) => errors.push(text) } };
  }

  test("that throws is logged and harms nobody", async () => {
    const { errors, logger } = errorsLogged();
    const peer = await startPeer({ logger });
    peer.on("updated", () => {
      throw new Error("mine");
    });
    peer.updateMeta({ name: "a" });
    expect(errors).toEqual(['a listener of "updated" threw']);
    const other = await startPeer({ seeds: [peer.address] });
    await until(within(2).joinMs, "they find each other", () => agreed([peer, other]));
  });

  test("that is asynchronous and rejects is logged like one that throws, and the process lives on", async () => {
    const { errors, logger } = errorsLogged();
    const peer = await startPeer({ logger });
    const fail = async (): Promise<void> => {
      await Promise.resolve();
      throw new Error("mine");
    };
    peer.on("updated", () => fail()); // eslint-disable-line @typescript-eslint/no-misused-promises -- that is the point
    peer.updateMeta({ name: "a" });
    await until(within(1).updateMs, "it is logged", () => errors.length === 1);
    expect(errors).toEqual(['a listener of "updated" threw']);
  });

  test("that throws keeps the event from no other listener", async () => {
    const { errors, logger } = errorsLogged();
    const peer = await startPeer({ logger });
    peer.on("updated", () => {
      throw new Error("mine");
    });
    const events = eventsOf(peer);
    peer.updateMeta({ name: "a" });
    expect(errors).toHaveLength(1);
    expect(events).toEqual([`updated ${peer.address}`]);
  });

  test("that throws keeps the event from no remote watcher", async () => {
    const peer = await startPeer();
    peer.on("updated", () => {
      throw new Error("mine");
    });
    const remote = new RemotePeer(peer.address);
    const watched = remote.watch();
    await watched.next();
    peer.updateMeta({ name: "a" });
    peer.removeAllListeners("updated");
    const heard: unknown[] = [];
    void watched.next().then(({ value }) => heard.push(value));
    await until(within(1).updateMs, "the watcher hears it", () => heard.length === 1);
    expect(heard).toMatchObject([{ type: "event", event: { kind: "updated" } }]);
    remote.close();
  });

  test("may call back into the peer; what follows is announced afterwards, in order", async () => {
    const peer = await startPeer();
    const names: (string | undefined)[] = [];
    const dead = `127.0.0.1:${await freePort()}`;
    peer.on("updated", ({ member }) => {
      peer.addSeed(dead);
      if (member.meta.name === "a") peer.updateMeta({ name: "b" });
      if (member.meta.name === "b") peer.updateMeta({ name: "c" });
    });
    peer.on("updated", ({ member }) => names.push(member.meta.name));
    peer.updateMeta({ name: "a" });
    expect(names).toEqual(["a", "b", "c"]);
    expect(peer.getMembers().get(peer.address)).toEqual({ name: "c" });
  });

  test("may stop the peer", async () => {
    const peer = await startPeer();
    const stopped = new Promise<void>((resolve) => {
      peer.on("joined", () => {
        void peer.stop().then(resolve);
      });
    });
    const other = await startPeer({ seeds: [peer.address] });
    await inTime(STOP_MS, "the peer stops", stopped);
    await until(within(2).crashMs, "it is gone", () => !list(other).includes(peer.address));
  });
});
