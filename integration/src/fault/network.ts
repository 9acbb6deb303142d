import type { NetworkFault } from "./fault.js";
import { isNothing, wayOf } from "./kinds.js";

/** The faults of the networks of all peers, also of those that come later. Which peers there are is not known here. */
export class NetworkFaults implements Iterable<NetworkFault> {
  /** By the way, or by kind and peer. Two faults cannot both be in one such place. */
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

  /** Adds a fault, in the place of the one that was there. One that is nothing only ends that. */
  put(fault: NetworkFault): void {
    const place = placeOf(fault);
    this.#faults.delete(place);
    if (!isNothing(fault) || this.#isException(fault)) this.#faults.set(place, fault);
  }

  /** Ends the faults that close ways. */
  openWays(): void {
    for (const [place, fault] of this.#faults) if (wayOf(fault) !== undefined) this.#faults.delete(place);
  }

  /** The faults of the network of one peer: those of the ways to it, and of each kind its own or else that of all. */
  of(peer: number): NetworkFault[] {
    return [...this].filter((fault) => {
      if ("from" in fault) return fault.to === peer;
      const own = peerOf(fault);
      const isIts = own === undefined ? !this.#faults.has(`${fault.kind} ${peer}`) : own === peer;
      return isIts && !isNothing(fault);
    });
  }

  /** Whether the fault exempts one peer from what all have. */
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
