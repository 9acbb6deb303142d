import type { ProtocolTiming } from "gossip-peer";
import { stream } from "gossip-peer/simulator";
import type { Chosen, ScenarioCluster } from "./cluster.js";
import type { Scene } from "./fault-steps.js";
import type { Scenario } from "./load.js";
import type { Selector } from "./fields.js";
import { ScenarioProblem } from "./problem.js";
import { select } from "./selectors.js";

/** What all steps of a scenario share, also those that run beside others. */
interface Shared {
  readonly seed: number;
  readonly cluster: ScenarioCluster;
  readonly groups: readonly (readonly number[])[] | undefined;
  sides: readonly (readonly number[])[] | undefined;
}

/** A cluster while steps run on it, with the labels that they have given. */
export class Stage implements Scene {
  readonly #shared: Shared;
  readonly #labels: Map<string, readonly number[]>;
  /** When the last step with each label was done. */
  readonly #doneMs: Map<string, number>;
  /** The name of the stream of chance that peers are drawn from. */
  readonly #name: string;
  readonly #chance;
  #besides = 0;
  readonly #chosen: Chosen[] = [];

  private constructor(shared: Shared, name: string, before?: Stage) {
    this.#shared = shared;
    this.#name = name;
    this.#chance = stream(shared.seed, name);
    this.#labels = new Map(before === undefined ? [] : before.#labels);
    this.#doneMs = new Map(before === undefined ? [] : before.#doneMs);
  }

  static of(cluster: ScenarioCluster, { peers, seeds }: Scenario, seed: number): Stage {
    const size = groupSize(seeds);
    const groups =
      size === undefined
        ? undefined
        : Array.from({ length: Math.ceil(peers / size) }, (_, group) =>
            numbers(Math.min(size, peers - group * size)).map((each) => group * size + each),
          );
    return new Stage({ seed, cluster, groups, sides: undefined }, "scenario");
  }

  /**
   * A stage for steps that run beside those of this one: it begins with the same labels, and draws from chance of its
   * own, so that neither moves the draws of the other.
   */
  beside(): Stage {
    return new Stage(this.#shared, `${this.#name} beside ${++this.#besides}`, this);
  }

  get seed(): number {
    return this.#shared.seed;
  }

  get cluster(): ScenarioCluster {
    return this.#shared.cluster;
  }

  /** The groups that the seeds make; undefined where they make none. */
  get groups(): readonly (readonly number[])[] | undefined {
    return this.#shared.groups;
  }

  get timing(): ProtocolTiming {
    return this.cluster.timing;
  }

  get peers(): ScenarioCluster["peers"] {
    return this.cluster.peers;
  }

  /** The sides of the last partition or isolate; undefined before the first. */
  get sides(): readonly (readonly number[])[] | undefined {
    return this.#shared.sides;
  }

  part(sides: readonly (readonly number[])[]): void {
    this.#shared.sides = sides;
  }

  /** The numbers a selector stands for now. Throws a ScenarioProblem when that is nobody. */
  select(selector: Selector, named: readonly number[] = []): number[] {
    const peers = select(
      selector,
      {
        all: this.peers.map(({ number }) => number),
        running: this.peers.filter(({ state }) => state === "running").map(({ number }) => number),
        labels: this.#labels,
        chance: this.#chance,
      },
      named,
    );
    const parts = [selector].flat();
    if (parts.some((part) => typeof part === "string")) this.#chosen.push({ selector: parts.join(", "), peers });
    return peers;
  }

  /** Whom words have stood for since the last call. */
  takeChosen(): Chosen[] {
    return this.#chosen.splice(0);
  }

  choose(selector: Selector, label: string | undefined): number[] {
    const chosen = this.select(selector);
    this.label(label, chosen);
    return chosen;
  }

  label(label: string | undefined, numbers: readonly number[]): void {
    if (label !== undefined) this.#labels.set(label, numbers);
  }

  /** Notes that a step with this label has been done now. */
  done(label: string): void {
    this.#doneMs.set(label, this.cluster.nowMs);
  }

  /** When the step with this label was done last, in ms of the cluster's time. Throws a ScenarioProblem where none was. */
  doneMs(label: string): number {
    const ms = this.#doneMs.get(label);
    if (ms !== undefined) return ms;
    throw new ScenarioProblem(`no step "as: ${label}" was done before`);
  }
}

/** The seeds that a scenario gives each peer: the first peer, the one before, or the first of its group. */
export function seedsOf({ seeds = "first" }: Pick<Scenario, "seeds">): (number: number) => number[] {
  if (seeds.startsWith("chain")) return (number) => (number === 1 ? [] : [number - 1]);
  const size = groupSize(seeds) ?? Infinity;
  return (number) => {
    const firstOfGroup = size === Infinity ? 1 : number - ((number - 1) % size);
    return number === firstOfGroup ? [] : [firstOfGroup];
  };
}

/** Whether peers are told the names of their seeds, which have to be looked up, instead of addresses. */
export function areNames({ seeds = "" }: Pick<Scenario, "seeds">): boolean {
  return seeds.endsWith(" by name");
}

function groupSize(seeds: string | undefined): number | undefined {
  const size = /^groups of (\d+)/.exec(seeds ?? "")?.[1];
  return size === undefined ? undefined : Number(size);
}

/** The numbers from 1 to `count`. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
