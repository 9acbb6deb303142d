import { Server } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import type { Logger, Peer, PeerOptions } from "../src/index.js";
import { agreed, freePort, list, peerOf, startPeer, startPeers, views, within } from "./support/peers.js";
import { listen } from "./support/servers.js";
import { listenTcp } from "./support/tcp.js";
import { throughout, until } from "./support/wait.js";

/** A logger that keeps the texts of its warnings. */
function keeper(): { logger: Logger; warnings: string[] } {
  const warnings: string[] = [];
  const nothing = (): void => undefined;
  const logger = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (_: object, text: string) => warnings.push(text),
  };
  return { logger, warnings };
}

const stateOf = ({ state }: Peer): string => `${state.name} ${state.reason}`;

/** Waits until the state, name and reason, matches. */
async function reaches(peer: Peer, state: RegExp, budgetMs = within(4).silenceMs): Promise<void> {
  await until(
    budgetMs,
    () => `${String(state)}: ${stateOf(peer)}`,
    () => state.test(stateOf(peer)),
  );
}

describe("the state of a peer", () => {
  test("is new before run(), starting during it, and stopped after stop(); each change is an event", async () => {
    const peer = peerOf();
    const seen: string[] = [];
    peer.on("state", ({ name }) => seen.push(name));
    expect(peer.state).toEqual({ name: "new", reason: "" });
    await peer.run();
    await peer.stop();
    expect(peer.state).toEqual({ name: "stopped", reason: "" });
    expect(seen).toEqual(["starting", "alone", "leaving", "stopped"]);
  });

  test("is stopped, and says why, where the peer cannot listen", async () => {
    const { address } = await startPeer();
    const peer = peerOf({ address });
    await expect(peer.run()).rejects.toThrow(/EADDRINUSE/);
    expect(stateOf(peer)).toMatch(/^stopped .*EADDRINUSE/);
  });

  test("is alone without others, and joined with them", async () => {
    const [one, two] = [await startPeer(), await startPeer()];
    expect(one.state.name).toBe("alone");
    one.addSeed(two.address);
    await Promise.all([reaches(one, /^joined /), reaches(two, /^joined /)]);
  });
});

describe("a peer that cannot join says why, in its state and in one warning", () => {
  const seeds: Record<string, { seed: () => Promise<string>; why: RegExp }> = {
    "nobody listens": { seed: async () => `127.0.0.1:${await freePort()}`, why: /ECONNREFUSED/ },
    "the name is not known": { seed: () => Promise.resolve("nobody.invalid:7946"), why: /its name has no address/ },
    "the seed is of another cluster": {
      seed: async () => (await startPeer({ cluster: "other" })).address,
      why: /of the cluster "other", not "default"/,
    },
    "the seed does not speak gRPC": {
      seed: () => listenTcp((socket) => socket.end("220 ready\r\n")),
      why: /UNAVAILABLE|INTERNAL/,
    },
    "the seed is a gRPC server of another kind": { seed: () => listen(new Server()), why: /UNIMPLEMENTED/ },
  };

  test.each(Object.keys(seeds))("where %s", async (kind) => {
    const { seed = () => Promise.resolve(""), why = /./ } = seeds[kind] ?? {};
    const { logger, warnings } = keeper();
    const address = await seed();
    const peer = await startPeer({ seeds: [address], logger });
    await reaches(peer, why);
    expect(stateOf(peer)).toMatch(new RegExp(`^joining seed ${address}: `));
    expect(warnings.filter((text) => text.startsWith("cannot join"))).toEqual([expect.stringMatching(why)]);
  });

  test("and the other side warns of the caller of another cluster", async () => {
    const { logger, warnings } = keeper();
    const seed = await startPeer({ cluster: "other", logger });
    const peer = await startPeer({ seeds: [seed.address] });
    await until(within(2).joinMs, "a warning", () => warnings.length > 0);
    expect(warnings).toEqual([expect.stringMatching(`refused a call of ${peer.address}: .*"other", not "default"`)]);
  });
});

describe("a peer that can call others and cannot be called", () => {
  /** Says that it is at an address at which nobody answers: its server listens elsewhere. */
  async function startUncallable(options: Partial<PeerOptions>): Promise<Peer> {
    const server = new Server();
    await listen(server);
    return startPeer({ address: `127.0.0.1:${await freePort()}`, server, ...options });
  }

  test("is unreachable by its own state, warns of it, and is removed for good", async () => {
    const peers = await startPeers(3);
    const { logger, warnings } = keeper();
    const one = await startUncallable({ seeds: [peers[0].address], logger });
    await reaches(one, /^unreachable others cannot call /);
    await until(within(4).silenceMs, "a warning", () => warnings.length > 0);
    expect(warnings).toEqual([expect.stringMatching(`others cannot reach this peer at ${one.address}`)]);
    await until(
      within(4).silenceMs,
      () => views(peers),
      () => agreed(peers),
    );
    await throughout(
      within(4).settleMs,
      () => views(peers),
      () => agreed(peers),
    );
  });
});

test("two peers of one address are conflicting, both say so, and stop raising their lives above each other", async () => {
  const others = await startPeers(2);
  const address = `127.0.0.1:${await freePort()}`;
  const lives = new Set<number>();
  const [a, b] = others;
  for (const other of others)
    other.on("updated", ({ member }) => {
      if (member.address === address) lives.add(member.generation);
    });
  const server = new Server();
  await listen(server);
  const [one, two] = [keeper(), keeper()];
  const first = await startPeer({ address, seeds: [a.address], logger: one.logger });
  await until(within(3).joinMs, "the first is known", () => others.every((other) => list(other).includes(address)));
  const second = await startPeer({ address, server, seeds: [b?.address ?? ""], logger: two.logger });
  for (const peer of [first, second]) await reaches(peer, /^conflicting another process claims /);
  for (const { warnings } of [one, two])
    expect(warnings).toContainEqual(expect.stringMatching(`another process claims ${address} too`));
  expect(lives.size).toBeLessThan(10);
});
