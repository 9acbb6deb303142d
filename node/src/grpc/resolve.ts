import { lookup } from "node:dns/promises";
import { joinAddress, splitAddress, type Address } from "../core/address.js";

/** How many addresses of a name are used. A name may stand for a whole cluster, and the rest is learnt by gossip. */
const MAX_ADDRESSES = 256;

/**
 * Look-ups under way at once. Node has no way to call one off: the system ends it, after 10 s and more where no name server
 * answers, and keeps the process alive until then. More than two run at once in no process, since libuv gives them two of
 * its four threads; those beyond wait here, where they can be dropped.
 */
const MOST_AT_ONCE = 2;

type LookUp = (host: string) => Promise<readonly { readonly address: string }[]>;

/** Looks up what seeds stand for, until `close()`. */
export class SeedLookUps {
  readonly #lookUp: LookUp;
  readonly #waiting: ((isTurn: boolean) => void)[] = [];
  #underWay = 0;
  #isClosed = false;

  constructor(lookUp: LookUp = (host) => lookup(host, { all: true })) {
    this.#lookUp = lookUp;
  }

  /** The addresses that a seed stands for now; none when its name is not known, or after `close()`. Never rejects. */
  async addressesOf(seed: Address): Promise<Address[]> {
    if (this.#isClosed) return [];
    if (this.#underWay < MOST_AT_ONCE) this.#underWay++;
    else if (!(await this.#turn())) return [];
    const { host, port } = splitAddress(seed);
    try {
      const found = await this.#lookUp(host);
      return [...new Set(found.map(({ address }) => joinAddress(address, port)))].slice(0, MAX_ADDRESSES);
    } catch {
      return [];
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay--;
      else next(true);
    }
  }

  /** Waits for the place of a look-up that is done; resolves to false where none comes, after `close()`. */
  #turn(): Promise<boolean> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Drops the look-ups that wait. Those under way, MOST_AT_ONCE at most, are the system's to end. */
  close(): void {
    this.#isClosed = true;
    for (const give of this.#waiting.splice(0)) give(false);
  }
}
