import type { Address } from "gossip-peer";
import { FACT_KINDS, type FactKind, type SimulatedPeer, type Simulation } from "gossip-peer/simulator";
import type { Fault } from "../../fault/fault.js";
import { impossible, isOfNetwork, rowOf } from "../../fault/kinds.js";
import type { Applied } from "../../scenario/cluster.js";
import { issuerOf, TRUSTED } from "../trust.js";
import { SimulatedNetworkFaults } from "./simulated-network-faults.js";

/**
 * Applies faults to a simulation, and counts those that had an effect. No virtual time passes here: a fault that takes
 * time is under way when `apply` returns.
 */
export class SimulatedFaults {
  readonly #simulation: Simulation;
  readonly #network: SimulatedNetworkFaults;
  readonly #happened: (fact: FactKind, peer: SimulatedPeer) => void;
  #bites = 0;
  readonly #twins = new Set<SimulatedPeer>();
  /** The starving of each peer, by its number, as long as it goes on. */
  readonly #starving = new Map<number, Fault<"starve">>();

  /** `happened` is told what the other peers are to learn. */
  constructor(simulation: Simulation, happened: (fact: FactKind, peer: SimulatedPeer) => void = () => undefined) {
    this.#simulation = simulation;
    this.#network = new SimulatedNetworkFaults(simulation, (number) => this.peer(number).address);
    this.#happened = happened;
  }

  /** How often a peer's state changed, or a message was lost, doubled or held back. */
  get bites(): number {
    return Object.values(this.#simulation.network.bites).reduce((sum, each) => sum + each, this.#bites);
  }

  /**
   * Applies a fault, also when it changes nothing. Throws Unsupported, with nothing done, for a fault that a simulation
   * cannot have.
   */
  apply(fault: Fault): Applied {
    const number = "peer" in fault ? fault.peer : undefined;
    const before = this.#stateOf(number);
    const applied = this.#do(fault);
    if (number !== undefined && this.#stateOf(number) !== before) {
      this.#bites++;
      const fact = FACT_KINDS.find((kind) => kind === rowOf(fault.kind).learned?.fact);
      if (fact !== undefined) this.#happened(fact, this.peer(number));
    }
    return applied;
  }

  /**
   * Ends all faults: the network is as at first, frozen and starved peers run again, no CPU is limited and clocks are
   * right. Peers that are down stay down.
   */
  end(): void {
    this.#starving.clear();
    this.#simulation.healNetwork();
    this.#endTwins();
    for (const peer of this.#simulation.running) this.#simulation.resume(peer);
    for (const peer of this.#simulation.peers) {
      peer.clockSkewMs = 0;
      if (peer.cpuShare !== undefined) this.#simulation.limitCpu(peer, undefined);
    }
  }

  /** Ends a fault that takes its time. Nothing happens where it is over already. */
  over(fault: Fault<"starve" | "twin">): void {
    if (fault.kind === "twin") this.#startTwin({ ...fault, forMs: 0 });
    else if (this.#starving.get(fault.peer) === fault) {
      this.#starving.delete(fault.peer);
      this.#simulation.resume(this.peer(fault.peer)); // the last time asleep may be longer than the fault lasts
    }
  }

  /** The peer of this number. Throws an Error when there is none. */
  peer(number: number): SimulatedPeer {
    const peer = this.#simulation.peers[number - 1];
    if (peer === undefined) throw new Error(`there is no peer ${number}; there are ${this.#simulation.peers.length}`);
    return peer;
  }

  #do(fault: Fault): Applied {
    if (isOfNetwork(fault)) {
      this.#network.apply(fault);
      return {};
    }
    const simulation = this.#simulation;
    switch (fault.kind) {
      case "kill":
        simulation.kill(this.peer(fault.peer), { unheard: unheardOf(fault) });
        break;
      case "stop":
        simulation.stop(this.peer(fault.peer));
        break;
      case "start":
        this.#start(fault);
        break;
      case "restart":
        simulation.stop(this.peer(fault.peer));
        simulation.start(this.peer(fault.peer));
        break;
      case "pause":
        this.#starving.delete(fault.peer);
        simulation.pause(this.peer(fault.peer));
        break;
      case "resume":
        this.#starving.delete(fault.peer);
        simulation.resume(this.peer(fault.peer));
        break;
      case "starve":
        this.#starve(fault);
        break;
      case "cpu":
        simulation.limitCpu(this.peer(fault.peer), fault.share);
        break;
      case "clock":
        this.peer(fault.peer).clockSkewMs = fault.aheadMs;
        break;
      case "certificate":
        simulation.network.setIssuer(this.peer(fault.peer).address, issuerOf(fault));
        break;
      case "ca":
        simulation.network.setTrusted(this.peer(fault.peer).address, TRUSTED[fault.trusts]);
        break;
      case "twin":
        this.#startTwin(fault);
        break;
      case "add":
        this.#add(fault);
        break;
      case "set-meta":
        simulation.updateMeta(this.peer(fault.peer), fault.meta);
        break;
      case "add-seed":
        simulation.addSeed(this.peer(fault.peer), this.#addressOf(fault.seed));
        break;
      case "close":
        return { closed: simulation.disconnect(this.peer(fault.peer)) };
      case "heal":
        if (fault.only === undefined) simulation.healNetwork();
        else if (isOfNetwork(fault.only)) this.#network.end(fault.only);
        break;
      case "memory":
      case "stranger":
        throw impossible(fault, "simulator") ?? new Error(`a simulation does not do ${fault.kind}`);
      default:
        return fault satisfies never; // each kind is above
    }
    return {};
  }

  #start({ peer: number, name, cluster, elsewhere = false, tls }: Fault<"start">): void {
    const peer = this.peer(number);
    if (tls !== undefined) this.#simulation.network.setTls(peer.address, tls);
    if (elsewhere) this.#simulation.move(peer);
    if (name !== undefined) peer.meta = { name };
    peer.cluster = cluster ?? peer.cluster;
    this.#simulation.start(peer);
  }

  #starve(fault: Fault<"starve">): void {
    const { peer: number, afterMs, asleepMs, awakeMs, forMs } = fault;
    const simulation = this.#simulation;
    const peer = this.peer(number);
    this.#starving.set(number, fault);
    const endMs = simulation.now + forMs;
    const goesOn = (): boolean => this.#starving.get(number) === fault && simulation.now < endMs;
    const begin = (): void => {
      simulation.starve(peer, { asleepMs: () => asleepMs, awakeMs, goesOn });
    };
    if (afterMs > 0) simulation.at(simulation.now + afterMs, begin);
    else begin();
  }

  #startTwin({ peer: number, forMs }: Fault<"twin">): void {
    const simulation = this.#simulation;
    const peer = this.peer(number);
    if (forMs === 0) {
      this.#endTwins(({ address }) => address === peer.address);
      return;
    }
    const other = simulation.running.find((each) => each !== peer);
    const seeds = other === undefined ? peer.seeds : [other.address];
    const twin = simulation.startTwin(peer, { meta: { name: `twin of peer ${number}` }, seeds });
    this.#twins.add(twin);
    this.#bites++;
    simulation.at(simulation.now + forMs, () => {
      this.#endTwins((each) => each === twin);
    });
  }

  #endTwins(which: (twin: SimulatedPeer) => boolean = () => true): void {
    for (const twin of [...this.#twins].filter(which)) {
      this.#twins.delete(twin);
      this.#simulation.kill(twin);
    }
  }

  #add({ peer: number, seeds }: Fault<"add">): void {
    const next = this.#simulation.peers.length + 1;
    if (number !== next) throw new Error(`the next peer is ${next}, not ${number}`);
    const meta = { name: `peer-${number}` };
    this.#simulation.start(this.#simulation.addPeer({ meta, seeds: seeds.map((seed) => this.#addressOf(seed)) }));
  }

  #addressOf(peer: number | Address): Address {
    return typeof peer === "number" ? this.peer(peer).address : peer;
  }

  /** The parts of a peer's state that faults change; empty for a peer that is not there yet. */
  #stateOf(number: number | undefined): string {
    const peer = this.#simulation.peers[(number ?? 0) - 1];
    return peer === undefined ? "" : `${peer.state} ${peer.frozen} ${peer.blocked} ${peer.cpuShare} ${peer.life}`;
  }
}

/** What becomes of calls to a peer that was killed so. */
function unheardOf({ refuses, closes, vanishes }: Fault<"kill">): SimulatedPeer["unheard"] {
  if (closes === true) return "closed";
  if (vanishes === true) return "vanished";
  return refuses === true ? "refused" : "swallowed";
}
