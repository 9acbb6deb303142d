import { quantile } from "gossip-peer/simulator";
import type { Judgement, Knowledge } from "./judge.js";

/** Three quantiles of a set of values, each in the unit of the values. */
export interface Spread {
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** How fast one change of a scenario became known, over all occurrences of that change in all runs. Times in ms. */
export interface Distribution extends Pick<Knowledge, "kind" | "what" | "line" | "budgetMs"> {
  /** How often the change was made. */
  readonly count: number;
  /** The times until the first peer knew; undefined when no peer ever did. */
  readonly first: Spread | undefined;
  /** The times until all peers knew, over the occurrences that all came to know; undefined when there are none. */
  readonly full: Spread | undefined;
  /** How many occurrences never became known to all peers. */
  readonly incomplete: number;
}

/** One distribution for each step of the scenario that the peers were to learn of, in the order of the scenario. */
export function distributions(judgements: readonly Judgement[]): Distribution[] {
  const groups = new Map<string, Knowledge[]>();
  for (const knowledge of judgements.flatMap((each) => each.knowledge)) {
    const key = `${knowledge.line ?? ""} ${knowledge.kind} ${knowledge.what}`;
    groups.set(key, [...(groups.get(key) ?? []), knowledge]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { kind, what, line } = first;
    return {
      kind,
      what,
      line,
      budgetMs: Math.max(...group.map(({ budgetMs }) => budgetMs)),
      count: group.length,
      first: spreadOf(group.flatMap(({ firstMs }) => firstMs ?? [])),
      full: spreadOf(group.flatMap(({ fullMs }) => fullMs ?? [])),
      incomplete: group.filter(({ fullMs }) => fullMs === undefined).length,
    };
  });
}

/** The quantiles of the values by nearest rank, so that each is a value that was measured; undefined without values. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return { median: quantile(values, 0.5), p95: quantile(values, 0.95), max: quantile(values, 1) };
}
