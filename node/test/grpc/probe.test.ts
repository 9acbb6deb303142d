// Peers that ask each other, over real connections, whether a third one answers.
import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import type { Peer } from "../../src/index.js";
import { agreed, eventsOf, freePort, startPeer, startPeers, within } from "../support/peers.js";
import { listenSilently, portOf, Way } from "../support/tcp.js";
import { throughout, until } from "../support/wait.js";
import { call } from "../support/wire.js";

/** Asks `helper` for `target` in the name of `sender`. */
function probe(helper: Peer, sender: string, target: string, change: object = {}): Promise<Record<string, unknown>> {
  const request = { cluster: "default", recipient: helper.address, sender, target, ...change };
  return call(helper.address, "GossipService", "Probe", request);
}

/** Within this an answer that waits for nobody is there, on a machine that is busy with other tests. */
const SOON_MS = 10_000;

const UNTRIED = { untried: true };

/** Has a peer list that address, as its owner would by an exchange. */
async function exchangeAsMember(peer: Peer, address: string): Promise<void> {
  const own = { address, generation: "1", incarnation: "0", status: "STATUS_ALIVE" };
  const request = { cluster: "default", recipient: peer.address, sender: address, records: [own] };
  await call(peer.address, "GossipService", "Exchange", request);
  expect(peer.getMembers().has(address)).toBe(true);
}

describe("among three peers a probe", () => {
  async function three(): Promise<[Peer, Peer, Peer]> {
    const peers = (await startPeers(3)) as [Peer, Peer, Peer];
    await until(within(3).joinMs, "they find each other", () => agreed(peers));
    return peers;
  }

  test("of one that lives reaches it", async () => {
    const [sender, helper, target] = await three();
    await expect(probe(helper, sender.address, target.address)).resolves.toEqual({ reached: true });
  });

  test("of the one that is asked reaches it", async () => {
    const [sender, helper] = await three();
    await expect(probe(helper, sender.address, helper.address)).resolves.toEqual({ reached: true });
  });

  test.each<[string, () => Promise<string>]>([
    ["a dead port", async () => `127.0.0.1:${await freePort()}`],
    ["one who keeps silent", listenSilently],
    ["a name that nobody knows", () => Promise.resolve("nobody.invalid:7946")],
  ])("of %s, which is no member, is answered at once and dials nobody", async (_, target) => {
    const peers = await three();
    const [sender, helper] = peers;
    const events = peers.map(eventsOf);
    await expect(probe(helper, sender.address, await target())).resolves.toEqual(UNTRIED);
    expect(agreed(peers)).toBe(true);
    expect(events.flat()).toEqual([]);
  });

  test("of a member that keeps silent does not reach it", async () => {
    const peers = await three();
    const [, helper] = peers;
    const silent = await listenSilently();
    await exchangeAsMember(helper, silent);
    await expect(probe(helper, silent, silent)).resolves.toEqual({});
  });

  test("of one that left is not tried", async () => {
    const [sender, helper, target] = await three();
    await target.stop();
    await until(within(3).leaveMs, "the leave is known", () => agreed([sender, helper]));
    await expect(probe(helper, sender.address, target.address)).resolves.toEqual(UNTRIED);
  });

  test.each<[string, object, RegExp]>([
    ["another cluster", { cluster: "theirs" }, /"default", not "theirs"/],
    ["another recipient", { recipient: "b:1" }, /, not b:1$/],
  ])("for %s is refused with FAILED_PRECONDITION that names both", async (_, change, details) => {
    const [sender, helper, target] = await three();
    await expect(probe(helper, sender.address, target.address, change)).rejects.toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringMatching(details),
    });
  });

  test.each<[string, object, RegExp]>([
    ["no target", { target: "" }, /^target: /],
    ["a target that is no address", { target: "nowhere" }, /^target: .*no port/],
    ["no sender", { sender: "" }, /^sender: /],
    ["no cluster", { cluster: "" }, /^cluster /],
  ])("with %s is refused with INVALID_ARGUMENT that names it", async (_, change, details) => {
    const [sender, helper, target] = await three();
    await expect(probe(helper, sender.address, target.address, change)).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(details),
    });
  });

  test("by a stranger is answered, and the stranger stays one", async () => {
    const peers = await three();
    const [, helper, target] = peers;
    const stranger = `127.0.0.1:${await freePort()}`;
    await expect(probe(helper, stranger, target.address)).resolves.toEqual({ reached: true });
    await throughout(within(3).joinMs, "nobody lists the stranger", () => agreed(peers));
  });
});

test("of very many probes at once each is answered", async () => {
  const helper = await startPeer({ exchangeTimeoutMs: 30_000, minTimeoutMs: 30_000 });
  const way = new Way();
  const target = await way.leadTo(portOf(await listenSilently()));
  await exchangeAsMember(helper, target);
  const answers: Record<string, unknown>[] = [];
  const probes = Array.from({ length: 80 }, async () => answers.push(await probe(helper, "127.0.0.1:1", target)));
  // Of 64 at a time it finds out something; the others are told at once that it has not tried.
  await until(SOON_MS, "the others are answered", () => answers.length === 80 - 64);
  expect(answers).toEqual(answers.map(() => UNTRIED));
  way.hangUp();
  await Promise.all(probes);
  expect(answers.slice(80 - 64)).toEqual(Array.from({ length: 64 }, () => ({})));
});
