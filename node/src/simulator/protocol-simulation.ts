import type { Address } from "../core/address.js";
import type { Random } from "../core/random.js";
import type { Millis } from "../core/timing.js";
import { GOOD_LINK, SimulatedNetwork, type LinkSettings } from "./simulated-network.js";
import { stream } from "./streams.js";
import { Trace } from "./trace.js";
import { VirtualTime } from "./virtual-time.js";

/** All that a process of a ProtocolSimulation can do, and all that it knows of the world. */
export interface Surroundings<Message> {
  /** The address of the process. */
  readonly address: Address;
  /** The only source of chance that keeps runs alike: each life of a process has its own. */
  readonly random: Random;
  /** The virtual time, in ms since the start of the run. */
  readonly now: () => Millis;
  /** Puts a message on its way, as a datagram: it may come late, twice, or not at all, and nobody need be there. */
  readonly send: (to: Address, message: Message) => void;
  /** Does something so much later, unless the process has ended by then. */
  readonly after: (delayMs: Millis, act: () => void) => void;
  /** Writes a line into the trace, for whoever reads it. */
  readonly note: (text: string) => void;
}

/**
 * What a process does: called once at the start of each of its lives. It returns what takes in the messages of that life,
 * one after the other.
 */
export type Program<Message> = (own: Surroundings<Message>) => (message: Message, from: Address) => void;

/** One life of a process. */
interface Life<Message> {
  take: (message: Message, from: Address) => void;
}

/**
 * Processes of a protocol of your own in virtual time, on a network with latency, loss and cuts. Synchronous and
 * deterministic: the same seed, programs and calls give the same trace, on every machine. Messages are plain data, as JSON
 * carries them; the receiver gets a copy. What a program throws comes out of the call that lets time pass.
 */
export class ProtocolSimulation<Message> {
  /** The network between all processes, on which faults are put. */
  readonly network: SimulatedNetwork;
  /** Everything that happened: as a hash, and its last lines as text. */
  readonly trace = new Trace();
  readonly #seed: number;
  readonly #time = new VirtualTime<() => void>((act) => {
    act();
  });
  readonly #running = new Map<Address, Life<Message>>();
  #lives = 0;

  /** `seed` decides all that happens by chance; `link` is how every link is at first, in what differs from GOOD_LINK. */
  constructor({ seed, link = {} }: { readonly seed: number; readonly link?: Partial<LinkSettings> }) {
    this.#seed = seed;
    this.network = new SimulatedNetwork(stream(seed, "network"), { ...GOOD_LINK, ...link }, () => this.now);
  }

  /** The virtual time, in ms since the start of the run. */
  get now(): Millis {
    return this.#time.now;
  }

  /** Starts a process at an address; one that runs there ends first. */
  start(address: Address, program: Program<Message>): void {
    this.end(address);
    this.#note("starts", address);
    const life: Life<Message> = { take: () => undefined };
    this.#running.set(address, life);
    life.take = program(this.#surroundings(address, life));
  }

  /** Ends a process at once, as a crash does: what it was to do later is not done. Nothing happens where none runs. */
  end(address: Address): void {
    if (this.#running.delete(address)) this.#note("ends", address);
  }

  /** Does something at a moment to come, or now when the moment is past. */
  at(moment: Millis, act: () => void): void {
    this.#time.schedule(moment, act);
  }

  /** Lets so much time pass, in ms; what is due at the last moment still happens. */
  pass(durationMs: Millis): void {
    this.#time.pass(durationMs);
  }

  /** Lets time pass until `holds`, which is called after every event; false when the time ran out first. */
  passUntil(holds: () => boolean, withinMs: Millis): boolean {
    return this.#time.passUntil(holds, withinMs);
  }

  #surroundings(address: Address, life: Life<Message>): Surroundings<Message> {
    const isRunning = (): boolean => this.#running.get(address) === life;
    return {
      address,
      random: stream(this.#seed, `process ${address} life ${++this.#lives}`),
      now: () => this.now,
      send: (to, message) => {
        if (isRunning()) this.#send(address, to, JSON.stringify(message));
      },
      after: (delayMs, act) => {
        this.at(this.now + delayMs, () => {
          if (isRunning()) act();
        });
      },
      note: (text) => {
        this.#note(text, address);
      },
    };
  }

  #send(from: Address, to: Address, text: string): void {
    const delays = this.network.delays(from, to);
    this.#note(delays.length === 0 ? `sends ${text}, which is lost, to` : `sends ${text} to`, from, to);
    for (const delay of delays) {
      this.at(this.now + delay, () => {
        const life = this.#running.get(to);
        this.#note(life === undefined ? `is not there to get ${text} from` : `gets ${text} from`, to, from);
        life?.take(JSON.parse(text) as Message, from);
      });
    }
  }

  #note(what: string, who: Address, whom: Address = ""): void {
    this.trace.add(this.now, what, who, whom);
  }
}
