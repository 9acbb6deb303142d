import type { NetworkFault } from "./fault.js";
import { isNothing, wayOf } from "./kinds.js";

/** What is wrong with the networks of peers, those that come later included. Nothing is known here of which peers there are. */
export class NetworkFaults implements Iterable<NetworkFault> {
  /** By what is broken: the way, or the kind and whose network. One fault takes the place of another there. */
  readonly #faults = new Map<string, NetworkFault>();

  constructor(faults: Iterable<NetworkFault> = []) {
    for (const fault of faults) this.put(fault);
  }

  get isEmpty(): boolean {
    return this.#faults.size === 0;
  }

  [Symbol.iterator](): Iterator<NetworkFault> {
    return this.#faults.values();
  }

  has(kind: NetworkFault["kind"]): boolean {
    return [...this].some((fault) => fault.kind === kind);
  }

  /** Whether exactly this is there, so that putting it would change nothing. */
  includes(fault: NetworkFault): boolean {
    const present = this.#faults.get(placeOf(fault));
    if (present === undefined) return isNothing(fault) && !this.#isException(fault);
    return JSON.stringify(present) === JSON.stringify(fault);
  }

  /** From now on this is wrong, too, in the place of what was wrong there. What is nothing ends that. */
  put(fault: NetworkFault): void {
    const place = placeOf(fault);
    this.#faults.delete(place);
    if (!isNothing(fault) || this.#isException(fault)) this.#faults.set(place, fault);
  }

  /** All ways are open again. */
  openWays(): void {
    for (const [place, fault] of this.#faults) if (wayOf(fault) !== undefined) this.#faults.delete(place);
  }

  /** What is wrong with the network of one peer: the ways to it, and its own faults or those of all. */
  of(peer: number): NetworkFault[] {
    return [...this].filter((fault) => {
      if ("from" in fault) return fault.to === peer;
      const own = peerOf(fault);
      const isIts = own === undefined ? !this.#faults.has(`${fault.kind} ${peer}`) : own === peer;
      return isIts && !isNothing(fault);
    });
  }

  /** What all have, one can be without. */
  #isException(fault: NetworkFault): boolean {
    return peerOf(fault) !== undefined && this.#faults.has(`${fault.kind} all`);
  }
}

/** The numbers of the peers whose ways to a peer these faults close, in order. */
export function unheard(faults: readonly NetworkFault[]): number[] {
  const from = faults.flatMap((fault) => wayOf(fault)?.[0] ?? []);
  return [...new Set(from)].sort((a, b) => a - b);
}

function placeOf(fault: NetworkFault): string {
  return "from" in fault ? `way ${fault.from} ${fault.to}` : `${fault.kind} ${peerOf(fault) ?? "all"}`;
}

function peerOf(fault: NetworkFault): number | undefined {
  return "peer" in fault ? fault.peer : undefined;
}
