import { expect, test } from "@jest/globals";
import { RemotePeer } from "gossip-peer";
import { Counters } from "../src/cluster/counters.js";
import { openProcesses } from "../src/cluster/processes/open.js";
import { everyoneSees } from "../src/view/views.js";
import { encodedView, peerThatSays } from "./support/impostors.js";

const OPTIONS = {
  seed: 1,
  peers: 3,
  started: [1, 2, 3],
  seedsOf: (number: number) => (number === 1 ? [] : [1]),
  timing: { pingPeriodMs: 100 },
  network: {},
} as unknown as Parameters<typeof openProcesses>[0];

test("what real peers sent is added up over their lives, but for one that was frozen when it was killed", async () => {
  await using cluster = await openProcesses(OPTIONS);
  expect(await cluster.until(everyoneSees, cluster.budgets.joinMs)).toBe(true);
  const first = await cluster.traffic();
  expect(first.map(({ peer, unread }) => [peer, unread])).toEqual([
    [1, 0],
    [2, 0],
    [3, 0],
  ]);
  for (const { messages, bytes, forMs } of first) {
    expect(messages).toBeGreaterThan(0);
    expect(bytes).toBeGreaterThan(messages);
    expect(forMs).toBeGreaterThan(0);
  }

  await cluster.apply({ kind: "restart", peer: 2 });
  for (const kind of ["pause", "kill", "start"] as const) await cluster.apply({ kind, peer: 3 });
  expect(await cluster.until(everyoneSees, cluster.budgets.joinMs)).toBe(true);
  const second = await cluster.traffic();
  expect(second.map(({ unread }) => unread)).toEqual([0, 0, 1]);
  for (const [at, { messages, forMs }] of second.entries()) {
    expect(messages).toBeGreaterThan(first[at]?.messages ?? Infinity);
    expect(forMs).toBeGreaterThan(first[at]?.forMs ?? Infinity);
  }
});

test("a peer that publishes nothing is left out, and one that does not answer has a life of which nothing is known", async () => {
  await using other = await peerThatSays((own) => encodedView(own, [own]));
  const counters = new Counters();
  const peers = [other.address, "127.0.0.1:1"].map((address, at) => ({
    number: at + 1,
    state: "running" as const,
    remote: new RemotePeer(address),
  }));
  expect(await counters.sums(peers)).toEqual([{ peer: 2, messages: 0, bytes: 0, forMs: 0, unread: 1 }]);
  for (const { remote } of peers) remote.close();
});
