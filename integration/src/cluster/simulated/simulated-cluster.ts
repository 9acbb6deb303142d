import { budgets, type Address, type Budgets, type MemberEvent, type PeerMeta, type ProtocolTiming } from "gossip-peer";
import { Invariants, Knowledge, Simulation, stream, type SimulatedPeer, type Watcher } from "gossip-peer/simulator";
import type { Change, ScenarioCluster, ScenarioClusterOptions, Sent, Starved } from "../../scenario/cluster.js";
import { Unsupported } from "../../fault/unsupported.js";
import type { PeerState, PeerView, Views } from "../../view/views.js";
import { SimulatedCounters } from "./counters.js";

/** A cluster in virtual time: the same seed and the same calls give the same history. Every invariant is watched. */
export class SimulatedCluster implements ScenarioCluster, Watcher {
  readonly #simulation: Simulation;
  readonly #knowledge: Knowledge;
  readonly #counters: SimulatedCounters | undefined;
  readonly #history: Change[] = [];
  readonly #seen = new Map<SimulatedPeer, { readonly key: string; readonly view: PeerView }>();

  /** `isCounted`: what the peers send is counted, for which each message is encoded. */
  constructor({ seed, peers, started, seedsOf, timing, network }: ScenarioClusterOptions, isCounted: boolean) {
    this.#simulation = new Simulation({ seed, timing, link: network });
    this.#knowledge = new Knowledge(this.#simulation);
    this.#simulation.watch(new Invariants(this.#simulation));
    this.#simulation.watch(this);
    this.#counters = isCounted ? new SimulatedCounters(this.#simulation) : undefined;
    for (let number = 1; number <= peers; number++) this.#create();
    for (let number = 1; number <= peers; number++) this.#seed(number, seedsOf(number));
    for (const number of started) this.#begin(number);
  }

  static open(options: ScenarioClusterOptions, { isCounted = false } = {}): Promise<ScenarioCluster> {
    return Promise.resolve(new SimulatedCluster(options, isCounted));
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

  start(
    number: number,
    {
      name,
      clockSkewMs,
      cluster,
    }: { name?: string | undefined; clockSkewMs?: number | undefined; cluster?: string | undefined },
  ): Promise<void> {
    const peer = this.#peer(number);
    if (name !== undefined) peer.meta = { name };
    peer.clockSkewMs = clockSkewMs ?? peer.clockSkewMs;
    peer.cluster = cluster ?? peer.cluster;
    return this.#do(() => {
      this.#begin(number);
    });
  }

  stop(number: number): Promise<void> {
    return this.#do(() => {
      this.#stop(this.#peer(number));
    });
  }

  kill(number: number): Promise<void> {
    return this.#do(() => {
      this.#simulation.kill(this.#peer(number));
      this.#counters?.ends(this.#peer(number));
      this.#knowledge.happened("crash", this.#peer(number));
    });
  }

  restart(number: number): Promise<void> {
    return this.#do(() => {
      this.#stop(this.#peer(number));
      this.#begin(number);
    });
  }

  pause(number: number): Promise<void> {
    return this.#do(() => {
      this.#simulation.pause(this.#peer(number));
      this.#knowledge.happened("silence", this.#peer(number));
    });
  }

  resume(number: number): Promise<void> {
    return this.#do(() => {
      this.#simulation.resume(this.#peer(number));
    });
  }

  starve(numbers: readonly number[], { asleepMs, awakeMs, forMs }: Starved): Promise<void> {
    const simulation = this.#simulation;
    const chance = stream(simulation.seed, "starve");
    const end = simulation.now + forMs;
    const starved = numbers.map((number) => this.#peer(number));
    for (const peer of starved) {
      simulation.at(simulation.now + chance.next() * asleepMs, () => {
        simulation.starve(peer, { asleepMs: () => asleepMs, awakeMs, goesOn: () => simulation.now < end });
      });
    }
    return this.#do(() => {
      simulation.pass(forMs);
      for (const peer of starved) simulation.resume(peer);
    });
  }

  cpu(): Promise<void> {
    return Promise.reject(new Unsupported("the simulator has no CPU to share; starve is what it can do"));
  }

  add(seeds: readonly number[]): Promise<number> {
    return this.#do(() => {
      const number = this.#create();
      this.#seed(number, seeds);
      this.#begin(number);
      return number;
    });
  }

  setMeta(number: number, meta: PeerMeta): Promise<void> {
    return this.#do(() => {
      this.#simulation.updateMeta(this.#peer(number), meta);
    });
  }

  addSeed(number: number, seed: Address): Promise<void> {
    return this.#do(() => {
      this.#simulation.addSeed(this.#peer(number), seed);
    });
  }

  close(number: number): Promise<number> {
    return this.#do(() => this.#simulation.disconnect(this.#peer(number)));
  }

  cut(from: number, to: number): Promise<void> {
    return this.#do(() => {
      this.#simulation.network.cut(this.#peer(from).address, this.#peer(to).address);
    });
  }

  loss(share: number): Promise<void> {
    return this.#do(() => {
      this.#simulation.network.setAll({ loss: share });
    });
  }

  delay(latencyMs: number, jitterMs: number): Promise<void> {
    return this.#do(() => {
      this.#simulation.network.setAll({ latencyMs, jitterMs });
    });
  }

  bandwidth(): Promise<void> {
    return Promise.reject(new Unsupported("the simulator's network has no bandwidth that could end"));
  }

  heal(): Promise<void> {
    return this.#do(() => {
      this.#simulation.healNetwork();
    });
  }

  bites(): Promise<number> {
    return this.#do(() => Object.values(this.#simulation.network.bites).reduce((sum, each) => sum + each, 0));
  }

  /** Nothing unless it is counted. */
  traffic(): Promise<readonly Sent[]> {
    return this.#do(() => this.#counters?.sums() ?? []);
  }

  pass(ms: number): Promise<void> {
    return this.#do(() => {
      this.#simulation.pass(ms);
    });
  }

  /** Looks after every event that changed what somebody lists, so that nothing is missed that lasts for a moment only. */
  until(holds: (views: Views) => boolean, withinMs: number): Promise<boolean> {
    let looked = -1;
    const look = (): boolean => {
      if (looked === this.#history.length) return false;
      looked = this.#history.length;
      return holds(this.#views());
    };
    return this.#do(() => this.#simulation.passUntil(look, withinMs));
  }

  views(): Promise<Views> {
    return this.#do(() => this.#views());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** What goes wrong in the simulation rejects, as it does with a cluster that is really asynchronous. */
  #do<T>(act: () => T): Promise<T> {
    return new Promise((resolve) => {
      resolve(act());
    });
  }

  #peer(number: number): SimulatedPeer {
    const peer = this.#simulation.peers[number - 1];
    if (peer === undefined) throw new Error(`there is no peer ${number}; there are ${this.#simulation.peers.length}`);
    return peer;
  }

  #create(): number {
    const number = this.#simulation.peers.length + 1;
    this.#simulation.addPeer({ meta: { name: `peer-${number}` } });
    return number;
  }

  #seed(number: number, seeds: readonly number[]): void {
    this.#peer(number).seeds = seeds.map((seed) => this.#peer(seed).address);
  }

  #begin(number: number): void {
    this.#counters?.begins(this.#peer(number));
    this.#simulation.start(this.#peer(number));
    this.#knowledge.happened("join", this.#peer(number));
  }

  /** Its last calls have their deadlines, so it ends within one. */
  #stop(peer: SimulatedPeer): void {
    this.#simulation.stop(peer);
    this.#knowledge.happened("leave", peer);
    this.#simulation.passUntil(() => peer.state === "ended", 2 * this.timing.exchangeTimeoutMs);
    this.#counters?.ends(peer);
  }

  #views(): Views {
    return this.#simulation.peers.map((peer) => this.#view(peer));
  }

  #view(peer: SimulatedPeer): PeerView {
    const state = stateOf(peer);
    // What is forgotten raises no revision, and shows in the number of tombstones only.
    const { revision = 0 } = peer.protocol ?? {};
    const key = `${state} ${peer.life} ${revision} ${peer.protocol?.sizes().tombstones ?? 0}`;
    const seen = this.#seen.get(peer);
    if (seen?.key === key) return seen.view;
    const view = viewOf(peer);
    this.#seen.set(peer, { key, view });
    return view;
  }
}

/** What a peer of a simulation says of the others, as it would say it to whoever asks. */
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
