import { Resolver, lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Address } from "gossip-peer";

/** A name may stand for a whole cluster. Peers beyond this number are learnt of from the others. */
const MOST_ADDRESSES = 250;
const ANSWER_WITHIN_MS = 500;

/** Looks up the addresses behind names, and the names of machines behind addresses. */
export class Names {
  readonly #resolver = new Resolver({ timeout: ANSWER_WITHIN_MS, tries: 1 });
  readonly #underWay = new Set<Address>();

  /**
   * Calls back with the addresses that host:port stands for; with none when there is no such name. An address is given
   * back at once and as it is. While the same name is still being looked up, this does nothing.
   */
  resolve(given: Address, found: (addresses: Address[]) => void): void {
    const [host, port] = split(given);
    if (isIP(host) !== 0) {
      found([given]);
      return;
    }
    if (this.#underWay.has(given)) return;
    this.#underWay.add(given);
    void lookup(host, { all: true })
      .catch(() => [])
      .then((answers) => {
        this.#underWay.delete(given);
        // The name of a machine often stands for an IPv4 and an IPv6 address, and its programs listen on the first
        // alone.
        const ipv4 = answers.filter(({ family }) => family === 4);
        const hosts = (ipv4.length > 0 ? ipv4 : answers).map(({ address, family }) =>
          family === 6 ? `[${address}]` : address,
        );
        found([...new Set(hosts)].slice(0, MOST_ADDRESSES).map((each) => `${each}:${port}`));
      });
  }

  /**
   * Resolves to the first part of what DNS calls the machine at an address, which is the name of its container where
   * Docker answers; to undefined where DNS has no name, or gives no answer within half a second. Never rejects.
   */
  async labelOf(address: Address): Promise<string | undefined> {
    const [host] = split(address);
    if (isIP(host) === 0) return undefined;
    const names = await this.#resolver.reverse(host).catch(() => []);
    return names[0]?.split(".")[0]?.slice(0, 64) || undefined;
  }
}

function split(address: Address): [host: string, port: string] {
  const colon = address.lastIndexOf(":");
  return [address.slice(0, colon).replace(/^\[|\]$/g, ""), address.slice(colon + 1)];
}
