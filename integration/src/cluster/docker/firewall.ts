import { isNothing } from "../../fault/kinds.js";
import { NetworkFaults } from "../../fault/network.js";
import { Unsupported } from "../../fault/unsupported.js";
import { Coalescer } from "../../lib/coalescer.js";
import { askKernel, type Kernel } from "./kernel.js";
import { latest, notesOf } from "./notes.js";
import { areInForce, breaking, droppedIn, isRuled, notesIn, READING, type RuledFault } from "./rules.js";
import type { NetworkScript, Tools } from "./tools.js";

/** In the place of a script that is not known. */
const FOREIGN = "";

/** A container with a network to break. */
export interface Target {
  readonly number: number;
  readonly ip: string | undefined;
  /** Undefined while it has no network namespace: it does not run. */
  readonly container: string | undefined;
}

/**
 * Breaks the networks of containers: holds what is wanted of them and makes the kernel agree. What is wanted of one
 * that does not run waits until it does.
 */
export class Firewall {
  readonly #open: () => Promise<Tools>;
  readonly #targets: () => readonly Target[];
  /** The faults that a network has when it is healed. */
  #normal: readonly RuledFault[] = [];
  #wanted = new NetworkFaults();
  /** By number: the script that ran last in its present life. */
  readonly #done = new Map<number, string>();
  readonly #work = new Coalescer(() => this.#workOff());
  /**
   * How many packets were dropped by rules that are no more, and by those of the present, by number, when they were
   * last read.
   */
  #droppedBefore = 0;
  readonly #dropped = new Map<number, number>();
  readonly #takesNotes: boolean;
  #tools: Promise<Tools> | undefined;
  #kernel: Promise<Kernel> | undefined;

  /**
   * `open` is called before the first fault, and not if there never is one. What is wanted of all can be noted with the
   * rules of each, so that another firewall can recall it, even when some have been restarted meanwhile.
   */
  constructor(open: () => Promise<Tools>, targets: () => readonly Target[], { notes = false } = {}) {
    this.#open = open;
    this.#targets = targets;
    this.#takesNotes = notes;
  }

  /**
   * Takes over what another firewall has done to these targets: from now on that is wanted. Returns the numbers of
   * those whose kernel does not do what is wanted of them: they, or others, have been restarted since.
   */
  async recall(): Promise<number[]> {
    const targets = this.#targets().filter(({ container }) => container !== undefined);
    const found = await this.#read(targets);
    const noted = latest([...found.values()].map(notesIn));
    if (noted.length > 0) this.#wanted = new NetworkFaults(noted);
    for (const [number, printed] of found) if (printed !== "") this.#done.set(number, FOREIGN);
    const ips = this.#ips();
    return targets.flatMap(({ number }) => {
      const isInForce = areInForce(found.get(number) ?? "", number, this.faultsOf(number), ips);
      return isInForce ? [] : number;
    });
  }

  /** The faults that are wanted of the network of that peer at present. */
  faultsOf(number: number): RuledFault[] {
    return this.#wanted.of(number).filter(isRuled);
  }

  /** Resolves when all of that is so. Rejects with Unsupported, with nothing changed, when the kernel cannot do it. */
  async apply(...faults: readonly RuledFault[]): Promise<void> {
    await this.#expectPossible(faults);
    await this.#want(faults);
  }

  /** As `apply`, and no other ways than these are closed from then on. */
  async closeOnly(...faults: readonly RuledFault[]): Promise<void> {
    await this.#expectPossible(faults);
    this.#wanted.openWays();
    await this.#want(faults);
  }

  /** As `apply`, and what the network is again whenever it is healed. */
  async makeNormal(...faults: readonly RuledFault[]): Promise<void> {
    await this.apply(...faults);
    this.#normal = faults;
  }

  async heal(): Promise<void> {
    this.#wanted = new NetworkFaults(this.#normal);
    await this.#work.run();
  }

  /** To be called when a target starts: the rules of its last life are gone with it. */
  async putBack(number: number): Promise<void> {
    this.#done.delete(number);
    this.#forget(number);
    await this.#work.run();
  }

  /** How many packets have been dropped so far; of who has ended since, those that had been counted before. */
  async dropped(): Promise<number> {
    const ruled = this.#targets().filter(({ number }) => this.#done.has(number));
    for (const [number, printed] of await this.#read(ruled)) this.#dropped.set(number, droppedIn(printed));
    return [...this.#dropped.values()].reduce((sum, each) => sum + each, this.#droppedBefore);
  }

  /** A fault that is nothing is possible everywhere. */
  async #expectPossible(faults: readonly RuledFault[]): Promise<void> {
    const kinds = new Set(faults.filter((fault) => !isNothing(fault)).map(({ kind }) => kind));
    for (const kind of kinds) {
      this.#kernel ??= this.#theTools().then(askKernel);
      const lack = (await this.#kernel)[kind];
      if (lack !== undefined) throw new Unsupported(lack);
    }
  }

  async #want(faults: readonly RuledFault[]): Promise<void> {
    for (const fault of faults) this.#wanted.put(fault);
    await this.#work.run();
  }

  async #workOff(): Promise<void> {
    const targets = this.#targets();
    const ips = this.#ips();
    const notes = this.#takesNotes ? notesOf(this.#wanted) : [];
    const jobs = targets.flatMap(({ number, container }) => {
      const faults = this.faultsOf(number);
      const script = breaking(number, faults, ips, notes).join("\n");
      const isDone = this.#done.has(number)
        ? this.#done.get(number) === script
        : faults.length === 0 && notes.length === 0;
      return isDone || container === undefined ? [] : { number, container, script };
    });
    // Read first, since a rule that is replaced begins to count anew.
    const before = await this.#run(
      jobs.map(({ container, script }) => ({ container, script: `${READING}\n${script}` })),
    );
    for (const [at, { number, script }] of jobs.entries()) {
      this.#dropped.set(number, droppedIn(before[at] ?? ""));
      this.#forget(number);
      this.#done.set(number, script);
    }
  }

  /** The IPs of the targets; one that does not run may have none. */
  #ips(): Map<number, string> {
    return new Map(this.#targets().flatMap(({ number, ip }) => (ip === undefined ? [] : [[number, ip]])));
  }

  /** The rules that there are in the kernel, by number; of those that run. */
  async #read(targets: readonly Target[]): Promise<Map<number, string>> {
    const jobs = targets.flatMap(({ number, container }) =>
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

  /** The rules of that target begin to count anew. */
  #forget(number: number): void {
    this.#droppedBefore += this.#dropped.get(number) ?? 0;
    this.#dropped.delete(number);
  }
}
