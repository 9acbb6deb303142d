import { createServer } from "node:http";
import { afterEach, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import type { Peer } from "../src/index.js";
import { agreed, eventsOf, freePort, list, startPeer, startPeers, views, within } from "./support/peers.js";
import { listenSilently, listenTcp } from "./support/tcp.js";
import { throughout, until } from "./support/wait.js";

const closing = new Set<() => void>();
afterEach(() => {
  for (const close of closing) close();
  closing.clear();
});

async function listenForHttp(): Promise<string> {
  const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
  closing.add(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const badSeeds: Record<string, () => Promise<string>> = {
  "is dead": async () => `127.0.0.1:${await freePort()}`,
  "accepts and keeps silent": listenSilently,
  "hangs up at once": () => listenTcp((socket) => socket.destroy()),
  "talks rubbish": () => listenTcp((socket) => socket.write("220 ready\r\n".repeat(100))),
  "speaks HTTP/1": listenForHttp,
  "has a name that nobody knows": () => Promise.resolve("nobody.invalid:7946"),
};

describe("a seed that", () => {
  test.each(Object.keys(badSeeds))("%s is listed at no instant and blocks no talk with others", async (kind) => {
    const seed = (await badSeeds[kind]?.()) ?? "";
    const peers = await startPeers(3);
    const [first] = peers;
    first.addSeed(seed);
    const onlyReal = (): boolean => peers.every((peer) => !list(peer).includes(seed));
    await until(
      within(3).joinMs,
      () => views(peers),
      () => onlyReal() && agreed(peers),
    );
    const events = peers.map(eventsOf);
    await throughout(
      within(3).joinMs,
      () => views(peers),
      () => onlyReal() && agreed(peers),
    );
    first.updateMeta({ name: "still heard" });
    await until(within(3).updateMs, "the news arrive", () =>
      peers.every((peer) => peer.getMembers().get(first.address)?.name === "still heard"),
    );
    expect(events.flat()).toEqual([`updated ${first.address}`, `updated ${first.address}`, `updated ${first.address}`]);
  });

  test("is ourselves, by our address or another name of it, changes nothing", async () => {
    const peer = await startPeer();
    const events = eventsOf(peer);
    const port = peer.address.split(":").at(-1) ?? "";
    for (const seed of [peer.address, `localhost:${port}`]) peer.addSeed(seed);
    await throughout(
      within(1).joinMs,
      () => views([peer]),
      () => agreed([peer]) && events.length === 0,
    );
  });

  test("is given twice, or is a member already, changes nothing", async () => {
    const peers = await startPeers(2);
    await until(within(2).joinMs, "they find each other", () => agreed(peers));
    const events = peers.map(eventsOf);
    for (const each of [1, 2, 3]) for (const peer of peers) peer.addSeed(peers[each % 2]?.address ?? "");
    await throughout(
      within(2).joinMs,
      () => events.join(),
      () => events.flat().length === 0 && agreed(peers),
    );
  });

  test("is a name leads to the peer under its own address, and to no second member", async () => {
    const other = await startPeer();
    const peer = await startPeer({ seeds: [`localhost:${other.address.split(":").at(-1)}`] });
    const only = (): boolean => list(peer).every((address) => [peer.address, other.address].includes(address));
    await until(
      within(2).joinMs,
      () => views([peer, other]),
      () => only() && agreed([peer, other]),
    );
    await throughout(
      within(2).joinMs,
      () => views([peer, other]),
      () => agreed([peer, other]),
    );
  });

  test("comes up later is joined with no help", async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const early: Peer = await startPeer({ seeds: [address] });
    await throughout(
      within(1).joinMs,
      () => views([early]),
      () => agreed([early]),
    );
    const late = await startPeer({ address });
    await until(
      within(2).healMs,
      () => views([early, late]),
      () => agreed([early, late]),
    );
  });

  test.each(["nowhere", "host:0", "", "a b:1"])(
    "is no address, such as %j, is refused and changes nothing",
    async (seed) => {
      const peer = await startPeer();
      expect(() => {
        peer.addSeed(seed);
      }).toThrow(expect.objectContaining({ name: "GossipError", code: "invalid-address" }));
      expect(agreed([peer])).toBe(true);
    },
  );
});
