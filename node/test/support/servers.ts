// gRPC servers that are not made by a peer: a user's own, or impostors that answer as a test says.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { afterEach } from "@jest/globals";
import type { Address } from "../../src/core/address.js";
import type { Peer, PeerOptions } from "../../src/index.js";
import { startPeer } from "./peers.js";
import { portOf, type Way } from "./tcp.js";

const servers = new Set<Server>();
afterEach(() => {
  for (const server of servers) server.forceShutdown();
  servers.clear();
});

/** Has a server listen on a free port of loopback, and returns its address. Shut down after the test. */
export async function listen(server: Server, credentials = ServerCredentials.createInsecure()): Promise<Address> {
  servers.add(server);
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, port) => {
      if (error === null) resolve(`127.0.0.1:${port}`);
      else reject(error);
    });
  });
}

/** A server with these handlers for one service, listening; returns its address. */
export async function serve(...service: Parameters<Server["addService"]>): Promise<Address> {
  const server = new Server();
  server.addService(...service);
  return listen(server);
}

/** Starts a peer that others reach along a way. */
export async function startBehind(way: Way, options: Partial<PeerOptions> = {}): Promise<Peer> {
  const server = new Server();
  const address = await way.leadTo(portOf(await listen(server)));
  return startPeer({ address, server, ...options });
}
