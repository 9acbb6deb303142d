import type { ProtocolTiming } from "gossip-peer";
import { stream } from "gossip-peer/simulator";
import type { ScenarioCluster } from "./cluster.js";
import type { Scene } from "./fault-steps.js";
import type { Scenario } from "./load.js";
import type { Selector } from "./fields.js";
import { select } from "./selectors.js";

/** A cluster while a scenario runs on it, with the labels and sides that the scenario has given. */
export class Stage implements Scene {
  readonly seed: number;
  readonly cluster: ScenarioCluster;
  readonly #labels = new Map<string, readonly number[]>();
  readonly #chance;
  #sides: readonly (readonly number[])[] | undefined;
  readonly groups: readonly (readonly number[])[] | undefined;

  constructor(cluster: ScenarioCluster, { peers, seeds }: Scenario, seed: number) {
    this.seed = seed;
    this.cluster = cluster;
    this.#chance = stream(seed, "scenario");
    const size = groupSize(seeds);
    if (size !== undefined) {
      this.groups = Array.from({ length: Math.ceil(peers / size) }, (_, group) =>
        numbers(Math.min(size, peers - group * size)).map((each) => group * size + each),
      );
    }
  }

  get timing(): ProtocolTiming {
    return this.cluster.timing;
  }

  get peers(): ScenarioCluster["peers"] {
    return this.cluster.peers;
  }

  /** The sides of the last partition or isolate; undefined before the first. */
  get sides(): readonly (readonly number[])[] | undefined {
    return this.#sides;
  }

  part(sides: readonly (readonly number[])[]): void {
    this.#sides = sides;
  }

  /** The numbers a selector stands for now. Throws a ScenarioProblem when that is nobody. */
  select(selector: Selector, named: readonly number[] = []): number[] {
    return select(
      selector,
      {
        all: this.peers.map(({ number }) => number),
        running: this.peers.filter(({ state }) => state === "running").map(({ number }) => number),
        labels: this.#labels,
        chance: this.#chance,
      },
      named,
    );
  }

  choose(selector: Selector, label: string | undefined): number[] {
    const chosen = this.select(selector);
    this.label(label, chosen);
    return chosen;
  }

  label(label: string | undefined, numbers: readonly number[]): void {
    if (label !== undefined) this.#labels.set(label, numbers);
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
