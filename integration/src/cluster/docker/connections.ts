import { Unsupported } from "../../fault/unsupported.js";
import { Coalescer } from "../../lib/coalescer.js";
import type { PeerNetwork } from "./firewall.js";
import type { Tools } from "./tools.js";

/** Closes connections between containers from outside. The programs in the containers live on, and find them closed. */
export class Connections {
  readonly #open: () => Promise<Tools>;
  readonly #networks: () => readonly PeerNetwork[];
  #tools: Promise<Tools> | undefined;
  #wanted = new Set<number>();
  readonly #counts = new Map<number, number>();
  readonly #work = new Coalescer(() => this.#closeThose());

  /** `open` is called before the first connection is closed. */
  constructor(open: () => Promise<Tools>, networks: () => readonly PeerNetwork[]) {
    this.#open = open;
    this.#networks = networks;
  }

  /**
   * Closes every connection between this peer and others; resolves to how many there were. When several peers are
   * treated together, a connection between two of them counts for both. Rejects with Unsupported when the kernel cannot
   * close connections.
   */
  async close(number: number): Promise<number> {
    this.#wanted.add(number);
    await this.#work.run();
    return this.#counts.get(number) ?? 0;
  }

  /** Closes connections between two peers once, at the first of the two: what they open anew is left alone. */
  async #closeThose(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = new Set();
    this.#counts.clear();
    const networks = this.#networks();
    const done = new Set<number>();
    const jobs = networks.flatMap(({ number, container }) => {
      if (!wanted.has(number) || container === undefined) return [];
      done.add(number);
      const others = networks.filter((other) => other.ip !== undefined && !done.has(other.number));
      return others.length === 0 ? [] : { number, others, container, script: killing(others) };
    });
    if (jobs.length === 0) return;
    const printed = await (await (this.#tools ??= this.#open())).runIn(jobs);
    for (const [at, { number, others }] of jobs.entries()) {
      for (const other of killedIn(printed[at] ?? "", others)) {
        for (const end of [number, other]) this.#counts.set(end, (this.#counts.get(end) ?? 0) + 1);
      }
    }
  }
}

/**
 * A script that closes the connections with the others. It prints those that it closed, then those that are there
 * still.
 */
function killing(others: readonly PeerNetwork[]): string {
  const between = `--no-header --numeric --tcp state established '( ${others.map(({ ip }) => `dst ${ip}`).join(" or ")} )'`;
  return `ss --kill ${between}; echo --; ss ${between}`;
}

/**
 * The numbers of the others, once for each connection that was closed. Throws Unsupported when the kernel closed none.
 */
function killedIn(printed: string, others: readonly PeerNetwork[]): number[] {
  const [killed = [], left = []] = printed
    .split("--\n")
    .map((part) => others.flatMap(({ number, ip }) => held(part, ip, number)));
  if (killed.length === 0 && left.length > 0)
    throw new Unsupported(
      "closing connections needs CONFIG_INET_DIAG_DESTROY, which this machine's kernel does not have",
    );
  return killed;
}

/**
 * The number, once for each connection with that IP that was printed: the other end's address is the last on its line.
 */
function held(printed: string, ip = "", number: number): number[] {
  const ends = [...printed.matchAll(/([\d.]+)\]?:\d+\s*$/gm)].map(([, end]) => end);
  return ends.filter((end) => end === ip).map(() => number);
}
