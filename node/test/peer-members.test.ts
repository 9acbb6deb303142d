import { describe, expect, test } from "@jest/globals";
import type { Peer, PeerMeta } from "../src/index.js";
import { agreed, eventsOf, list, startPeer, startPeers, views, within } from "./support/peers.js";
import { throughout, until } from "./support/wait.js";

const metaOf = (seer: Peer, seen: Peer): PeerMeta | undefined => seer.getMembers().get(seen.address);

describe("a peer alone", () => {
  test("lists itself, with empty metadata before any is set", async () => {
    const peer = await startPeer();
    expect([...peer.getMembers()]).toEqual([[peer.address, {}]]);
  });

  test("shows what it says of itself at once", async () => {
    const peer = await startPeer();
    peer.updateMeta({ name: "alice", tags: { zone: "a" } });
    expect(metaOf(peer, peer)).toEqual({ name: "alice", tags: { zone: "a" } });
    peer.updateMeta({});
    expect(metaOf(peer, peer)).toEqual({});
  });

  test("refuses metadata that no peer would accept, and goes on with what it had", async () => {
    const peer = await startPeer({ meta: { name: "before" } });
    expect(() => {
      peer.updateMeta({ name: "n".repeat(129) });
    }).toThrow(expect.objectContaining({ code: "invalid-meta", message: expect.stringMatching(/129 bytes/) }));
    expect(metaOf(peer, peer)).toEqual({ name: "before" });
  });
});

describe("joining", () => {
  test("makes the seeded side know the seeder, with no seed of its own", async () => {
    const seeded = await startPeer({ meta: { name: "seeded" } });
    const seeder = await startPeer({ meta: { name: "seeder" }, seeds: [seeded.address] });
    await until(within(2).joinMs, "they find each other", () => agreed([seeded, seeder]));
    expect(metaOf(seeded, seeder)).toEqual({ name: "seeder" });
    expect(metaOf(seeder, seeded)).toEqual({ name: "seeded" });
  });

  // A hundred and more connections are made by this one process, so the period is long enough that they do not set the pace.
  const pingPeriodMs = 200;

  test("through one is enough: 1 + 10 peers know each other within ten periods", async () => {
    const peers = await Promise.all(Array.from({ length: 11 }, () => startPeer({ pingPeriodMs })));
    const [first, ...others] = peers;
    for (const other of others) other.addSeed(first?.address ?? "");
    await until(
      10 * pingPeriodMs,
      () => views(peers),
      () => agreed(peers),
    );
  });

  test("along a chain of 16 seeds is enough too", async () => {
    const peers = await Promise.all(Array.from({ length: 16 }, () => startPeer({ pingPeriodMs })));
    for (const [at, peer] of peers.entries()) peer.addSeed(peers[Math.max(0, at - 1)]?.address ?? "");
    await until(
      10 * pingPeriodMs,
      () => views(peers),
      () => agreed(peers),
    );
  });

  test("of two groups by one link between any two peers merges them completely; before it they are exactly apart", async () => {
    const [left, right] = await Promise.all([startPeers(3), startPeers(3)]);
    await until(within(3).joinMs, "each group finds itself", () => agreed(left) && agreed(right));
    await throughout(within(6).joinMs, "the groups are apart", () => agreed(left) && agreed(right));
    left[2]?.addSeed(right[1]?.address ?? "");
    const all = [...left, ...right];
    await until(
      within(6).joinMs,
      () => views(all),
      () => agreed(all),
    );
  });

  test("of peers of different clusters does not happen", async () => {
    const blue = await startPeer({ cluster: "blue" });
    const green = await startPeer({ cluster: "green", seeds: [blue.address] });
    await throughout(within(2).joinMs, "each is alone", () => list(blue).length === 1 && list(green).length === 1);
  });
});

describe("metadata", () => {
  test.each(["the seeded", "the seeding"])(
    "set again and again by %s side end as the newest everywhere",
    async (side) => {
      const peers = await startPeers(5);
      const teller = side === "the seeded" ? peers[0] : (peers[4] ?? peers[0]);
      await until(within(5).joinMs, "they find each other", () => agreed(peers));
      for (let version = 1; version <= 50; version++) {
        teller.updateMeta({ name: `v${version}`, tags: { version: String(version) } });
        if (version % 10 === 0) {
          const name = `v${version}`;
          await until(within(5).updateMs, name, () =>
            peers.some((peer) => peer !== teller && metaOf(peer, teller)?.name === name),
          );
        }
      }
      const newest = (): boolean => peers.every((peer) => metaOf(peer, teller)?.name === "v50");
      await until(within(5).updateMs, "all know the newest", newest);
      await throughout(within(5).updateMs, "nobody goes back", newest);
    },
  );

  test("of several peers set at the same time all arrive", async () => {
    const peers = await startPeers(4);
    await until(within(4).joinMs, "they find each other", () => agreed(peers));
    for (const [at, peer] of peers.entries()) peer.updateMeta({ name: `new ${at}` });
    await until(within(4).updateMs, "all know all", () =>
      peers.every((seer) => peers.every((seen, at) => metaOf(seer, seen)?.name === `new ${at}`)),
    );
  });

  test("of any script and with any tag arrive as they were set", async () => {
    const name = "Zoë 節点 😀";
    const tags = JSON.parse('{"a b":"\\n","zone":"","__proto__":"x"}') as Record<string, string>;
    const peers = await startPeers(2);
    peers[0].updateMeta({ name, tags });
    await until(within(2).joinMs, "the other hears it", () => metaOf(peers[1] ?? peers[0], peers[0])?.name === name);
    const heard = metaOf(peers[1] ?? peers[0], peers[0]);
    expect(Object.entries(heard?.tags ?? {}).sort()).toEqual(Object.entries(tags).sort());
  });
});

describe("getMembers", () => {
  test("has all in the order of their addresses, which is the same at every peer", async () => {
    const peer = await startPeer({ address: "127.0.0.1:0" });
    const others: Peer[] = [];
    while (others.length < 3) {
      const newcomer = await startPeer({ seeds: [peer.address] });
      others.push(newcomer);
      await until(within(4).joinMs, "it is listed", () => list(peer).includes(newcomer.address));
    }
    others[0]?.updateMeta({ name: "renamed" });
    const isRenamed = (): boolean => [...peer.getMembers().values()].some(({ name }) => name === "renamed");
    await until(within(4).updateMs, "the change is known", isRenamed);
    await until(within(4).joinMs, "all list all", () => agreed([peer, ...others]));
    const order = [peer, ...others].map(({ address }) => address).sort();
    for (const each of [peer, ...others]) {
      expect([...each.getMembers().keys()]).toEqual(order);
      expect(each.getView().map(({ address }) => address)).toEqual(order);
    }
  });

  test("is a snapshot: changing it, or what was handed in, changes nothing inside", async () => {
    const given = { name: "mine", tags: { zone: "a" } };
    const peer = await startPeer({ meta: given });
    given.name = "changed";
    given.tags.zone = "changed";
    const members = peer.getMembers() as Map<string, PeerMeta>;
    attempt(() => Object.assign(members.get(peer.address) ?? {}, { name: "changed" }));
    attempt(() => Object.assign(members.get(peer.address)?.tags ?? {}, { zone: "changed" }));
    members.clear();
    expect([...peer.getMembers()]).toEqual([[peer.address, { name: "mine", tags: { zone: "a" } }]]);
  });

  test("does not change after it was returned", async () => {
    const peer = await startPeer({ meta: { name: "before" } });
    const members = peer.getMembers();
    peer.updateMeta({ name: "after" });
    expect(members.get(peer.address)).toEqual({ name: "before" });
  });

  test("shows public metadata only, not the record", async () => {
    const peers = await startPeers(2);
    await until(within(2).joinMs, "they find each other", () => agreed(peers));
    for (const meta of peers[0].getMembers().values()) expect(Object.keys(meta)).toEqual(["name"]);
  });

  test("and what getView hands out cannot be used to change anything inside either", async () => {
    const peer = await startPeer();
    for (const member of peer.getView())
      attempt(() => Object.assign(member, { status: "failed", address: "changed:1" }));
    expect(peer.getView()).toMatchObject([{ address: peer.address, status: "alive" }]);
    expect(agreed([peer])).toBe(true);
  });

  test("nor what an event hands out", async () => {
    const peer = await startPeer();
    peer.on("updated", ({ member }) => {
      attempt(() => Object.assign(member, { status: "left", address: "changed:1" }));
    });
    peer.updateMeta({ name: "new" });
    expect(peer.getView()).toMatchObject([{ address: peer.address, status: "alive" }]);
    expect(agreed([peer])).toBe(true);
  });
});

test("while all are healthy and idle nothing changes: not one event", async () => {
  const peers = await startPeers(5);
  await until(within(5).joinMs, "they find each other", () => agreed(peers));
  const events = peers.map(eventsOf);
  await throughout(
    2 * within(5).crashMs,
    () => events.join("; "),
    () => events.flat().length === 0,
  );
  expect(agreed(peers)).toBe(true);
});

test("with fewer connections than members nobody is suspected", async () => {
  const peers = await startPeers(5, { maxConnections: 1 });
  await until(within(5).joinMs, "they find each other", () => agreed(peers));
  const events = peers.map(eventsOf);
  await throughout(
    within(5).crashMs,
    () => events.join("; "),
    () => events.flat().length === 0,
  );
});

/** What is handed out may be frozen, so that changing it throws. */
function attempt(change: () => void): void {
  try {
    change();
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
  }
}
