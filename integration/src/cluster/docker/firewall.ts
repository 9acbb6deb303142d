import { Unsupported } from "../../fault/unsupported.js";
import { Coalescer } from "../../lib/coalescer.js";
import { isWell, NO_FAULTS, type NetworkFaults } from "../../fault/network.js";
import { askKernel, type Kernel } from "./kernel.js";
import { latest, notesOf } from "./notes.js";
import { areInForce, breaking, droppedIn, notesIn, READING } from "./rules.js";
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
 * Breaks the networks of containers: holds what is wanted of each and makes the kernel agree. What is wanted of a target that
 * does not run waits until it does.
 */
export class Firewall {
  readonly #open: () => Promise<Tools>;
  readonly #targets: () => readonly Target[];
  #normal: Partial<NetworkFaults> = {};
  /** What is wanted of everybody, also of who comes later, and beyond it of some, by number. */
  #everybodys: Partial<NetworkFaults> = {};
  readonly #own = new Map<number, Partial<NetworkFaults>>();
  /** By number: the script that ran last in its present life. */
  readonly #done = new Map<number, string>();
  readonly #work = new Coalescer(() => this.#workOff());
  /** What rules dropped that are no more, and what those of the present had when they were last read, by number. */
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
   * Takes over what another firewall has done to these targets: from now on that is wanted. Returns the numbers of those
   * whose kernel does not do what is wanted of them: they, or others, have been restarted since.
   */
  async recall(): Promise<number[]> {
    const targets = this.#targets().filter(({ container }) => container !== undefined);
    const found = await this.#read(targets);
    for (const [number, faults] of latest([...found.values()].map(notesIn))) this.#own.set(number, faults);
    for (const [number, printed] of found) if (printed !== "") this.#done.set(number, FOREIGN);
    const ips = this.#ips();
    return targets.flatMap(({ number }) => {
      const isInForce = areInForce(found.get(number) ?? "", number, this.faultsOf(number), ips);
      return isInForce ? [] : number;
    });
  }

  /** What is wanted of that target at present. */
  faultsOf(number: number): NetworkFaults {
    return { ...NO_FAULTS, ...this.#everybodys, ...this.#own.get(number) };
  }

  /**
   * Changes what is wanted of some, and resolves when it is so. Rejects with Unsupported, with nothing changed, when the
   * kernel cannot do it.
   */
  async change(numbers: readonly number[], change: Partial<NetworkFaults>): Promise<void> {
    await this.#expectPossible(change);
    for (const number of numbers) this.#own.set(number, { ...this.#own.get(number), ...change });
    await this.#work.run();
  }

  /** As `change`, for everybody, those who come later included. */
  async changeAll(change: Partial<NetworkFaults>): Promise<void> {
    await this.#expectPossible(change);
    this.#everybodys = { ...this.#everybodys, ...change };
    await this.#work.run();
  }

  /** As `change`, for one more of which nothing reaches `to`. */
  async cut(from: number, to: number): Promise<void> {
    await this.#expectPossible({ deafTo: [from] });
    const { deafTo } = this.faultsOf(to);
    this.#own.set(to, { ...this.#own.get(to), deafTo: [...new Set([...deafTo, from])] });
    await this.#work.run();
  }

  /** As `changeAll`, and what the network is again whenever it is healed. */
  async makeNormal(change: Partial<NetworkFaults>): Promise<void> {
    await this.changeAll(change);
    this.#normal = change;
  }

  async heal(): Promise<void> {
    this.#own.clear();
    this.#everybodys = this.#normal;
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

  async #expectPossible(change: Partial<NetworkFaults>): Promise<void> {
    this.#kernel ??= this.#theTools().then(askKernel);
    const { cut, loss, delay, bandwidth } = await this.#kernel;
    const problem =
      ((change.deafTo?.length ?? 0) > 0 ? cut : undefined) ??
      ((change.loss ?? 0) > 0 ? loss : undefined) ??
      (change.delay === undefined ? undefined : delay) ??
      (change.kbits === undefined ? undefined : bandwidth);
    if (problem !== undefined) throw new Unsupported(problem);
  }

  async #workOff(): Promise<void> {
    const targets = this.#targets();
    const ips = this.#ips();
    const notes = this.#takesNotes
      ? notesOf(new Map(targets.map(({ number }) => [number, this.faultsOf(number)])))
      : [];
    const jobs = targets.flatMap(({ number, container }) => {
      const faults = this.faultsOf(number);
      const script = breaking(number, faults, ips, notes).join("\n");
      const isDone = this.#done.has(number) ? this.#done.get(number) === script : isWell(faults) && notes.length === 0;
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

  /** Who does not run may have none. */
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
