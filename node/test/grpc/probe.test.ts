// Peers that ask each other, over real connections, whether a third one answers.
import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import type { Peer } from "../../src/index.js";
import { agreed, eventsOf, freePort, startPeer, startPeers, within } from "../support/peers.js";
import { listenSilently, listenTcp } from "../support/tcp.js";
import { throughout, until } from "../support/wait.js";
import { call } from "../support/wire.js";

/** Asks `helper` for `target` in the name of `sender`. */
function probe(helper: Peer, sender: string, target: string, change: object = {}): Promise<Record<string, unknown>> {
  const request = { cluster: "default", recipient: helper.address, sender, target, ...change };
  return call(helper.address, "GossipService", "Probe", request);
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
    ["one who hangs up", () => listenTcp((socket) => socket.destroy())],
    ["one who keeps silent", listenSilently],
    ["a name that nobody knows", () => Promise.resolve("nobody.invalid:7946")],
  ])("of %s does not reach it, which makes it nobody's member", async (_, target) => {
    const peers = await three();
    const [sender, helper] = peers;
    const events = peers.map(eventsOf);
    await expect(probe(helper, sender.address, await target())).resolves.toEqual({ reached: false });
    expect(agreed(peers)).toBe(true);
    expect(events.flat()).toEqual([]);
  });

  test("of one that left does not reach it", async () => {
    const [sender, helper, target] = await three();
    await target.stop();
    await until(within(3).leaveMs, "the leave is known", () => agreed([sender, helper]));
    await expect(probe(helper, sender.address, target.address)).resolves.toEqual({ reached: false });
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
  const helper = await startPeer();
  const target = await listenSilently();
  const probes = Array.from({ length: 80 }, () => probe(helper, "127.0.0.1:1", target));
  const answers = await Promise.all(probes);
  expect(answers).toEqual(probes.map(() => ({ reached: false })));
});
