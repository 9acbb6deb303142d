import type { PeerState } from "../view/views.js";
import { inParallel } from "../lib/parallel.js";
import { durationMs, kbitsOf, shareOf } from "./durations.js";
import { ScenarioProblem } from "./problem.js";
import type { FaultStep, Selector, StepOf } from "./schema.js";
import type { Stage } from "./stage.js";

type NetworkStep = StepOf<"partition" | "isolate" | "cut" | "loss" | "delay" | "bandwidth" | "heal">;

/** Of one step, how many at a time: "at once" is meant, as far as an engine can keep up. */
const AT_ONCE = 16;

/**
 * Does to a cluster what the steps of a scenario say. A step that would change nothing throws a ScenarioProblem: what
 * follows it would prove nothing.
 */
export class FaultSteps {
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
    else if ("cpu" in step) await this.#limitCpu(step);
    else await this.#applyToNetwork(step);
  }

  /** Throws when the network is broken and no message met it. To be called before it is mended, and at the end. */
  async mustHaveBitten(): Promise<void> {
    const isBroken = this.#cuts.size > 0 || this.#loss !== "0%";
    if (isBroken && (await this.#stage.cluster.bites()) === this.#bitesBefore) {
      throw new ScenarioProblem("the network was broken and no message met it; let time pass before it is mended");
    }
  }

  async #applyToNetwork(step: NetworkStep): Promise<void> {
    if ("partition" in step) await this.#partition(this.#sides(step.partition));
    else if ("isolate" in step) {
      const hermits = this.#choose(step.isolate, step);
      await this.#partition([...hermits.map((each) => [each]), this.#stage.select("the rest", hermits)]);
    } else if ("cut" in step) {
      const froms = this.#stage.select(step.cut.from);
      const tos = this.#stage.select(step.cut.to, froms);
      await this.#cut(waysBetween(froms, tos));
    } else if ("loss" in step) await this.#lose(step.loss);
    else if ("delay" in step) await this.#delay(step);
    else if ("bandwidth" in step) await this.#narrow(step);
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
    await inParallel(AT_ONCE, numbers, act);
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

  #limitCpu(step: StepOf<"cpu">): Promise<void> {
    const share = step.limit === "none" ? undefined : shareOf(step.limit);
    return this.#each(step.cpu, step, ["running", "paused"], (peer) => this.#stage.cluster.cpu(peer, share));
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
    await this.#cut(
      sides.flatMap((side) => sides.flatMap((other) => (side === other ? [] : waysBetween(side, other)))),
    );
    this.#stage.sides = sides;
  }

  async #cut(all: readonly Way[]): Promise<void> {
    if (this.#cuts.size === 0) await this.#beginToCount();
    const ways = all.filter(({ from, to }) => from !== to && !this.#cuts.has(`${from} ${to}`));
    if (ways.length === 0) throw new ScenarioProblem("all that is cut already: no effect");
    for (const { from, to } of ways) this.#cuts.add(`${from} ${to}`);
    // All of them at the same time, so that a wall goes up at once and not peer by peer.
    await inParallel(ways.length, ways, ({ from, to }) => this.#stage.cluster.cut(from, to));
  }

  async #lose(share: string): Promise<void> {
    if (share === this.#loss) throw new ScenarioProblem(`the loss is ${share} already: no effect`);
    await this.#beginToCount();
    this.#loss = share;
    await this.#stage.cluster.loss(shareOf(share));
  }

  async #delay({ delay, jitter = "0 ms" }: StepOf<"delay">): Promise<void> {
    const { cluster } = this.#stage;
    this.#isSlow = true;
    await cluster.delay(durationMs(delay, cluster.timing), durationMs(jitter, cluster.timing));
  }

  async #narrow({ bandwidth }: StepOf<"bandwidth">): Promise<void> {
    const kbits = kbitsOf(bandwidth);
    if (kbits === 0) throw new ScenarioProblem("no bandwidth at all is a cut; it must be above 0");
    this.#isSlow = true;
    await this.#stage.cluster.bandwidth(kbits);
  }

  async #heal(): Promise<void> {
    if (this.#cuts.size === 0 && this.#loss === "0%" && !this.#isSlow) {
      throw new ScenarioProblem("nothing is wrong with the network: no effect");
    }
    await this.mustHaveBitten();
    this.#cuts.clear();
    this.#loss = "0%";
    this.#isSlow = false;
    await this.#stage.cluster.heal();
  }

  async #beginToCount(): Promise<void> {
    this.#bitesBefore = await this.#stage.cluster.bites();
  }
}

interface Way {
  readonly from: number;
  readonly to: number;
}

function waysBetween(froms: readonly number[], tos: readonly number[]): Way[] {
  return froms.flatMap((from) => tos.map((to) => ({ from, to })));
}
