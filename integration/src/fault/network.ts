import type { NetworkFault } from "./fault.js";
import { isNothing, wayOf } from "./kinds.js";

/** Whose network a fault is in: that of the peer that a way leads to, of another single peer, or of all. */
type Holder = number | "all";

/**
 * The faults of the networks of all peers, also of peers that are added later. The class does not know which peers
 * there are.
 */
export class NetworkFaults implements Iterable<NetworkFault> {
  /** The faults of each network by their places: a way, or a kind and perhaps another peer. A place has one at a time. */
  readonly #networks = new Map<Holder, Map<string, NetworkFault>>();

  constructor(faults: Iterable<NetworkFault> = []) {
    for (const fault of faults) this.put(fault);
  }

  get isEmpty(): boolean {
    return this.#networks.size === 0;
  }

  *[Symbol.iterator](): Generator<NetworkFault, undefined> {
    for (const faults of this.#networks.values()) yield* faults.values();
  }

  has(kind: NetworkFault["kind"]): boolean {
    return [...this].some((fault) => fault.kind === kind);
  }

  /** Whether exactly this fault is in force, so that to put it would change nothing. */
  includes(fault: NetworkFault): boolean {
    const present = this.#networks.get(holderOf(fault))?.get(placeWithin(fault));
    if (present === undefined) return isNothing(fault) && !this.#isException(fault);
    return JSON.stringify(present) === JSON.stringify(fault);
  }

  /** Adds a fault in the place of a former one. A fault whose values mean "no fault" only ends the former one. */
  put(fault: NetworkFault): void {
    this.end(fault);
    if (isNothing(fault) && !this.#isException(fault)) return;
    const holder = holderOf(fault);
    const faults = this.#networks.get(holder) ?? new Map<string, NetworkFault>();
    this.#networks.set(holder, faults.set(placeWithin(fault), fault));
  }

  /** Ends the fault that is in the place of this one. */
  end(fault: NetworkFault): void {
    const holder = holderOf(fault);
    const faults = this.#networks.get(holder);
    faults?.delete(placeWithin(fault));
    if (faults?.size === 0) this.#networks.delete(holder);
  }

  /** Ends the faults that close ways. */
  openWays(): void {
    for (const fault of [...this]) if (wayOf(fault) !== undefined) this.end(fault);
  }

  /**
   * The faults of the network of one peer: those of the ways to it and, of each other kind, its own or else the one for
   * all peers; and its faults with single others.
   */
  of(peer: number): NetworkFault[] {
    const own = this.#networks.get(peer) ?? new Map<string, NetworkFault>();
    const ofAll = [...(this.#networks.get("all")?.values() ?? [])].filter((fault) => !own.has(placeWithin(fault)));
    return [...ofAll, ...own.values()].filter((fault) => !isNothing(fault) || "other" in fault);
  }

  /** Whether the fault is an exception from a fault of all peers, or from that of its peer with all others. */
  #isException(fault: NetworkFault): boolean {
    const holder = holderOf(fault);
    if (holder === "all") return false;
    const wider: Holder[] = "other" in fault ? ["all", holder] : ["all"];
    return wider.some((whose) => this.#networks.get(whose)?.has(fault.kind));
  }
}

/** The numbers of the peers whose ways to a peer these faults close, in order. */
export function unheard(faults: readonly NetworkFault[]): number[] {
  const from = faults.flatMap((fault) => wayOf(fault)?.[0] ?? []);
  return [...new Set(from)].sort((a, b) => a - b);
}

function holderOf(fault: NetworkFault): Holder {
  if ("from" in fault) return fault.to;
  return ("peer" in fault ? fault.peer : undefined) ?? "all";
}

/** The place of a fault in its network. A way that is closed in one manner is not closed in another. */
function placeWithin(fault: NetworkFault): string {
  if ("from" in fault) return `way ${fault.from}`;
  return "other" in fault ? `${fault.kind} ${fault.other}` : fault.kind;
}
