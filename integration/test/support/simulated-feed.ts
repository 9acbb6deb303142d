import type { Address, MemberEvent, PeerMeta } from "gossip-peer";
import { Simulation, type SimulatedPeer, type Watcher } from "gossip-peer/simulator";
import { Sightings } from "../../src/observer/sightings.js";
import type { Link } from "../../src/observer/page/types.js";

const EPOCH_MS = 1_700_000_000_000;

/**
 * A simulated cluster whose peers are all followed, in virtual time: the sightings are those that an observer would
 * make.
 */
export class SimulatedFeed implements Watcher {
  readonly simulation: Simulation;
  readonly sightings: Sightings;

  constructor({ peers, room }: { peers: number; room?: number }) {
    this.simulation = new Simulation({ seed: 1 });
    this.sightings = new Sightings({
      now: () => EPOCH_MS + this.simulation.now,
      ...(room === undefined ? {} : { room }),
    });
    this.simulation.watch(this);
    const seeds: Address[] = [];
    for (let number = 1; number <= peers; number++) {
      const peer = this.simulation.addPeer({ meta: { name: `peer-${number}` }, seeds: [...seeds] });
      if (number === 1) seeds.push(peer.address);
      this.start(number);
    }
    this.simulation.pass(10_000);
  }

  announced(viewer: SimulatedPeer, { kind, member }: MemberEvent): void {
    if (this.sightings.model.peers.get(viewer.address)?.link === "followed")
      this.sightings.note({ type: "change", peer: viewer.address, kind, member });
  }

  address(number: number): Address {
    return this.#peer(number).address;
  }

  start(number: number): void {
    this.simulation.start(this.#peer(number));
    this.#followed(number);
  }

  kill(number: number): void {
    this.simulation.kill(this.#peer(number));
    this.#lost(number, "unreachable");
  }

  pause(number: number): void {
    this.simulation.pause(this.#peer(number));
    this.#lost(number, "silent");
  }

  resume(number: number): void {
    this.simulation.resume(this.#peer(number));
    this.#followed(number);
  }

  setMeta(number: number, meta: PeerMeta): void {
    this.simulation.updateMeta(this.#peer(number), meta);
  }

  /** Cuts all ways between these peers and the others. */
  partition(...numbers: number[]): void {
    const apart = new Set(numbers.map((number) => this.address(number)));
    for (const from of this.simulation.peers)
      for (const to of this.simulation.peers)
        if (apart.has(from.address) !== apart.has(to.address)) this.simulation.network.cut(from.address, to.address);
  }

  heal(): void {
    this.simulation.healNetwork();
  }

  pass(ms: number): void {
    this.simulation.pass(ms);
  }

  #followed(number: number): void {
    const { address: peer, protocol } = this.#peer(number);
    this.sightings.note({ type: "link", peer, link: "followed" });
    this.sightings.note({ type: "view", peer, members: protocol?.members({ includeGone: true }) ?? [] });
    this.sightings.note({ type: "state", peer, state: "joined", reason: "", preset: "lan" });
  }

  #lost(number: number, link: Link): void {
    this.sightings.note({ type: "link", peer: this.address(number), link, why: "in the simulation" });
  }

  #peer(number: number): SimulatedPeer {
    const peer = this.simulation.peers[number - 1];
    if (peer === undefined) throw new Error(`there is no peer ${number}`);
    return peer;
  }
}
