import { quantile, type Fact, type FactKind } from "gossip-peer/simulator";

/** How the news of one kind of change spread. Times are in ms, from the change on. */
export interface Spreading {
  readonly count: number;
  /** How many changes did not become known to all peers. */
  readonly incomplete: number;
  /** The times until the first peer knew, and until all did. */
  readonly firstMs: Quantiles;
  readonly fullMs: Quantiles;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** How the news of the facts spread, by their kinds. */
export function spreads(facts: readonly Fact[]): Partial<Record<FactKind, Spreading>> {
  const kinds = [...new Set(facts.map(({ kind }) => kind))];
  return Object.fromEntries(kinds.map((kind) => [kind, spread(facts.filter((fact) => fact.kind === kind))]));
}

function spread(facts: readonly Fact[]): Spreading {
  const known = facts.flatMap(({ firstMs, fullMs }) => (fullMs === undefined ? [] : [{ firstMs, fullMs }]));
  return {
    count: facts.length,
    incomplete: facts.length - known.length,
    firstMs: quantiles(known.map(({ firstMs, fullMs }) => firstMs ?? fullMs)),
    fullMs: quantiles(known.map(({ fullMs }) => fullMs)),
  };
}

function quantiles(values: readonly number[]): Quantiles {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99), max: quantile(values, 1) };
}
