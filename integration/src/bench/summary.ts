import { quantile } from "gossip-peer/simulator";
import { bytes, duration } from "../lib/text.js";
import { FIGURE_NAMES, FIGURES, type FigureName, type Unit } from "./figures.js";
import type { Size, Values } from "./result.js";

/** The middle of some values, and how far they spread. */
export interface Summary {
  readonly count: number;
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** What the table says of one figure of one contender. */
export interface Cell {
  /** Undefined where there are no values. */
  readonly summary: Summary | undefined;
  /**
   * How many times as much as that of the first contender, ours, it is, by the medians; undefined for the first, and where
   * one of them is none or 0.
   */
  readonly ratio: number | undefined;
  readonly lacks: readonly string[];
}

export interface Line {
  readonly figure: FigureName;
  readonly cells: readonly Cell[];
}

export function summaryOf(values: readonly number[]): Summary | undefined {
  if (values.length === 0) return undefined;
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  return { count: values.length, median: quantile(values, 0.5), lowest, highest };
}

/** A line for each figure of which something is known, with a cell for each contender. */
export function linesOf({ contenders }: Size): Line[] {
  const measured = FIGURE_NAMES.filter((figure) => contenders.some(({ figures }) => figures[figure] !== undefined));
  return measured.map((figure) => {
    const all = contenders.map(({ figures }) => figures[figure]);
    const ours = summaryOf(all[0]?.values ?? []);
    return { figure, cells: all.map((values, at) => cellOf(values, at === 0 ? undefined : ours)) };
  });
}

/** The reasons why there are no values, or fewer than there might be, each with what it is about. */
export function lacksOf(size: Size): string[] {
  const reasons = new Map<string, string[]>();
  for (const { figure, cells } of linesOf(size))
    for (const [at, { lacks }] of cells.entries())
      for (const lack of lacks) {
        const key = `${size.contenders[at]?.title ?? ""}: ${lack}`;
        reasons.set(key, [...(reasons.get(key) ?? []), FIGURES[figure].row]);
      }
  const plain = size.contenders.flatMap(({ title, withoutTls }) =>
    withoutTls === undefined ? [] : [`TLS: — ${title}: ${withoutTls}`],
  );
  return [...[...reasons].map(([reason, rows]) => `${[...new Set(rows)].join(", ")}: — ${reason}`), ...plain];
}

/** A value as it is read best: "214 ms", "43.1 kB", "4.2". */
export function valueText(value: number, unit: Unit): string {
  if (unit === "bytes") return bytes(value);
  if (unit === "ms") return value < 100 ? `${Number(value.toPrecision(3))} ms` : duration(value);
  return String(Number(value.toPrecision(3)));
}

/** The median with what it spreads over: "214 ms (198 ms – 260 ms)"; "—" where there is none. */
export function summaryText(summary: Summary | undefined, unit: Unit): string {
  if (summary === undefined) return "—";
  const { count, median, lowest, highest } = summary;
  const spread = count === 1 ? "" : ` (${valueText(lowest, unit)} – ${valueText(highest, unit)})`;
  return `${valueText(median, unit)}${spread}`;
}

/** How many times as much as ours: "8.3×"; "" where there is nothing to compare. */
export function ratioText(ratio: number | undefined): string {
  return ratio === undefined ? "" : `${ratio < 10 ? Number(ratio.toPrecision(2)) : Math.round(ratio)}×`;
}

/** The load of the machine before the turns, from the lowest to the highest. */
export function loadText(sizes: readonly Size[]): string {
  const loads = sizes.flatMap((size) => size.loads);
  return loads.length === 0 ? "—" : `${Math.min(...loads)} – ${Math.max(...loads)}`;
}

function cellOf({ values, lacks }: Values = { values: [], lacks: [] }, ours: Summary | undefined): Cell {
  const summary = summaryOf(values);
  const isComparable = summary !== undefined && ours !== undefined && ours.median > 0;
  return { summary, ratio: isComparable ? summary.median / ours.median : undefined, lacks };
}
