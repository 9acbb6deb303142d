import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import type { Peer } from "../../src/index.js";
import { RemotePeer } from "../../src/index.js";
import { freePort, list, membersAt, peerOf, startPeer } from "../support/peers.js";
import { call } from "../support/wire.js";

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

/** It answers still, and knows nobody it did not know. */
async function livesOn(peer: Peer): Promise<void> {
  expect(list(peer)).toEqual([peer.address]);
  const shown = await call(peer.address, "MembershipService", "GetMembers", {});
  expect(shown).toMatchObject({ address: peer.address, members: [{ address: peer.address }] });
}

describe("over a real connection", () => {
  test.each<[string, object, RegExp]>([
    ["an empty message", {}, /cluster/],
    ["no cluster", request({ cluster: "" }), /cluster/],
    ["a sender that is no address", request({ sender: "nowhere" }), /sender/],
    ["a record without generation", request({ records: [record({ generation: "0" })] }), /records\[0\]\.generation/],
    ["a generation above all", request({ records: [record({ generation: "18446744073709551615" })] }), /generation/],
    ["a record without status", request({ records: [record({ status: 0 })] }), /records\[0\]\.status/],
    ["a status nobody knows", request({ records: [record({ status: 77 })] }), /records\[0\]\.status/],
    [
      "too much metadata",
      request({ records: [record({ meta: { name: "n".repeat(200) } })] }),
      /records\[0\]\.meta: name/,
    ],
    ["a record among good ones", request({ records: [record(), record({ address: "?" })] }), /records\[1\]\.address/],
    ["too many records", request({ records: Array<object>(1001).fill(record()) }), /records has 1001/],
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

  test("a full message is answered: a thousand records with as much metadata as may be", async () => {
    const peer = await startPeer({ pingPeriodMs: 300_000, exchangeTimeoutMs: 500 }); // it dials none of them meanwhile
    const tags = { t: "v".repeat(1024 - 1 - 128) };
    const records = Array.from({ length: 1000 }, (_, at) =>
      record({ address: `127.0.0.1:${at + 1}`, meta: { name: "n".repeat(128), tags } }),
    );
    const reply = await exchange(peer, request({ sender: "127.0.0.1:1", records }));
    expect(reply["records"]).toHaveLength(1000);
    expect(list(peer)).toHaveLength(1001);
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

  test("that fall too far behind are sent away with RESOURCE_EXHAUSTED, and the peer lives on", async () => {
    const peer = await startPeer();
    const remote = new RemotePeer(peer.address);
    try {
      const watched = remote.watch();
      await watched.next();
      for (let at = 0; at < 10_100; at++) peer.updateMeta({ name: `v${at}` });
      const seenToTheEnd = async (): Promise<void> => {
        while ((await watched.next()).done !== true);
      };
      await expect(seenToTheEnd()).rejects.toThrow(/RESOURCE_EXHAUSTED.*10000 events behind/);
      await livesOn(peer);
    } finally {
      remote.close();
    }
  });
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
