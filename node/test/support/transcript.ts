import type { Address } from "../../src/core/address.js";
import type {
  Effect,
  ExchangeReply,
  ExchangeRequest,
  MemberEvent,
  ProbeRequest,
  SentRecord,
} from "../../src/core/messages.js";
import { BUCKETS } from "../../src/core/record.js";
import type { Cause, SimulatedPeer, Simulation, Watcher } from "../../src/simulator/index.js";

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
    this.#say(from, to, this.#describe(message));
  }

  probed(from: SimulatedPeer, { recipient, target }: ProbeRequest): void {
    this.#say(from, recipient, target === recipient ? "asks: there?" : `asks it to try ${this.#names(target)}`);
  }

  handled(peer: SimulatedPeer, cause: Cause, effects: readonly Effect[]): void {
    if (cause === "closed") this.#add(`  ${peerName(peer)}: a connection was closed`);
    for (const effect of effects) {
      if (effect.type !== "report" || cause === "probe") continue; // who is asked for itself just is there
      this.#add(
        `  ${peerName(peer)}: ${effect.result === "reached" ? "reached" : "did not reach"} whom it was asked to try`,
      );
    }
  }

  announced(viewer: SimulatedPeer, { kind, member, reason }: MemberEvent): void {
    this.#add(`  ${peerName(viewer)}: ${kind} ${this.#names(member.address)} (${this.#names(reason)})`);
  }

  /** The one place that knows what is in a message. */
  #describe(message: ExchangeRequest | ExchangeReply): string {
    const what = "recipient" in message ? this.#describeRequest(message) : describeReply(message);
    const records = message.records.map((record) => this.#tell(record)).join(", ");
    return `${what}: ${records === "" ? "nothing" : records}; view ${this.#view(message.viewHash)}`;
  }

  /** News names the members whom the other is to tell; a comparison how many buckets it is about. */
  #describeRequest({ recipient, range, buckets }: ExchangeRequest): string {
    if (range !== undefined) {
      const [from, to] = [this.#names(range.from), this.#names(range.to)];
      return `tells for ${from === to ? from : `${from} to ${to}`}`;
    }
    const whom = recipient === "" ? " whoever is there" : "";
    if (buckets.length > 0) return `compares ${buckets.length === BUCKETS ? "all" : buckets.length}${whom}`;
    return `asks${whom}`;
  }

  #tell({ address, status, generation, incarnation, goneForMs = 0, accusers = [] }: SentRecord): string {
    const gone = goneForMs > 0 ? ` (for ${goneForMs} ms)` : "";
    const by = accusers.map(({ address, broken }) => `${this.#names(address)}${broken ? " who saw it break" : ""}`);
    const accused = by.length > 0 ? ` (says ${by.join(" and ")})` : "";
    return `${this.#names(address)} ${status} ${generation - this.#epoch}.${incarnation}${gone}${accused}`;
  }

  #say(from: SimulatedPeer, to: Address, what: string): void {
    const lost = this.#simulation.network.isCut(from.address, to) ? " (cut off)" : "";
    this.#add(`${peerName(from)} -> ${this.#names(to)}  ${what}${lost}`);
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

/** Whether it says where its view differs. */
function describeReply({ bucketHashes }: ExchangeReply): string {
  return `replies${bucketHashes.length > 0 ? ", with its hashes" : ""}`;
}

function peerName({ index }: SimulatedPeer): string {
  return `peer-${index + 1}`;
}
