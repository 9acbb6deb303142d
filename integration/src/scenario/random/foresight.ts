import type { Fault } from "../../fault/fault.js";
import { isNothing, isOfNetwork, peersOf, rowOf, wayOf, wrongStateFor } from "../../fault/kinds.js";
import { NetworkFaults } from "../../fault/network.js";
import type { PeerState } from "../../view/views.js";
import { Endings } from "./course.js";
import type { PlannedEvent } from "./plan.js";

/** How long the network stays broken at least, so that messages meet the fault before it is healed. */
const MEET_WITHIN_MS = 10_000;
/**
 * How long a single closed way stays so at least, for each peer there is: of the two peers of a way each chooses the
 * other once in so many periods.
 */
const MEET_ON_A_WAY_WITHIN_MS = 3500;
/** A smaller share of messages to lose may lose none. */
const LEAST_LOSS = 0.05;
/** What takes a time of its own may end so much later on a machine that is busy. */
const LATE_MS = 5000;
/** With fewer that run and are awake there is nobody who could notice anything. */
const FEWEST_AWAKE = 2;

interface Foreseen {
  readonly number: number;
  state: PeerState;
  /** Until when something is done to the peer that takes its time. */
  busyUntilMs: number;
  name: string | undefined;
  /** The share of a CPU that the peer gets at most; undefined where that is not limited. */
  cpuShare: number | undefined;
}

/** What must be ended before all is well; peers by their numbers. */
export interface Left {
  readonly isNetworkBroken: boolean;
  readonly limited: readonly number[];
  readonly paused: readonly number[];
  readonly down: readonly number[];
}

/**
 * Foresees what a plan makes of a cluster: who is down, frozen or busy, and how the network is. A scenario's step must
 * have an effect, so an event that would have none is left out.
 */
export class Foresight {
  readonly #peers: readonly Foreseen[];
  readonly #mostDown: number;
  #network = new NetworkFaults();
  readonly #endings = new Endings();
  /** When messages have surely met what breaks the network. */
  #metAtMs = -Infinity;

  /** `mostDown`: how many peers may be down at the same time. */
  constructor(peers: number, { mostDown = Infinity } = {}) {
    this.#peers = Array.from({ length: peers }, (_, at) => ({
      number: at + 1,
      state: "running",
      busyUntilMs: -Infinity,
      name: undefined,
      cpuShare: undefined,
    }));
    this.#mostDown = mostDown;
  }

  get left(): Left {
    const those = (is: (peer: Foreseen) => boolean): number[] => this.#peers.filter(is).map(({ number }) => number);
    return {
      isNetworkBroken: !this.#network.isEmpty,
      limited: those(({ cpuShare }) => cpuShare !== undefined),
      paused: those(({ state }) => state === "paused"),
      down: those(({ state }) => state === "down"),
    };
  }

  /** When all that takes its time is over, and the network may be healed. */
  get quietAtMs(): number {
    return Math.max(
      this.#metAtMs,
      this.#endings.lastAtMs + LATE_MS,
      ...this.#peers.map(({ busyUntilMs }) => busyUntilMs),
    );
  }

  /**
   * Takes in an event. Returns whether each of its faults can be done then, and they have an effect; else nothing is
   * taken in.
   */
  take(event: PlannedEvent): boolean {
    const { atMs, faults } = event;
    this.pass(atMs);
    const before = this.#peers.map((peer) => ({ ...peer }));
    const [first] = faults;
    const has =
      first !== undefined && isOfNetwork(first)
        ? this.#breaks(faults)
        : faults.every((fault) => this.#does(fault, atMs));
    if (!has || first === undefined || !this.#isEnough()) {
      for (const [at, peer] of this.#peers.entries()) Object.assign(peer, before[at]);
      return false;
    }
    this.#endings.begin(event);
    if (first.kind === "heal") this.#network = new NetworkFaults();
    for (const fault of faults) if (isOfNetwork(fault)) this.#network.put(fault);
    if (rowOf(first.kind).losesMessages === true) this.#awaitMessages(faults, atMs);
    return true;
  }

  /** Lets time pass until that moment: what was to end by itself by then has ended. */
  pass(untilMs: number): void {
    for (const { faults } of this.#endings.takeUntil(untilMs))
      for (const fault of faults)
        if (fault.kind === "heal" && fault.only !== undefined && isOfNetwork(fault.only)) this.#network.end(fault.only);
        else if (isOfNetwork(fault)) this.#network.put(fault);
  }

  /** Keeps the network broken, and those whom a single fault concerns as they are, until messages have met it. */
  #awaitMessages(faults: readonly Fault[], atMs: number): void {
    const [first] = faults;
    const isOne = faults.length === 1 && first !== undefined;
    const withinMs = isOne && wayOf(first) !== undefined ? MEET_ON_A_WAY_WITHIN_MS * this.#peers.length : 0;
    const metAtMs = atMs + Math.max(MEET_WITHIN_MS, withinMs);
    this.#metAtMs = Math.max(this.#metAtMs, metAtMs);
    if (isOne) for (const number of peersOf(first) ?? []) this.#keep(number, metAtMs);
  }

  /** Whether these faults of the network change something that messages are sure to meet. */
  #breaks(faults: readonly Fault[]): boolean {
    return faults.some((fault) => {
      if (!isOfNetwork(fault) || isNothing(fault) || this.#network.includes(fault)) return false;
      if (fault.kind === "loss") return fault.share >= LEAST_LOSS;
      return (peersOf(fault) ?? []).every((number) => this.#peers[number - 1]?.state === "running");
    });
  }

  #does(fault: Fault, atMs: number): boolean {
    // What ends by itself may have ended before: a step takes its time on real peers.
    if (fault.kind === "heal")
      return !this.#network.isEmpty && atMs >= this.#metAtMs && this.#endings.lastAtMs === -Infinity;
    const peer = "peer" in fault ? this.#peers[(fault.peer ?? 0) - 1] : undefined;
    if (peer === undefined || atMs < peer.busyUntilMs || wrongStateFor(fault, this.#peers) !== undefined) return false;
    if (peer.cpuShare !== undefined && fault.kind !== "cpu") return false; // it may be too slow to start, or to end in time
    peer.state = rowOf(fault.kind).leaves ?? peer.state;
    if ("forMs" in fault) peer.busyUntilMs = atMs + fault.forMs + LATE_MS;
    return this.#changes(fault, peer);
  }

  /** Whether a fault changes what the peer says or has; notes what it is then. */
  #changes(fault: Fault, peer: Foreseen): boolean {
    // Whoever is cut off may have no connection.
    if (fault.kind === "close")
      return ![...this.#network].some(({ kind }) => rowOf(kind).of === "way" || kind === "nat");
    if (fault.kind !== "set-meta" && fault.kind !== "cpu") return true;
    const { name, cpuShare } = peer;
    if (fault.kind === "set-meta") peer.name = fault.meta.name;
    else peer.cpuShare = fault.share;
    return peer.name !== name || peer.cpuShare !== cpuShare;
  }

  #keep(number: number, untilMs: number): void {
    const peer = this.#peers[number - 1];
    if (peer !== undefined) peer.busyUntilMs = Math.max(peer.busyUntilMs, untilMs);
  }

  #isEnough(): boolean {
    const down = this.#peers.filter(({ state }) => state === "down").length;
    const awake = this.#peers.filter(({ state }) => state === "running").length;
    return awake >= FEWEST_AWAKE && down <= this.#mostDown;
  }
}
