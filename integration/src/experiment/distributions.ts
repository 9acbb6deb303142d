import type { Judgement, Knowledge } from "./judge.js";

export interface Spread {
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** How fast one change of a scenario became known, over all the times it was made in all runs. Times in ms. */
export interface Distribution extends Pick<Knowledge, "kind" | "what" | "line" | "budgetMs"> {
  readonly count: number;
  /** Undefined when nobody ever knew. */
  readonly first: Spread | undefined;
  /** Of the times that all came to know it. */
  readonly full: Spread | undefined;
  /** The times that not all did. */
  readonly incomplete: number;
}

/** A line for each step of the scenario from which peers had something to learn, in its order. */
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

/** Median, 95th percentile and maximum; values that really were, none of them averaged. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
  return sorted.length === 0 ? undefined : { median: at(0.5), p95: at(0.95), max: at(1) };
}
