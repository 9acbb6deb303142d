import type { Address } from "../core/address.js";
import type { PeerMeta } from "../core/meta.js";
import {
  DEFAULT_LIMITS,
  resolveTiming,
  type Millis,
  type ProtocolLimits,
  type ProtocolTiming,
} from "../core/timing.js";
import { Machine, type RunSettings } from "./machine.js";
import { AS_SENT, type MessageCodec } from "./message-codec.js";
import { GOOD_LINK, SimulatedNetwork, type LinkSettings } from "./simulated-network.js";
import type { Rhythm, SimulatedPeer } from "./simulated-peer.js";
import { stream } from "./streams.js";
import type { Trace } from "./trace.js";
import type { Watcher } from "./watcher.js";
import { World } from "./world.js";

/** What a run is made of. */
export interface SimulationOptions {
  /** All that happens by chance follows from it. */
  readonly seed: number;
  /** The timing of all peers. Default: as of a real peer. */
  readonly timing?: Partial<ProtocolTiming>;
  /** The limits of all peers. Default: as of a real peer. */
  readonly limits?: Partial<ProtocolLimits>;
  /** How every link is at first, in what differs from GOOD_LINK. */
  readonly link?: Partial<LinkSettings>;
  /** Encodes and decodes every message on its way; by default messages arrive as they were sent. */
  readonly codec?: Partial<MessageCodec>;
}

/**
 * Peers in virtual time: the very Protocol that runs in production, one queue of events and a seeded network.
 * Synchronous and deterministic: the same options and the same calls give the same trace.
 */
export class Simulation {
  readonly #settings: RunSettings;
  readonly #link: LinkSettings;
  readonly #world: World;
  readonly #machines: Machine[] = [];
  readonly #twins: Machine[] = [];

  /** There is nobody and nothing happens until peers are added and started, and time passes. */
  constructor({ seed, timing, limits, link, codec }: SimulationOptions) {
    this.#settings = {
      seed,
      timing: resolveTiming(timing),
      limits: { ...DEFAULT_LIMITS, ...limits },
      codec: { ...AS_SENT, ...codec },
    };
    this.#link = { ...GOOD_LINK, ...link };
    this.#world = new World((now) => new SimulatedNetwork(stream(seed, "network"), this.#link, now));
  }

  /** The seed of the run. */
  get seed(): number {
    return this.#settings.seed;
  }

  /** The timing of all peers, with every default in place. */
  get timing(): ProtocolTiming {
    return this.#settings.timing;
  }

  /** The limits of all peers, with every default in place. */
  get limits(): ProtocolLimits {
    return this.#settings.limits;
  }

  /** The network between the peers, on which faults are put. */
  get network(): SimulatedNetwork {
    return this.#world.network;
  }

  /** Everything that happened so far: as a hash, and its last lines as text. */
  get trace(): Trace {
    return this.#world.trace;
  }

  /** All peers, in the order in which they were added. */
  get peers(): readonly SimulatedPeer[] {
    return this.#machines;
  }

  /** The peers whose process runs, frozen and blocked ones among them. */
  get running(): SimulatedPeer[] {
    return this.#machines.filter(({ state }) => state === "running");
  }

  /** Has somebody told of everything from now on, as it happens. */
  watch(watcher: Watcher): void {
    this.#world.watchers.push(watcher);
  }

  // ---- what is done to peers ----------------------------------------------------------------------------------------

  /** Adds a peer that is not started. Without an address it gets 10.0.x.y:7946 by its number. */
  addPeer({
    address,
    meta = {},
    seeds = [],
  }: { address?: Address; meta?: PeerMeta; seeds?: readonly Address[] } = {}): SimulatedPeer {
    const index = this.#machines.length;
    const given = address ?? `10.0.${(index + 1) >> 8}.${(index + 1) & 255}:7946`;
    const machine = new Machine({ index, address: given, meta, seeds }, this.#world, this.#settings);
    this.#machines.push(machine);
    this.#world.add(machine);
    return machine;
  }

  /** Gives a name that stands for several addresses, which are asked for with each lookup. */
  setName(name: Address, addresses: () => readonly Address[]): void {
    this.#world.setName(name, addresses);
  }

  /** An address that leads each call to a peer that is chosen anew, as a load balancer's does; nowhere where none is. */
  setBalancer(address: Address, choose: () => SimulatedPeer | undefined): void {
    this.#world.setBalancer(address, () => {
      const chosen = choose();
      return chosen && this.#machines[chosen.index];
    });
  }

  /** The peer that was added last with that address. */
  peerAt(address: Address): SimulatedPeer | undefined {
    const endpoint = this.#world.endpointAt(address);
    return endpoint && this.#machines[endpoint.index];
  }

  /**
   * Starts a second process with the address of a peer, as after its machine was cloned or its configuration copied, and
   * returns it. It calls others, and what these call is the peer. It is none of `peers`, and lasts until it is killed.
   */
  startTwin(of: SimulatedPeer, { meta = {}, seeds }: { meta?: PeerMeta; seeds: readonly Address[] }): SimulatedPeer {
    const { index, address } = this.#noted("twin", of);
    const life = this.#twins.length; // one more for each, so that no two are the same life of a peer
    const twin = new Machine({ index, address, meta, seeds, life, isTwin: true }, this.#world, this.#settings);
    this.#twins.push(twin);
    twin.start();
    return twin;
  }

  /** Starts a peer, also one that is leaving. Nothing happens where it runs. */
  start(peer: SimulatedPeer): void {
    this.#noted("start", peer).start();
  }

  /** Gives a peer that is down another IP, under which its name is found from now on. */
  move(peer: SimulatedPeer): void {
    this.#noted("move", peer).moves++;
  }

  /** Has a peer say goodbye; it has ended once its calls are over. */
  stop(peer: SimulatedPeer): void {
    this.#noted("stop", peer).leave();
  }

  /**
   * Crashes a peer. Its connections close, unless its machine vanishes with it; `unheard` says what becomes of later calls.
   */
  kill(peer: SimulatedPeer, how: { readonly unheard?: SimulatedPeer["unheard"] } = {}): void {
    const machine = this.#noted("kill", peer);
    if (machine.state === "running" || machine.state === "leaving") machine.end(how);
  }

  /** Freezes a peer that runs: it takes nothing in until it is resumed. */
  pause(peer: SimulatedPeer): void {
    this.#noted("pause", peer).freeze();
  }

  /** Lets a frozen or blocked peer run again: what waited for it, it takes in at once. */
  resume(peer: SimulatedPeer): void {
    this.#noted("resume", peer).wake();
  }

  /**
   * Blocks and frees a peer by turns from now on, as long as the peer runs and `goesOn`. Its deadlines pass on time,
   * since nothing tells it that it is late, but its calls leave late and answers are read late, in a burst (Lifeguard,
   * section V: slow message processing). Whoever ends this resumes the peer, which may be blocked then.
   */
  starve(peer: SimulatedPeer, rhythm: Rhythm): void {
    const { asleepMs, awakeMs, goesOn } = rhythm;
    if (peer.state !== "running" || !goesOn()) return;
    this.#noted("block", peer).block();
    this.at(this.now + asleepMs(), () => {
      if (!goesOn()) return;
      this.resume(peer);
      this.at(this.now + awakeMs, () => {
        this.starve(peer, rhythm);
      });
    });
  }

  /**
   * Limits a peer to this share of a processor, also in its later lives; undefined ends the limit. The less it gets, the
   * longer each message takes that comes in; meanwhile whatever else comes, and its timers, wait for their turn.
   */
  limitCpu(peer: SimulatedPeer, share: number | undefined): void {
    this.#noted(`cpu ${share ?? "none"}`, peer).limitCpu(share);
  }

  /**
   * Closes every connection between a peer and others, though all of them live; calls under way over these break.
   * Returns with how many others there were any.
   */
  disconnect(peer: SimulatedPeer): number {
    const machine = this.#noted("disconnect", peer);
    this.#world.closeConnectionsOf(machine);
    return this.#world.closeConnectionsTo(machine);
  }

  /** Changes a peer's metadata: at once, when it thaws, or for its next life where it does not run. */
  updateMeta(peer: SimulatedPeer, meta: PeerMeta): void {
    const machine = this.#noted(`meta ${JSON.stringify(meta)}`, peer);
    if (machine.state === "running") machine.tell({ type: "update-meta", meta });
    else machine.meta = meta;
  }

  /** Gives a running peer one more seed: at once, or when it thaws. */
  addSeed(peer: SimulatedPeer, seed: Address): void {
    const machine = this.#noted(`seed ${seed}`, peer);
    if (machine.state === "running") machine.tell({ type: "add-seed", seed });
  }

  /** Makes every link as it was at first. Peers stay as they are. */
  healNetwork(): void {
    this.trace.add(this.now, "heal");
    this.network.heal(this.#link);
  }

  /** Makes these settings of every link as they were at first, except of links that were set one by one. */
  restoreLinks(...settings: readonly (keyof LinkSettings)[]): void {
    this.network.setAll(Object.fromEntries(settings.map((setting) => [setting, this.#link[setting]])));
  }

  // ---- time ---------------------------------------------------------------------------------------------------------

  /** The virtual time, in ms since the start of the run. */
  get now(): Millis {
    return this.#world.now;
  }

  /** Does something at a moment to come, or now when the moment is past. */
  at(moment: Millis, act: () => void): void {
    this.#world.at(moment, act);
  }

  /** Lets so much time pass. */
  pass(durationMs: Millis): void {
    this.#world.pass(durationMs);
  }

  /** Lets time pass until `holds`, which is called after every event; false when the time ran out first. */
  passUntil(holds: () => boolean, withinMs: Millis): boolean {
    return this.#world.passUntil(holds, withinMs);
  }

  /** The machine of a peer, once the trace says what is done to it. */
  #noted(what: string, peer: SimulatedPeer): Machine {
    this.trace.add(this.now, what, peer.address);
    const machine = [...this.#machines, ...this.#twins].find((each) => each === peer);
    if (machine === undefined) throw new Error(`${peer.address} is no peer of this simulation`);
    return machine;
  }
}
