import type { NetworkFault } from "./fault.js";
import { isNothing, wayOf } from "./kinds.js";

/**
 * The faults of the networks of all peers, also of peers that are added later. The class does not know which peers
 * there are.
 */
export class NetworkFaults implements Iterable<NetworkFault> {
  /** The faults by their places: a way, or a kind and a peer, or two. A place has one fault at a time. */
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

  /** Whether exactly this fault is in force, so that to put it would change nothing. */
  includes(fault: NetworkFault): boolean {
    const present = this.#faults.get(placeOf(fault));
    if (present === undefined) return isNothing(fault) && !this.#isException(fault);
    return JSON.stringify(present) === JSON.stringify(fault);
  }

  /** Adds a fault in the place of a former one. A fault whose values mean "no fault" only ends the former one. */
  put(fault: NetworkFault): void {
    const place = placeOf(fault);
    this.#faults.delete(place);
    if (!isNothing(fault) || this.#isException(fault)) this.#faults.set(place, fault);
  }

  /** Ends the fault that is in the place of this one. */
  end(fault: NetworkFault): void {
    this.#faults.delete(placeOf(fault));
  }

  /** Ends the faults that close ways. */
  openWays(): void {
    for (const [place, fault] of this.#faults) if (wayOf(fault) !== undefined) this.#faults.delete(place);
  }

  /**
   * The faults of the network of one peer: those of the ways to it and, of each other kind, its own or else the one for
   * all peers; and its faults with single others.
   */
  of(peer: number): NetworkFault[] {
    return [...this].filter((fault) => {
      if ("from" in fault) return fault.to === peer;
      const own = peerOf(fault);
      const isIts = own === undefined ? !this.#faults.has(`${fault.kind} ${peer}`) : own === peer;
      return isIts && (!isNothing(fault) || "other" in fault);
    });
  }

  /** Whether the fault is an exception from a fault of all peers, or from that of its peer with all others. */
  #isException(fault: NetworkFault): boolean {
    const wider = ["all", ...("other" in fault ? [fault.peer] : [])];
    return peerOf(fault) !== undefined && wider.some((whose) => this.#faults.has(`${fault.kind} ${whose}`));
  }
}

/** The numbers of the peers whose ways to a peer these faults close, in order. */
export function unheard(faults: readonly NetworkFault[]): number[] {
  const from = faults.flatMap((fault) => wayOf(fault)?.[0] ?? []);
  return [...new Set(from)].sort((a, b) => a - b);
}

function placeOf(fault: NetworkFault): string {
  if ("from" in fault) return `way ${fault.from} ${fault.to}`;
  const other = "other" in fault ? ` ${fault.other}` : "";
  return `${fault.kind} ${peerOf(fault) ?? "all"}${other}`;
}

function peerOf(fault: NetworkFault): number | undefined {
  return "peer" in fault ? fault.peer : undefined;
}
