import { budgets, type Address, type Budgets, type MemberEvent, type ProtocolTiming } from "gossip-peer";
import { Invariants, Knowledge, Simulation, type SimulatedPeer, type Watcher } from "gossip-peer/simulator";
import type { Fault } from "../../fault/fault.js";
import type {
  Applied,
  Change,
  HowToApply,
  ScenarioCluster,
  ScenarioClusterOptions,
  Sent,
} from "../../scenario/cluster.js";
import type { PeerState, PeerView, Views } from "../../view/views.js";
import { SimulatedCounters } from "./counters.js";
import { SimulatedFaults } from "./simulated-faults.js";
import { Waits } from "./waits.js";

/** A cluster in virtual time: the same seed and the same calls give the same history. Every invariant is watched. */
export class SimulatedCluster implements ScenarioCluster, Watcher {
  readonly #simulation: Simulation;
  readonly #knowledge: Knowledge;
  readonly #counters: SimulatedCounters | undefined;
  readonly #faults: SimulatedFaults;
  readonly #waits: Waits;
  readonly #history: Change[] = [];
  readonly #seen = new Map<SimulatedPeer, { readonly key: string; readonly view: PeerView }>();

  /** `isCounted`: whether the messages of the peers are counted, for which each is encoded. */
  constructor(options: ScenarioClusterOptions, { isCounted }: { readonly isCounted: boolean }) {
    const { seed, peers, started, seedsOf, seedsByName = false, timing, network } = options;
    this.#simulation = new Simulation({ seed, timing, link: network });
    this.#waits = new Waits(this.#simulation);
    this.#knowledge = new Knowledge(this.#simulation);
    this.#simulation.watch(new Invariants(this.#simulation));
    this.#simulation.watch(this);
    this.#counters = isCounted ? new SimulatedCounters(this.#simulation) : undefined;
    this.#faults = new SimulatedFaults(this.#simulation, (fact, peer) => this.#knowledge.happened(fact, peer));
    for (let number = 1; number <= peers; number++) this.#simulation.addPeer({ meta: { name: `peer-${number}` } });
    for (const { index, address } of this.#simulation.peers)
      this.#simulation.setName(nameOf(index + 1), () => [address]);
    for (const peer of this.#simulation.peers)
      peer.seeds = seedsOf(peer.index + 1).map((seed) =>
        seedsByName ? nameOf(seed) : this.#faults.peer(seed).address,
      );
    for (const number of started) {
      this.#counters?.begins(this.#faults.peer(number));
      this.#faults.apply({ kind: "start", peer: number });
    }
  }

  static open(options: ScenarioClusterOptions, { isCounted = false } = {}): Promise<ScenarioCluster> {
    return Promise.resolve(new SimulatedCluster(options, { isCounted }));
  }

  get timing(): ProtocolTiming {
    return this.#simulation.timing;
  }

  get budgets(): Budgets {
    return budgets(this.timing, this.#simulation.peers.length);
  }

  get nowMs(): number {
    return this.#simulation.now;
  }

  get peers(): readonly { number: number; address: Address; state: PeerState }[] {
    return this.#simulation.peers.map((peer) => ({
      number: peer.index + 1,
      address: peer.address,
      state: stateOf(peer),
    }));
  }

  get history(): readonly Change[] {
    return this.#history;
  }

  announced(viewer: SimulatedPeer, event: MemberEvent): void {
    if (viewer.isTwin) return;
    const before = this.#knowledge.wrongRemovals;
    this.#knowledge.announced(viewer, event);
    this.#history.push({
      atMs: this.nowMs,
      kind: event.kind,
      viewer: viewer.index + 1,
      subject: event.member.address,
      wrong: this.#knowledge.wrongRemovals > before,
    });
  }

  async apply(fault: Fault, { begun }: HowToApply = {}): Promise<Applied> {
    if (fault.kind === "restart") {
      this.#applyNow({ kind: "stop", peer: fault.peer });
      return this.#applyNow({ kind: "start", peer: fault.peer });
    }
    const applied = this.#applyNow(fault);
    if (fault.kind !== "starve" && fault.kind !== "twin") return applied;
    begun?.();
    await this.beside(async () => {
      try {
        await this.pass(fault.forMs);
      } finally {
        this.#faults.over(fault); // before the time of others passes on
      }
    });
    return applied;
  }

  beside<T>(work: () => Promise<T>): Promise<T> {
    return this.#waits.beside(work);
  }

  bites(): Promise<number> {
    return this.#do(() => Object.values(this.#simulation.network.bites).reduce((sum, each) => sum + each, 0));
  }

  /** The counts of each peer; none unless messages are counted. */
  traffic(): Promise<readonly Sent[]> {
    return this.#do(() => this.#counters?.sums() ?? []);
  }

  pass(ms: number): Promise<void> {
    return this.#waits.pass(ms);
  }

  /**
   * Calls `holds` after every event that changed what some peer lists, so that no state is missed that lasts for a
   * moment.
   */
  until(holds: (views: Views) => boolean, withinMs: number): Promise<boolean> {
    let looked = -1;
    const look = (): boolean => {
      if (looked === this.#history.length) return false;
      looked = this.#history.length;
      return holds(this.#views());
    };
    return this.#waits.until(look, withinMs);
  }

  views(): Promise<Views> {
    return this.#do(() => this.#views());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** Does the work at once, as a promise: an error rejects, as it does with clusters that are really asynchronous. */
  #do<T>(act: () => T): Promise<T> {
    return new Promise((resolve) => {
      resolve(act());
    });
  }

  /** Applies a fault. When that ends a peer, lets the time pass that the peer takes to say goodbye. */
  #applyNow(fault: Fault): Applied {
    const isUp = (): boolean => {
      const peer = "peer" in fault ? this.#simulation.peers[fault.peer - 1] : undefined;
      return peer !== undefined && stateOf(peer) !== "down";
    };
    const wasUp = isUp();
    const applied = this.#faults.apply(fault);
    if (!("peer" in fault) || isUp() === wasUp) return applied;
    const peer = this.#faults.peer(fault.peer);
    if (wasUp) {
      this.#passUntilEnded(peer);
      this.#counters?.ends(peer);
    } else this.#counters?.begins(peer);
    return applied;
  }

  /**
   * Lets time pass until the peer has ended. The last calls of a peer that leaves have deadlines, so it ends within
   * one.
   */
  #passUntilEnded(peer: SimulatedPeer): void {
    this.#simulation.passUntil(() => peer.state === "ended", 2 * this.timing.exchangeTimeoutMs);
  }

  #views(): Views {
    return this.#simulation.peers.map((peer) => this.#view(peer));
  }

  #view(peer: SimulatedPeer): PeerView {
    const state = stateOf(peer);
    // A forgotten member raises no revision, and shows in the number of tombstones only.
    const { revision = 0 } = peer.protocol ?? {};
    const key = `${state} ${peer.life} ${revision} ${peer.protocol?.sizes().tombstones ?? 0}`;
    const seen = this.#seen.get(peer);
    if (seen?.key === key) return seen.view;
    const view = viewOf(peer);
    this.#seen.set(peer, { key, view });
    return view;
  }
}

/** The name that a peer's container has on its network. */
function nameOf(number: number): Address {
  return `peer-${number}:7946`;
}

/** The view of a simulated peer, as GetMembers would answer with it. */
export function viewOf(peer: SimulatedPeer): PeerView {
  const state = stateOf(peer);
  const records = state === "running" ? (peer.protocol?.members({ includeGone: true }) ?? []) : undefined;
  const members = records && new Map(records.map((record) => [record.address, record]));
  return { number: peer.index + 1, address: peer.address, state, members, problem: undefined };
}

function stateOf({ state, frozen }: SimulatedPeer): PeerState {
  if (state !== "running") return "down";
  return frozen ? "paused" : "running";
}
