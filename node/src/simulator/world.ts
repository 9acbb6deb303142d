import type { Address } from "../core/address.js";
import type { Millis } from "../core/timing.js";
import type { Endpoint, Failure, ProcessEvent, Rpc } from "./events.js";
import type { LookUp } from "./look-ups.js";
import type { SimulatedNetwork } from "./simulated-network.js";
import { Trace } from "./trace.js";
import { VirtualTime } from "./virtual-time.js";
import type { Watcher } from "./watcher.js";

/** Something that the user of a simulation does at a moment to come. */
interface Action {
  readonly type: "action";
  readonly act: () => void;
}

/** The failure of a call to a place where nobody listens. */
export const REFUSED: Failure = { reason: "UNAVAILABLE: connection refused", refused: true };
/** How a call fails where its connection is accepted and closed. */
export const CLOSED: Failure = { reason: "UNAVAILABLE: connection closed", refused: false };

/** What all simulated peers share: virtual time, the network, the names, the calls under way, and who watches. */
export class World {
  readonly network: SimulatedNetwork;
  readonly trace = new Trace();
  readonly watchers: Watcher[] = [];
  readonly #time = new VirtualTime<ProcessEvent | Action>((next) => {
    if (next.type === "action") next.act();
    else next.to.deliver(next);
  });
  readonly #endpoints = new Map<Address, Endpoint>();
  /** Where calls to an address of nobody's own lead. */
  readonly #balancers = new Map<Address, () => Endpoint | undefined>();
  readonly #names = new Map<Address, () => readonly Address[]>();
  /** The calls under way, in the order in which they began. */
  readonly #rpcs = new Set<Rpc>();

  constructor(networkAt: (now: () => Millis) => SimulatedNetwork) {
    this.network = networkAt(() => this.now);
  }

  // ---- time ---------------------------------------------------------------------------------------------------------

  get now(): Millis {
    return this.#time.now;
  }

  /** Lets time pass; what is due at the last moment still happens. */
  pass(durationMs: Millis): void {
    this.#time.pass(durationMs);
  }

  /** Lets time pass until `holds`, which is called after every event; false when the time ran out first. */
  passUntil(holds: () => boolean, withinMs: Millis): boolean {
    return this.#time.passUntil(holds, withinMs);
  }

  /** Does something at a moment to come, or now when the moment is past. */
  at(moment: Millis, act: () => void): void {
    this.#time.schedule(moment, { type: "action", act });
  }

  schedule(at: Millis, event: ProcessEvent): void {
    this.#time.schedule(at, event);
  }

  // ---- addresses and names ------------------------------------------------------------------------------------------

  add(endpoint: Endpoint): void {
    this.#endpoints.set(endpoint.address, endpoint);
  }

  endpointAt(address: Address): Endpoint | undefined {
    const balancer = this.#balancers.get(address);
    return balancer === undefined ? this.#endpoints.get(address) : balancer();
  }

  setBalancer(address: Address, choose: () => Endpoint | undefined): void {
    this.#balancers.set(address, choose);
  }

  setName(name: Address, addresses: () => readonly Address[]): void {
    this.#names.set(name, addresses);
  }

  /** What a peer that looks a seed up now will find, and how much later; an address stands for itself. */
  lookUp(seed: Address, by: Address): LookUp {
    const addresses = this.#names.get(seed);
    return addresses === undefined ? { addresses: [seed], afterMs: 0 } : this.network.lookUps.begin(by, addresses);
  }

  // ---- messages and calls -------------------------------------------------------------------------------------------

  /** Hands an event to the network, which delivers it late, twice, or not at all. */
  transmit(from: Address, event: ProcessEvent): void {
    const isRefused = event.type === "request" && this.network.refusesCalls(event.to.address);
    if (isRefused || this.network.isRejected(from, event.to.address)) this.#reject(event);
    else this.#deliver(from, event);
  }

  #deliver(from: Address, event: ProcessEvent): void {
    for (const delay of this.network.delays(from, event.to.address)) this.#time.schedule(this.now + delay, event);
  }

  /**
   * Rejects an event as a firewall does: it answers a call with a reset, which it lets through itself, and swallows all
   * else.
   */
  #reject(event: ProcessEvent): void {
    this.network.bites.refused++;
    if (event.type !== "request") return;
    const { caller: to, life } = event.rpc;
    this.#deliver(event.to.address, { type: "broken", to, life, rpc: event.rpc, failure: REFUSED });
  }

  open(rpc: Rpc): void {
    this.#rpcs.add(rpc);
  }

  /** Ends a call for its caller; false when it was over already. */
  close(rpc: Rpc): boolean {
    const wasOpen = rpc.isOpen;
    rpc.isOpen = false;
    this.#rpcs.delete(rpc);
    return wasOpen;
  }

  rpcsOf(caller: Endpoint): Rpc[] {
    return [...this.#rpcs].filter((rpc) => rpc.caller === caller);
  }

  /** Tells the caller that its call has failed. The news comes from `by`, as late as whatever that one sends. */
  fail(by: Address, rpc: Rpc, failure: Failure): void {
    const event: ProcessEvent = { type: "broken", to: rpc.caller, life: rpc.life, rpc, failure };
    const sender = this.#endpoints.get(by);
    if (sender === undefined) this.transmit(by, event);
    else sender.send(event);
  }

  /**
   * Ends an endpoint's connections with others, whoever opened them, for those others, and returns how many others that
   * are. They see theirs close, and their calls break, unless the network between is cut.
   */
  closeConnectionsTo(endpoint: Endpoint): number {
    const { address } = endpoint;
    const others = this.#connectedWith(endpoint);
    if (this.#isCalled(endpoint)) for (const rpc of this.#rpcs) if (rpc.to === address) this.fail(address, rpc, CLOSED);
    for (const to of others) this.transmit(address, { type: "closed", to, life: to.life, address });
    return others.length;
  }

  /** Ends an endpoint's connections with others, whoever opened them, for the endpoint itself; its calls break. */
  closeConnectionsOf(endpoint: Endpoint): void {
    const { life } = endpoint;
    for (const { address } of this.#connectedWith(endpoint))
      this.schedule(this.now, { type: "closed", to: endpoint, life, address });
    for (const rpc of this.rpcsOf(endpoint)) this.fail(rpc.to, rpc, CLOSED);
  }

  /** The endpoints that hold a connection to this one, or to which this one holds one. */
  #connectedWith(endpoint: Endpoint): Endpoint[] {
    const { address, moves, connections } = endpoint;
    const isCalled = this.#isCalled(endpoint);
    return [...this.#endpoints.values()].filter(
      (other) =>
        connections.get(other.address) === other.moves || (isCalled && other.connections.get(address) === moves),
    );
  }

  /** Whether calls to the endpoint's address reach it: a twin is called by nobody. */
  #isCalled(endpoint: Endpoint): boolean {
    return this.#endpoints.get(endpoint.address) === endpoint;
  }
}
