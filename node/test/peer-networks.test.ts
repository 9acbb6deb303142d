// Peers on networks as they are: strangers at a dead member's address, seeds behind a balancer, members that cannot be called.
import { Server } from "@grpc/grpc-js";
import { describe, expect, test } from "@jest/globals";
import { createServer } from "node:http";
import { connect, type Socket } from "node:net";
import { agreed, list, startPeer, startPeers, views, within } from "./support/peers.js";
import { startPeerProgram } from "./support/programs.js";
import { listen } from "./support/servers.js";
import { listenTcp, portOf } from "./support/tcp.js";
import { until } from "./support/wait.js";

/** Whoever may listen where a member has died: each serves a connection in its own way. */
const strangers: Record<string, () => Promise<(socket: Socket) => void>> = {
  "closes connections at once": () => Promise.resolve((socket) => socket.end()),
  "resets connections": () => Promise.resolve((socket) => socket.resetAndDestroy()),
  "keeps connections and says nothing": () => Promise.resolve(() => undefined),
  "speaks HTTP/1": () => {
    const server = createServer((_, response) => response.end("hello"));
    return Promise.resolve((socket) => server.emit("connection", socket));
  },
  "wants TLS": () => Promise.resolve((socket) => socket.once("data", () => socket.end(TLS_ALERT))),
  "is a peer of another cluster": async () => forwardTo((await startPeer({ cluster: "other" })).address),
  "is a gRPC server without this service": async () => forwardTo(await listen(new Server())),
};

/** A server that wants TLS answers everything else with this alert: unexpected message. */
const TLS_ALERT = Buffer.from([21, 3, 3, 0, 2, 2, 10]);

function forwardTo(address: string): (socket: Socket) => void {
  return (incoming) => {
    const outgoing = connect(portOf(address), "127.0.0.1");
    incoming.pipe(outgoing).pipe(incoming);
    for (const socket of [incoming, outgoing]) socket.on("error", () => undefined);
    incoming.on("close", () => outgoing.destroy());
    outgoing.on("close", () => incoming.destroy());
  };
}

describe("a dead member's address at which a stranger", () => {
  test.each(Object.keys(strangers))("%s is off all lists in time, and is not called without end", async (kind) => {
    const stranger = await strangers[kind]?.();
    const peers = await startPeers(4);
    const dead = await startPeerProgram({ GOSSIP_SEEDS: peers[0].address });
    const knowIt = (): boolean => peers.every((peer) => list(peer).includes(dead.address));
    await until(within(5).joinMs, () => views(peers), knowIt);
    dead.child.kill("SIGKILL");
    await dead.ended;
    let connections = 0;
    await listenTcp((socket) => {
      connections++;
      socket.on("error", () => undefined);
      stranger?.(socket);
    }, portOf(dead.address));
    const { crashMs } = within(5);
    await until(
      crashMs,
      () => views(peers),
      () => agreed(peers),
    );
    // Two hundred calls of four peers in a few seconds would be a storm: it took hundreds a second.
    expect(connections).toBeLessThan(100);
  });
});

describe("a seed behind which", () => {
  test("a balancer takes its backends in turn makes one cluster of all, whoever is reached first", async () => {
    const backends: string[] = [];
    // The first to call reaches itself, and the other two each other.
    const first = [0, 2, 1];
    let connections = 0;
    const seed = await listenTcp((socket) => {
      const at = first[connections] ?? connections % backends.length;
      connections++;
      forwardTo(backends[at] ?? "")(socket);
    });
    const peers = await Promise.all([1, 2, 3].map(() => startPeer()));
    backends.push(...peers.map(({ address }) => address));
    for (const [at, peer] of peers.entries()) {
      peer.addSeed(seed);
      await until(within(3).joinMs, "it has called", () => connections > at);
    }
    await until(
      within(3).settleMs,
      () => views(peers),
      () => agreed(peers),
    );
  });
});
