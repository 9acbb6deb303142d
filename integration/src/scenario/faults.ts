import type { PeerState } from "../views.js";
import { durationMs, shareOf } from "./durations.js";
import { ScenarioProblem } from "./problem.js";
import type { FaultStep, Selector, StepOf } from "./schema.js";
import type { Stage } from "./stage.js";

type NetworkStep = StepOf<"partition" | "isolate" | "cut" | "loss" | "delay" | "heal">;

/**
 * Does to a cluster what the steps of a scenario say. A step that would change nothing throws a ScenarioProblem: what
 * follows it would prove nothing.
 */
export class Faults {
  readonly #stage: Stage;
  readonly #cuts = new Set<string>();
  #loss = "0%";
  #isSlow = false;
  #bitesBefore = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async apply(step: FaultStep): Promise<void> {
    const { cluster } = this.#stage;
    if ("kill" in step) await this.#each(step.kill, step, ["running", "paused"], (peer) => cluster.kill(peer));
    else if ("stop" in step) await this.#each(step.stop, step, ["running"], (peer) => cluster.stop(peer));
    else if ("start" in step) await this.#each(step.start, step, ["down"], (peer) => cluster.start(peer, step));
    else if ("restart" in step) await this.#each(step.restart, step, ["running"], (peer) => cluster.restart(peer));
    else if ("pause" in step) await this.#each(step.pause, step, ["running"], (peer) => cluster.pause(peer));
    else if ("resume" in step) await this.#each(step.resume, step, ["paused"], (peer) => cluster.resume(peer));
    else if ("close" in step) await this.#each(step.close, step, ["running"], (peer) => this.#close(peer));
    else if ("set-meta" in step) await this.#setMeta(step);
    else if ("add-seed" in step) await this.#addSeed(step);
    else if ("add" in step) await this.#add(step);
    else if ("starve" in step) await this.#starve(step);
    else await this.#applyToNetwork(step);
  }

  /** Throws when the network is broken and no message met it. To be called before it is mended, and at the end. */
  mustHaveBitten(): void {
    const isBroken = this.#cuts.size > 0 || this.#loss !== "0%";
    if (isBroken && this.#stage.cluster.bites === this.#bitesBefore) {
      throw new ScenarioProblem("the network was broken and no message met it; let time pass before it is mended");
    }
  }

  async #applyToNetwork(step: NetworkStep): Promise<void> {
    if ("partition" in step) await this.#partition(this.#sides(step.partition));
    else if ("isolate" in step) {
      const hermits = this.#choose(step.isolate, step);
      await this.#partition([...hermits.map((each) => [each]), this.#stage.select("the rest", hermits)]);
    } else if ("cut" in step) {
      const from = this.#stage.select(step.cut.from);
      await this.#cut(from, this.#stage.select(step.cut.to, from));
    } else if ("loss" in step) await this.#lose(step.loss);
    else if ("delay" in step) await this.#delay(step);
    else await this.#heal();
  }

  // ---- peers --------------------------------------------------------------------------------------------------------

  #choose(selector: Selector, { as }: { readonly as?: string | undefined }): number[] {
    const numbers = this.#stage.select(selector);
    this.#stage.label(as, numbers);
    return numbers;
  }

  /** All of them are looked at before the first is touched. */
  async #each(
    selector: Selector,
    step: { readonly as?: string | undefined },
    states: readonly PeerState[],
    act: (number: number) => Promise<void>,
  ): Promise<void> {
    const numbers = this.#choose(selector, step);
    const { peers } = this.#stage.cluster;
    for (const { number, state } of peers) {
      if (!numbers.includes(number) || states.includes(state)) continue;
      throw new ScenarioProblem(`peer ${number} is ${state} and would have to be ${states.join(" or ")}: no effect`);
    }
    for (const number of numbers) await act(number);
  }

  async #close(peer: number): Promise<void> {
    const count = await this.#stage.cluster.close(peer);
    if (count === 0) throw new ScenarioProblem(`peer ${peer} has no connection that could close: no effect`);
  }

  #setMeta(step: StepOf<"set-meta">): Promise<void> {
    const { cluster } = this.#stage;
    return this.#each(step["set-meta"], step, ["running"], (peer) => cluster.setMeta(peer, { name: step.name }));
  }

  #addSeed(step: StepOf<"add-seed">): Promise<void> {
    const { cluster } = this.#stage;
    const { seed } = step;
    const known = cluster.peers.find(({ number }) => number === seed)?.address;
    if (known === undefined && typeof seed === "number")
      throw new ScenarioProblem(`there is no peer ${seed} to be a seed`);
    return this.#each(step["add-seed"], step, ["running"], (peer) => cluster.addSeed(peer, known ?? String(seed)));
  }

  async #add({ add, seeds = "the seed", as }: StepOf<"add">): Promise<void> {
    const from = this.#stage.select(seeds);
    const added: number[] = [];
    for (let count = 0; count < add; count++) added.push(await this.#stage.cluster.add(from));
    this.#stage.label(as, added);
  }

  async #starve(step: StepOf<"starve">): Promise<void> {
    const { cluster } = this.#stage;
    const [asleepMs, awakeMs, forMs] = [step.asleep, step.awake, step.for].map((each) =>
      durationMs(each, cluster.timing),
    );
    if (!asleepMs || !awakeMs || !forMs) throw new ScenarioProblem("starve for no time has no effect");
    const numbers = this.#choose(step.starve, step);
    const away = cluster.peers.find(({ number, state }) => numbers.includes(number) && state !== "running");
    if (away !== undefined) throw new ScenarioProblem(`peer ${away.number} is ${away.state} and cannot be starved`);
    await cluster.starve(numbers, { asleepMs, awakeMs, forMs });
  }

  // ---- network ------------------------------------------------------------------------------------------------------

  #sides(selectors: readonly Selector[]): number[][] {
    const sides: number[][] = [];
    for (const selector of selectors) {
      const side = this.#stage.select(selector, sides.flat());
      const twice = side.find((each) => sides.flat().includes(each));
      if (twice !== undefined) throw new ScenarioProblem(`peer ${twice} is on two sides`);
      sides.push(side);
    }
    return sides;
  }

  async #partition(sides: readonly (readonly number[])[]): Promise<void> {
    for (const side of sides) for (const other of sides) if (side !== other) await this.#cut(side, other);
    this.#stage.sides = sides;
  }

  async #cut(froms: readonly number[], tos: readonly number[]): Promise<void> {
    if (this.#cuts.size === 0) this.#beginToCount();
    const before = this.#cuts.size;
    for (const from of froms) {
      for (const to of tos) {
        const way = `${from} ${to}`;
        if (from === to || this.#cuts.has(way)) continue;
        this.#cuts.add(way);
        await this.#stage.cluster.cut(from, to);
      }
    }
    if (this.#cuts.size === before) throw new ScenarioProblem("all that is cut already: no effect");
  }

  async #lose(share: string): Promise<void> {
    if (share === this.#loss) throw new ScenarioProblem(`the loss is ${share} already: no effect`);
    this.#beginToCount();
    this.#loss = share;
    await this.#stage.cluster.loss(shareOf(share));
  }

  async #delay({ delay, jitter = "0 ms" }: StepOf<"delay">): Promise<void> {
    const { cluster } = this.#stage;
    this.#isSlow = true;
    await cluster.delay(durationMs(delay, cluster.timing), durationMs(jitter, cluster.timing));
  }

  async #heal(): Promise<void> {
    if (this.#cuts.size === 0 && this.#loss === "0%" && !this.#isSlow) {
      throw new ScenarioProblem("nothing is wrong with the network: no effect");
    }
    this.mustHaveBitten();
    this.#cuts.clear();
    this.#loss = "0%";
    this.#isSlow = false;
    await this.#stage.cluster.heal();
  }

  #beginToCount(): void {
    this.#bitesBefore = this.#stage.cluster.bites;
  }
}
