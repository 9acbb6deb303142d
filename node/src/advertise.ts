import { createSocket } from "node:dgram";
import { once } from "node:events";
import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import { hostname } from "node:os";
import { addressProblem, joinAddress, splitAddress, type Address } from "./core/address.js";
import { DEFAULT_PORT } from "./environment.js";
import { GossipError } from "./errors.js";

/**
 * Finds the address under which others most likely reach this machine, with the port given: that of the interface which
 * routes to the first seed whose name is known, else the one that the machine's own name stands for. Never "the first
 * interface", which may lead nowhere. Takes as long as the look-ups do. Rejects with `no-address` when neither is known, and
 * says what to do, and with `invalid-address` for a seed or a port that is none.
 */
export async function findOwnAddress(seeds: readonly Address[], port: number, ownName = hostname()): Promise<Address> {
  for (const each of [...seeds, joinAddress("localhost", port)]) {
    const problem = addressProblem(each, { portZero: true });
    if (problem !== undefined) throw new GossipError("invalid-address", problem);
  }
  for (const seed of seeds) {
    const target = await lookup(splitAddress(seed).host).catch(() => undefined);
    const host = target && (await sourceAddressTowards(target.address).catch(() => undefined));
    if (host !== undefined) return joinAddress(host, port);
  }
  const own = await lookup(ownName).catch((error: unknown) => {
    throw new GossipError("no-address", nowhere(seeds, ownName, error), { cause: error });
  });
  return joinAddress(own.address, port);
}

function nowhere(seeds: readonly Address[], ownName: string, error: unknown): string {
  const { code = String(error) } = error as NodeJS.ErrnoException;
  const tried = seeds.length === 0 ? "there is no seed" : `no seed is known or leads anywhere (${seeds.join(", ")})`;
  const own = `this machine's own name, ${JSON.stringify(ownName)}, is not known either (${code})`;
  return (
    `cannot find the address under which others reach this peer: ${tried}, and ${own}. ` +
    `Set GOSSIP_ADDRESS to host:port, such as 10.0.0.5:${DEFAULT_PORT}, or the option address in a program of your own`
  );
}

/**
 * The address of this machine from which a target is reached. Connecting a datagram socket sends nothing; it makes the
 * kernel choose the route.
 */
async function sourceAddressTowards(target: string): Promise<string> {
  const socket = createSocket(isIPv6(target) ? "udp6" : "udp4");
  try {
    socket.connect(9, target);
    await once(socket, "connect");
    return socket.address().address;
  } finally {
    socket.close();
  }
}
