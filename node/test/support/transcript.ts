import type { Address } from "../../src/core/address.js";
import type { ExchangeReply, ExchangeRequest, MemberEvent, SentRecord } from "../../src/core/messages.js";
import type { SimulatedPeer, Simulation, Watcher } from "../../src/simulator/index.js";

/**
 * What peers say to each other and what they make of it, one line each, for reading. Peers go by their number from 1,
 * generations count from the simulation's first moment, and views are numbered as they come up.
 */
export class Transcript implements Watcher {
  readonly lines: string[] = [];
  readonly #simulation: Simulation;
  readonly #epoch: number;
  readonly #views = new Map<number, number>();

  constructor(simulation: Simulation, epoch: number) {
    this.#simulation = simulation;
    this.#epoch = epoch;
  }

  /** What the story does, set off from what follows from it. */
  tell(what: string): void {
    this.#add(`== ${what}`);
  }

  sent(from: SimulatedPeer, message: ExchangeRequest | ExchangeReply, to: Address): void {
    const lost = this.#simulation.network.isCut(from.address, to) ? " (cut off)" : "";
    this.#add(`${peerName(from)} -> ${this.#names(to)}  ${this.#describe(message)}${lost}`);
  }

  announced(viewer: SimulatedPeer, { kind, member, reason }: MemberEvent): void {
    this.#add(`  ${peerName(viewer)}: ${kind} ${this.#names(member.address)} (${this.#names(reason)})`);
  }

  /** The one place that knows what is in a message. */
  #describe(message: ExchangeRequest | ExchangeReply): string {
    const what = "recipient" in message ? (message.recipient === "" ? "asks whoever is there" : "asks") : "replies";
    const records = message.records.map((record) => this.#tell(record));
    return `${what}: ${records.join(", ")}; view ${this.#view(message.viewHash)}`;
  }

  #tell({ address, status, generation, incarnation, goneForMs }: SentRecord): string {
    const gone = goneForMs > 0 ? ` (for ${goneForMs} ms)` : "";
    return `${this.#names(address)} ${status} ${generation - this.#epoch}.${incarnation}${gone}`;
  }

  #view(hash: number): number {
    const number = this.#views.get(hash) ?? this.#views.size + 1;
    this.#views.set(hash, number);
    return number;
  }

  #names(text: string): string {
    return this.#simulation.peers.reduce((told, peer) => told.replaceAll(peer.address, peerName(peer)), text);
  }

  #add(line: string): void {
    this.lines.push(`${(this.#simulation.now / 1000).toFixed(3).padStart(8)}  ${line}`);
  }
}

function peerName({ index }: SimulatedPeer): string {
  return `peer-${index + 1}`;
}
