import { lookup } from "node:dns/promises";
import { joinAddress, splitAddress, type Address } from "../core/address.js";

/** How many addresses of a name are used. A name may stand for a whole cluster, and the rest is learnt by gossip. */
const MAX_ADDRESSES = 256;

/** The addresses that a seed stands for now; none when its name is not known. Never rejects. */
export async function resolveSeed(seed: Address): Promise<Address[]> {
  const { host, port } = splitAddress(seed);
  try {
    const found = await lookup(host, { all: true });
    return [...new Set(found.map(({ address }) => joinAddress(address, port)))].slice(0, MAX_ADDRESSES);
  } catch {
    return [];
  }
}
