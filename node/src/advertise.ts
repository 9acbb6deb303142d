import { createSocket } from "node:dgram";
import { once } from "node:events";
import { lookup } from "node:dns/promises";
import { isIPv6 } from "node:net";
import { hostname } from "node:os";
import { joinAddress, splitAddress, type Address } from "./core/address.js";

/**
 * The address under which others most likely reach this machine: that of the interface which routes to the first seed
 * whose name is known, else the one its own name stands for. Never "the first interface", which may lead nowhere.
 * Rejects when neither is known.
 */
export async function findOwnAddress(seeds: readonly Address[], port: number): Promise<Address> {
  for (const seed of seeds) {
    const target = await lookup(splitAddress(seed).host).catch(() => undefined);
    const host = target && (await sourceAddressTowards(target.address).catch(() => undefined));
    if (host !== undefined) return joinAddress(host, port);
  }
  const own = await lookup(hostname());
  return joinAddress(own.address, port);
}

/** Connecting a datagram socket sends nothing; it makes the kernel choose the route, and with it the source address. */
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
