import { describe, expect, test } from "@jest/globals";
import type { Peer } from "../src/index.js";
import {
  agreed,
  eventsOf,
  list,
  membersAt,
  PERIOD_MS,
  PLAIN,
  startPeer,
  startPeers,
  views,
  within,
} from "./support/peers.js";
import { startPeerProgram, variablesOf, type PeerProgram } from "./support/programs.js";
import { startBehind } from "./support/servers.js";
import { Way } from "./support/tcp.js";
import { throughout, until } from "./support/wait.js";

const lists = (peer: Peer, { address }: { address: string }): boolean => peer.getMembers().has(address);

/** Peers in this process, and one in a process of its own that can be killed and frozen; all know each other. */
async function clusterOf(count: number, timing: Partial<typeof PLAIN> = {}): Promise<[PeerProgram, Peer[]]> {
  const program = await startPeerProgram({ GOSSIP_META_NAME: "old", ...variablesOf(timing) });
  const peers = await Promise.all(
    Array.from({ length: count - 1 }, () => startPeer({ seeds: [program.address], ...timing })),
  );
  await until(
    within(count, timing).joinMs,
    () => views(peers),
    async () =>
      peers.every((peer) => list(peer).length === count) && (await membersAt(program.address)).length === count,
  );
  return [program, peers];
}

describe("a crash", () => {
  test("of the first seed is noticed by all eleven within ten periods under the plain rule, and they keep each other", async () => {
    const [seed, survivors] = await clusterOf(11, PLAIN);
    const events = survivors.map(eventsOf);
    // Each has then talked to each, so that no connection has still to be made by this one process.
    await throughout(
      11 * PERIOD_MS,
      () => views(survivors),
      () => survivors.every((peer) => list(peer).length === 11),
    );
    seed.child.kill("SIGKILL");
    await until(
      10 * PERIOD_MS,
      () => views(survivors),
      () => agreed(survivors),
    );
    expect(events).toEqual(survivors.map(() => [`failed ${seed.address}`]));
  });

  test("is noticed within the budget under default detection, suspected first, and nobody comes back by rumour", async () => {
    const [seed, survivors] = await clusterOf(5);
    const events = survivors.map(eventsOf);
    seed.child.kill("SIGKILL");
    const removed = new Set<Peer>();
    const neverAgain = (): boolean => {
      for (const peer of survivors) if (!lists(peer, seed)) removed.add(peer);
      return [...removed].every((peer) => !lists(peer, seed));
    };
    await until(
      within(5).crashMs,
      () => views(survivors),
      () => neverAgain() && agreed(survivors),
    );
    await throughout(
      within(5).crashMs,
      () => views(survivors),
      () => neverAgain() && agreed(survivors),
    );
    for (const seen of events) expect(seen.at(-1)).toBe(`failed ${seed.address}`);
    for (const seen of events) expect(seen.filter((event) => event.startsWith("failed"))).toHaveLength(1);
    expect(events.flat().some((event) => event === `suspected ${seed.address}`)).toBe(true);
  });

  test("of all others leaves the last with itself", async () => {
    const [seed, survivors] = await clusterOf(2);
    seed.child.kill("SIGKILL");
    await until(
      within(2).crashMs,
      () => views(survivors),
      () => agreed(survivors),
    );
  });

  test("and a restart on the same address bring it back everywhere, and the old metadata are not shown again", async () => {
    const [seed, survivors] = await clusterOf(4);
    seed.child.kill("SIGKILL");
    await until(
      within(4).crashMs,
      () => views(survivors),
      () => agreed(survivors),
    );
    const nameAt = (peer: Peer): string | undefined => peer.getMembers().get(seed.address)?.name;
    const again = await startPeerProgram({
      GOSSIP_ADDRESS: seed.address,
      GOSSIP_SEEDS: survivors[0]?.address ?? "",
      GOSSIP_META_NAME: "new",
    });
    expect(again.address).toBe(seed.address);
    const neverOld = (): boolean => survivors.every((peer) => nameAt(peer) !== "old");
    await until(
      within(4).healMs,
      () => views(survivors),
      () => neverOld() && survivors.every((peer) => nameAt(peer) === "new"),
    );
    await throughout(
      within(4).joinMs,
      () => views(survivors),
      () => survivors.every((peer) => nameAt(peer) === "new"),
    );
  });
});

describe("a peer that is frozen", () => {
  test("is removed though its connections are open, removes nobody when it runs again, and is back with no help", async () => {
    const [frozen, others] = await clusterOf(4);
    frozen.child.kill("SIGSTOP");
    await until(
      within(4).silenceMs,
      () => views(others),
      () => agreed(others),
    );
    frozen.child.kill("SIGCONT");
    await until(
      within(4).healMs,
      () => views(others),
      () => others.every((peer) => list(peer).length === 4),
    );
    await throughout(
      within(4).joinMs,
      () => views(others),
      () => others.every((peer) => list(peer).length === 4),
    );
    const removedByIt = frozen.log().filter(({ msg }) => String(msg).startsWith("removed "));
    expect(removedByIt).toEqual([]);
  });

  test("together with all others for longer than any deadline, as on a starved machine, removes nobody", async () => {
    const peers = await startPeers(4);
    await until(within(4).joinMs, "they find each other", () => agreed(peers));
    const events = peers.map(eventsOf);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, within(4).silenceMs);
    const failures = (): string[] => events.flat().filter((event) => event.startsWith("failed"));
    await throughout(
      within(4).silenceMs,
      () => failures().join(),
      () => failures().length === 0,
    );
    expect(agreed(peers)).toBe(true);
  });
});

describe("a partition", () => {
  test("removes the other side on both sides, and heals with no addSeed", async () => {
    const ways = [new Way(), new Way()];
    const [left, right] = (await Promise.all(ways.map((way) => startBehind(way)))) as [Peer, Peer];
    left.addSeed(right.address);
    await until(within(2).joinMs, "they find each other", () => agreed([left, right]));
    for (const way of ways) way.cut();
    await until(
      within(2).silenceMs,
      () => views([left, right]),
      () => agreed([left]) && agreed([right]),
    );
    await throughout(
      within(2).silenceMs,
      () => views([left, right]),
      () => agreed([left]) && agreed([right]),
    );
    for (const way of ways) way.heal();
    await until(
      within(2).healMs,
      () => views([left, right]),
      () => agreed([left, right]),
    );
  });
});

describe("a leave", () => {
  test("is known to all without waiting for detection, and is told apart from a failure", async () => {
    const peers = await startPeers(6);
    const [leaver, ...others] = peers;
    await until(within(6).joinMs, "they find each other", () => agreed(peers));
    const events = others.map(eventsOf);
    await leaver.stop();
    await until(
      within(6).leaveMs,
      () => views(others),
      () => agreed(others),
    );
    await throughout(
      within(6).crashMs,
      () => events.join(),
      () => agreed(others),
    );
    // A peer that asks it just then, before having heard the goodbye, may suspect it; nobody takes it for failed.
    const ends = events.map((seen) => seen.filter((event) => !event.startsWith("suspected")));
    expect(ends).toEqual(others.map(() => [`left ${leaver.address}`]));
  });

  test("is no obstacle to a return on the same address", async () => {
    const peers = await startPeers(3);
    const [leaver, ...others] = peers;
    await until(within(3).joinMs, "they find each other", () => agreed(peers));
    await leaver.stop();
    const again = await startPeer({ address: leaver.address, seeds: others.map(({ address }) => address) });
    await until(
      within(3).joinMs,
      () => views([...others, again]),
      () => agreed([...others, again]),
    );
  });

  test("of all but one leaves the last with itself", async () => {
    const peers = await startPeers(4);
    const [last, ...leavers] = peers;
    await until(within(4).joinMs, "they find each other", () => agreed(peers));
    await Promise.all(leavers.map((peer) => peer.stop()));
    await until(
      within(4).crashMs,
      () => views([last]),
      () => agreed([last]),
    );
  });
});
