import type { Fault } from "../../fault/fault.js";
import { isNothing, isOfNetwork } from "../../fault/kinds.js";
import { NetworkFaults } from "../../fault/network.js";
import { Unsupported } from "../../fault/unsupported.js";
import { Coalescer } from "../../lib/coalescer.js";
import type { Places } from "./hosts.js";
import { askKernel, type Kernel } from "./kernel.js";
import { faultsIn, newest, noteOf } from "./notes.js";
import {
  areInForce,
  breaking,
  droppedIn,
  isRuled,
  noteIn,
  READING,
  stampIn,
  UNTOUCHED,
  type RuledFault,
} from "./rules.js";
import type { NetworkScript, Tools } from "./tools.js";

/** The stamp of a network in which a script may have failed half-way: that of no ruleset. */
const UNSURE = "unsure";

/** The network of a peer that runs in a container. */
export interface PeerNetwork {
  readonly number: number;
  /** The peer's address in it; undefined while there is none. */
  readonly ip: string | undefined;
  /** The names by which others find it, alone or among several. */
  readonly names: readonly string[];
  /** The id of the container; undefined while it does not run and so has no network namespace. */
  readonly container: string | undefined;
}

/**
 * Breaks the networks of peers: holds the faults that each is to have, and makes the kernel agree. The faults of a peer
 * that does not run wait until it does.
 */
export class Firewall {
  readonly #open: () => Promise<Tools>;
  readonly #networks: () => readonly PeerNetwork[];
  /** The faults that a network has when it is healed. */
  #normal: readonly RuledFault[] = [];
  #wanted = new NetworkFaults();
  /** The faults as a note, which is written anew whenever they change; "" where none is taken. */
  #note = "";
  /** By the number of a peer: the stamp of what its network has in the present life of its container. */
  readonly #stamps = new Map<number, string>();
  readonly #work = new Coalescer(() => this.#workOff());
  /** How many packets were dropped by rules that are gone. */
  #droppedBefore = 0;
  /** By the number of a peer: how many packets its present rules had dropped when they were last read. */
  readonly #dropped = new Map<number, number>();
  readonly #takesNotes: boolean;
  #tools: Promise<Tools> | undefined;
  #kernel: Promise<Kernel> | undefined;

  /**
   * `open` is called before the first fault, and not if there never is one. With `notes` the faults of all peers are
   * noted with the rules of each, so that another firewall can recall them, even when some were restarted meanwhile.
   */
  constructor(open: () => Promise<Tools>, networks: () => readonly PeerNetwork[], { notes = false } = {}) {
    this.#open = open;
    this.#networks = networks;
    this.#takesNotes = notes;
  }

  /**
   * Takes over the faults that another firewall gave these networks: from now on they are this one's. Returns the
   * numbers of the peers whose kernel does not have the faults that they are to have: they, or others, have been
   * restarted since.
   */
  async recall(): Promise<number[]> {
    const networks = this.#networks().filter(({ container }) => container !== undefined);
    const found = await this.#read(networks);
    const note = newest([...found.values()].map(noteIn));
    if (note !== "") {
      this.#wanted = new NetworkFaults(faultsIn(note));
      this.#note = note;
    }
    this.#stamps.clear();
    for (const [number, printed] of found) if (printed !== "") this.#stamps.set(number, stampIn(printed));
    const places = this.#places();
    return networks.flatMap(({ number }) => {
      const isInForce = areInForce(found.get(number) ?? "", number, this.faultsOf(number), places);
      return isInForce ? [] : number;
    });
  }

  /** The faults that the network of that peer is to have at present. */
  faultsOf(number: number): RuledFault[] {
    return this.#wanted.of(number).filter(isRuled);
  }

  /**
   * Adds faults, and resolves when the kernel has them. Rejects with Unsupported, with nothing changed, when the kernel
   * cannot do one of them.
   */
  async apply(...faults: readonly RuledFault[]): Promise<void> {
    await this.#expectPossible(faults);
    await this.#want(faults);
  }

  /** Adds faults, as `apply` does, and opens every way that none of them closes. */
  async closeOnly(...faults: readonly RuledFault[]): Promise<void> {
    await this.#expectPossible(faults);
    this.#wanted.openWays();
    await this.#want(faults);
  }

  /** Adds faults, as `apply` does, which stay when the network is healed. */
  async makeNormal(...faults: readonly RuledFault[]): Promise<void> {
    await this.apply(...faults);
    this.#normal = faults;
  }

  async heal(): Promise<void> {
    this.#wanted = new NetworkFaults(this.#normal);
    await this.#want([]);
  }

  /** Ends this fault, and no other. Where the network has such a fault when it is well, it has that again. */
  async end(fault: Fault): Promise<void> {
    if (!isOfNetwork(fault)) return;
    this.#wanted.end(fault);
    await this.#want(this.#normal.filter(({ kind }) => !this.#wanted.has(kind)));
  }

  /** Whether any network is to have faults. */
  get isBroken(): boolean {
    return !this.#wanted.isEmpty;
  }

  /**
   * Gives peers that have just started their rules again, since those of their last lives are gone. All others get to
   * know where they are now.
   */
  async putBack(...numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      this.#stamps.delete(number);
      this.#forget(number);
    }
    await this.#work.run();
  }

  /** How many packets were dropped so far. Of a peer that has ended, those that were read before. */
  async dropped(): Promise<number> {
    const ruled = this.#networks().filter(({ number }) => this.#stamps.has(number));
    for (const [number, printed] of await this.#read(ruled)) this.#dropped.set(number, droppedIn(printed));
    return [...this.#dropped.values()].reduce((sum, each) => sum + each, this.#droppedBefore);
  }

  /**
   * Throws Unsupported where the kernel lacks what a fault needs, or names are to lead to an address that is not known. A
   * fault whose values mean "no fault" needs nothing.
   */
  async #expectPossible(faults: readonly RuledFault[]): Promise<void> {
    const { ips } = this.#places();
    for (const fault of faults)
      if (fault.kind === "wrong-dns" && !ips.has(fault.leadsTo))
        throw new Unsupported(`names can lead to a peer that has an address, and peer ${fault.leadsTo} has none here`);
    const needed = new Set(faults.filter((fault) => !isNothing(fault)).flatMap(neededFor));
    for (const each of needed) {
      this.#kernel ??= this.#theTools().then(askKernel);
      const lack = (await this.#kernel)[each];
      if (lack !== undefined) throw new Unsupported(lack);
    }
  }

  async #want(faults: readonly RuledFault[]): Promise<void> {
    for (const fault of faults) this.#wanted.put(fault);
    this.#note = this.#takesNotes ? noteOf(this.#wanted) : "";
    await this.#work.run();
  }

  async #workOff(): Promise<void> {
    const networks = this.#networks();
    const places = this.#places();
    const jobs = networks.flatMap(({ number, container }) => {
      const { script, stamp } = breaking(number, this.faultsOf(number), places, this.#note);
      const isDone = (this.#stamps.get(number) ?? UNTOUCHED) === stamp;
      return isDone || container === undefined ? [] : { number, container, script, stamp };
    });
    for (const { number } of jobs) this.#stamps.set(number, UNSURE);
    // The counts are read first, since a rule that is replaced begins to count anew.
    const before = await this.#run(
      jobs.map(({ container, script }) => ({ container, script: `${READING}\n${script}` })),
    );
    for (const [at, { number, stamp }] of jobs.entries()) {
      this.#dropped.set(number, droppedIn(before[at] ?? ""));
      this.#forget(number);
      this.#stamps.set(number, stamp);
    }
  }

  /** Where the peers are found. One that does not run may have no address. */
  #places(): Places {
    const networks = this.#networks();
    const ips = new Map(networks.flatMap(({ number, ip }) => (ip === undefined ? [] : [[number, ip] as const])));
    return { ips, names: [...new Set(networks.flatMap(({ names }) => names))] };
  }

  /** What READING prints in each of these networks, by the number of the peer. Peers that do not run are left out. */
  async #read(networks: readonly PeerNetwork[]): Promise<Map<number, string>> {
    const jobs = networks.flatMap(({ number, container }) =>
      container === undefined ? [] : { number, container, script: READING },
    );
    const printed = await this.#run(jobs);
    return new Map(jobs.map(({ number }, at) => [number, printed[at] ?? ""]));
  }

  async #run(jobs: readonly NetworkScript[]): Promise<string[]> {
    return jobs.length === 0 ? [] : (await this.#theTools()).runIn(jobs);
  }

  #theTools(): Promise<Tools> {
    this.#tools ??= this.#open();
    return this.#tools;
  }

  /** Keeps the count of that peer's rules, which are about to count anew. */
  #forget(number: number): void {
    this.#droppedBefore += this.#dropped.get(number) ?? 0;
    this.#dropped.delete(number);
  }
}

/** What the kernel must be able to do for a fault. */
function neededFor(fault: RuledFault): (keyof Kernel)[] {
  const hasOwnQueue = (fault.kind === "delay" || fault.kind === "bandwidth") && fault.other !== undefined;
  return hasOwnQueue ? [fault.kind, "links"] : [fault.kind];
}
