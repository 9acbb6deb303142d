import { Unsupported } from "../../fault/unsupported.js";
import { Coalescer } from "../../lib/coalescer.js";
import type { Target } from "./firewall.js";
import type { Tools } from "./tools.js";

/** Closes connections between containers from outside: the programs in them live on, and find them closed. */
export class Connections {
  readonly #open: () => Promise<Tools>;
  readonly #targets: () => readonly Target[];
  #tools: Promise<Tools> | undefined;
  #wanted = new Set<number>();
  readonly #counts = new Map<number, number>();
  readonly #work = new Coalescer(() => this.#closeThose());

  /** `open` is called before the first is closed. */
  constructor(open: () => Promise<Tools>, targets: () => readonly Target[]) {
    this.#open = open;
    this.#targets = targets;
  }

  /**
   * Closes every connection between this one and others; resolves to how many there were. Of several that are closed together
   * each counts those between them, too. Rejects with Unsupported when the kernel cannot do it.
   */
  async close(number: number): Promise<number> {
    this.#wanted.add(number);
    await this.#work.run();
    return this.#counts.get(number) ?? 0;
  }

  /** Connections between two peers are closed once, at the first of the two: what they open anew is left alone. */
  async #closeThose(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = new Set();
    this.#counts.clear();
    const targets = this.#targets();
    const done = new Set<number>();
    const jobs = targets.flatMap(({ number, container }) => {
      if (!wanted.has(number) || container === undefined) return [];
      done.add(number);
      const others = targets.filter((other) => other.ip !== undefined && !done.has(other.number));
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

/** Closes the connections with the others, and prints them twice: those that were closed, then those that are there still. */
function killing(others: readonly Target[]): string {
  const between = `--no-header --numeric --tcp state established '( ${others.map(({ ip }) => `dst ${ip}`).join(" or ")} )'`;
  return `ss --kill ${between}; echo --; ss ${between}`;
}

/** The numbers of the others, once for each connection that was closed. Throws Unsupported when the kernel closed none. */
function killedIn(printed: string, others: readonly Target[]): number[] {
  const [killed = [], left = []] = printed
    .split("--\n")
    .map((part) => others.flatMap(({ number, ip }) => held(part, ip, number)));
  if (killed.length === 0 && left.length > 0)
    throw new Unsupported(
      "closing connections needs CONFIG_INET_DIAG_DESTROY, which this machine's kernel does not have",
    );
  return killed;
}

/** The number, once for each connection with that IP that was printed: the other end's address is the last on its line. */
function held(printed: string, ip = "", number: number): number[] {
  const ends = [...printed.matchAll(/([\d.]+)\]?:\d+\s*$/gm)].map(([, end]) => end);
  return ends.filter((end) => end === ip).map(() => number);
}
