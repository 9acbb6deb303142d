import { stream } from "gossip-peer/simulator";
import type { ScenarioCluster } from "./cluster.js";
import type { Scenario } from "./load.js";
import type { Selector } from "./schema.js";
import { select } from "./selectors.js";

/** A cluster while a scenario runs on it, and what the scenario knows of it by name. */
export class Stage {
  readonly cluster: ScenarioCluster;
  readonly #labels = new Map<string, readonly number[]>();
  readonly #chance;
  /** Of the last partition or isolate; undefined before the first. */
  sides: readonly (readonly number[])[] | undefined;
  readonly groups: readonly (readonly number[])[] | undefined;

  constructor(cluster: ScenarioCluster, { peers, seeds }: Scenario, seed: number) {
    this.cluster = cluster;
    this.#chance = stream(seed, "scenario");
    const size = groupSize(seeds);
    if (size !== undefined) {
      this.groups = Array.from({ length: Math.ceil(peers / size) }, (_, group) =>
        numbers(Math.min(size, peers - group * size)).map((each) => group * size + each),
      );
    }
  }

  /** The numbers a selector stands for now. Throws a ScenarioProblem when that is nobody. */
  select(selector: Selector, named: readonly number[] = []): number[] {
    const { peers } = this.cluster;
    return select(
      selector,
      {
        all: peers.map(({ number }) => number),
        running: peers.filter(({ state }) => state === "running").map(({ number }) => number),
        labels: this.#labels,
        chance: this.#chance,
      },
      named,
    );
  }

  /** From now on the label stands for these. */
  label(as: string | undefined, numbers: readonly number[]): void {
    if (as !== undefined) this.#labels.set(as, numbers);
  }
}

/** Whom a scenario gives each peer as seeds: the first, the one before, or the first of its group. */
export function seedsOf({ seeds = "first" }: Pick<Scenario, "seeds">): (number: number) => number[] {
  if (seeds === "chain") return (number) => (number === 1 ? [] : [number - 1]);
  const size = groupSize(seeds) ?? Infinity;
  return (number) => {
    const firstOfGroup = size === Infinity ? 1 : number - ((number - 1) % size);
    return number === firstOfGroup ? [] : [firstOfGroup];
  };
}

function groupSize(seeds: string | undefined): number | undefined {
  const size = /^groups of (\d+)$/.exec(seeds ?? "")?.[1];
  return size === undefined ? undefined : Number(size);
}

/** 1, 2, 3 … up to and with `count`. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
