// What a peer makes of connections that close: a strong hint that the other is gone, and no more than that.
import { describe, expect, test } from "@jest/globals";
import type { Peer } from "../src/index.js";
import { createAuthority, set, SetOnDisk } from "./support/certificates.js";
import { agreed, eventsOf, list, membersAt, PERIOD_MS, startPeer, views } from "./support/peers.js";
import { startPeerProgram, variablesOf, type PeerProgram } from "./support/programs.js";
import { startBehind } from "./support/servers.js";
import { Way } from "./support/tcp.js";
import { throughout, until } from "./support/wait.js";

/** A period so long that a test is over before anybody's second turn is likely, and no suspicion runs out. */
const QUIET = { pingPeriodMs: 3_600_000, tombstoneTtlMs: 36_000_000 };
/** The bound of what needs no period to pass, on a machine that is busy. */
const SOON_MS = 10_000;

async function joined(peers: readonly Peer[]): Promise<void> {
  await until(
    SOON_MS,
    () => views(peers),
    () => agreed(peers),
  );
}

describe("a peer that is killed", () => {
  /** A process that is the seed of so many peers in this one, so that each of them holds a connection to it. */
  async function seeded(count: number): Promise<[PeerProgram, Peer[]]> {
    const program = await startPeerProgram(variablesOf(QUIET));
    const peers: Peer[] = [];
    // One after the other: what a crowd of newcomers misses of each other is left to the periodic exchange.
    while (peers.length < count) {
      peers.push(await startPeer({ seeds: [program.address], ...QUIET }));
      const all = [program.address, ...peers.map(({ address }) => address)].sort().join();
      const seen = async (): Promise<string> =>
        (await membersAt(program.address))
          .map(({ address }) => address)
          .sort()
          .join();
      await until(
        SOON_MS,
        () => views(peers),
        async () => peers.every((peer) => list(peer).join() === all) && (await seen()) === all,
      );
    }
    return [program, peers];
  }

  test.each([1, 2, 4, 7])(
    "is removed by the %d others long before a suspicion runs out, because its connections closed",
    async (count) => {
      const [killed, others] = await seeded(count);
      const events = others.map(eventsOf);
      killed.child.kill("SIGKILL");
      await joined(others);
      for (const seen of events)
        expect(seen.filter((event) => event.startsWith("failed"))).toEqual([`failed ${killed.address}`]);
      for (const seen of events) expect(seen.every((event) => event.endsWith(killed.address))).toBe(true);
    },
  );

  test.each(["plain text", "TLS"])(
    "is removed as soon by those to whom it alone has opened connections, in %s",
    async (spoken) => {
      const authority = await createAuthority();
      const tls = spoken === "TLS" ? await set(authority, { ips: ["127.0.0.1"] }) : undefined;
      // The one has no turn in which it would dial, and nobody to tell what is new.
      const peer = await startPeer({ ...QUIET, ...(tls && { tls }) });
      const killed = await startPeerProgram({
        ...variablesOf({ ...QUIET, pingPeriodMs: PERIOD_MS }),
        ...(tls && new SetOnDisk(tls, tls.ca).variables),
        GOSSIP_SEEDS: peer.address,
      });
      await until(SOON_MS, "they find each other", () => list(peer).length === 2);
      killed.child.kill("SIGKILL");
      await joined([peer]);
    },
  );

  test("is not removed so soon where nobody is to heed its connections", async () => {
    const options = { ...QUIET, indirectProbes: 0 };
    const program = await startPeerProgram(variablesOf(options));
    const peer = await startPeer({ seeds: [program.address], ...options });
    await until(SOON_MS, "they find each other", () => list(peer).length === 2);
    await throughout(300, "they are at rest", () => list(peer).length === 2);
    const events = eventsOf(peer);
    program.child.kill("SIGKILL");
    await throughout(
      1000,
      () => events.join(),
      () => list(peer).length === 2,
    );
  });
});

describe("a peer that lives and whose connections are closed", () => {
  test("is dialled anew by those who had them, and nothing else comes of it", async () => {
    const way = new Way();
    const proxied = await startBehind(way, QUIET);
    const others: Peer[] = [];
    while (others.length < 3) {
      others.push(await startPeer({ seeds: [proxied.address], ...QUIET }));
      await joined([proxied, ...others]);
    }
    const peers = [proxied, ...others];
    const events = peers.map(eventsOf);
    for (let times = 0; times < 3; times++) {
      // What is under way when its connection closes is another matter.
      await throughout(300, "they are at rest", () => agreed(peers));
      const before = way.connections;
      way.hangUp();
      await until(SOON_MS, "they dial anew", () => way.connections >= before + others.length);
    }
    await throughout(
      1000,
      () => `${events.join("; ")} ${views(peers)}`,
      () => agreed(peers) && events.flat().length === 0,
    );
    expect(way.open).toBe(others.length);
  });

  // Skipped: fails now and then, since whoever waits for an answer then accuses at once, and as many as are needed to
  // remove it may have done so before its first answer over a fresh connection.
  test("while exchanges are under way on them may be suspected, and is removed by nobody", async () => {
    const way = new Way();
    const proxied = await startBehind(way);
    const others = await Promise.all([1, 2, 3].map(() => startPeer({ seeds: [proxied.address] })));
    const peers = [proxied, ...others];
    await joined(peers);
    const events = peers.map(eventsOf);
    const stays = (durationMs: number): Promise<void> =>
      throughout(
        durationMs,
        () => `${events.join("; ")} ${views(peers)}`,
        () => agreed(peers),
      );
    for (let times = 0; times < 3; times++) {
      way.cut();
      await stays(2 * PERIOD_MS); // now most of them wait for an answer
      way.hangUp();
      way.heal();
      await stays(10 * PERIOD_MS);
    }
    const kinds = events.flat().map((event) => event.split(" ")[0]);
    expect(kinds.filter((kind) => kind === "suspected").length).toBe(
      kinds.filter((kind) => kind === "recovered").length,
    );
  });
});
