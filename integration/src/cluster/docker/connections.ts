import { Unsupported } from "../../fault/unsupported.js";
import { inParallel } from "../../lib/parallel.js";
import { Coalescer } from "../../lib/coalescer.js";
import type { Target } from "./firewall.js";
import type { Tools } from "./tools.js";

/** As for the firewall. */
const AT_ONCE = 4;

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

  /** Those between two are closed once, at the first of them: what they open anew is left alone. */
  async #closeThose(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = new Set();
    this.#counts.clear();
    const targets = this.#targets();
    const done = new Set<number>();
    await inParallel(AT_ONCE, targets, async ({ number, container }) => {
      if (!wanted.has(number) || container === undefined) return;
      done.add(number);
      const others = targets.filter((other) => other.ip !== undefined && !done.has(other.number));
      for (const other of await this.#kill(container, others)) {
        for (const end of [number, other]) this.#counts.set(end, (this.#counts.get(end) ?? 0) + 1);
      }
    });
  }

  /** The numbers of the others, once for each connection that was closed. */
  async #kill(container: string, others: readonly Target[]): Promise<number[]> {
    if (others.length === 0) return [];
    const tools = await (this.#tools ??= this.#open());
    const between = `--no-header --numeric --tcp state established '( ${others.map(({ ip }) => `dst ${ip}`).join(" or ")} )'`;
    // What is printed again is there still.
    const printed = await tools.run(`ss --kill ${between}; echo --; ss ${between}`, { within: container });
    const [killed = [], left = []] = printed
      .split("--\n")
      .map((part) => others.flatMap(({ number, ip }) => held(part, ip, number)));
    if (killed.length === 0 && left.length > 0)
      throw new Unsupported(
        "closing connections needs CONFIG_INET_DIAG_DESTROY, which this machine's kernel does not have",
      );
    return killed;
  }
}

/** The number, once for each connection with that IP that was printed: the other end's address is the last on its line. */
function held(printed: string, ip = "", number: number): number[] {
  const ends = [...printed.matchAll(/([\d.]+)\]?:\d+\s*$/gm)].map(([, end]) => end);
  return ends.filter((end) => end === ip).map(() => number);
}
