import { aligned, bytes, duration, plural } from "../lib/text.js";
import type { Comparison, Row, SavedReport } from "./comparison.js";

/** From so many times as much on, percents are no longer read. */
const MANY = 10;

/** The comparisons as text for a terminal: a table for each, then how much is worse. */
export function comparisonText(comparisons: readonly Comparison[]): string {
  return [...comparisons.flatMap((each) => [...tableLines(each), ""]), totalsText(comparisons)].join("\n");
}

function tableLines({ before, after, rows }: Comparison): string[] {
  const head = [titleOf(after), `before: ${runsText(before)}`, `after:  ${runsText(after)}`, ""];
  const cells = rows.map((row) => [`  ${row.what}`, ...valuesOf(row), row.change === "same" ? "" : (row.change ?? "")]);
  return [...head, ...aligned([["", "before", "after", "", ""], ...cells], (column) => column === 0 || column === 4)];
}

/** What was compared: the scenario, the platform and the number of peers. */
export function titleOf({ runs: [{ scenario, on }] }: SavedReport): string {
  return `${scenario.title} · ${on} · ${plural(scenario.peers, "peer")}`;
}

export function runsText({ path, runs }: SavedReport): string {
  return `${path} (${plural(runs.length, "run")})`;
}

/** "3 worse, 1 better, 12 the same". */
export function totalsText(comparisons: readonly Comparison[]): string {
  const all = comparisons.flatMap(({ rows }) => rows);
  const count = (change: Row["change"]): number => all.filter((row) => row.change === change).length;
  const lacking = count(undefined);
  const only = lacking === 0 ? "" : `, ${lacking} in one of them only`;
  return `${count("worse")} worse, ${count("better")} better, ${count("same")} the same${only}`;
}

/** The number before, the number after, and by how much it has changed. */
export function valuesOf({ unit, before, after }: Row): [string, string, string] {
  return [valueText(unit, before), valueText(unit, after), differenceText(before, after)];
}

function valueText(unit: Row["unit"], value: number | undefined): string {
  if (value === undefined) return "–";
  if (unit === "ms") return duration(value);
  return unit === "bytes" ? bytes(value) : String(Number(value.toFixed(2)));
}

function differenceText(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined || before === after) return "";
  if (before === 0) return "new";
  if (after >= MANY * before) return `${Math.round(after / before)} times`;
  const percent = Math.round(100 * (after / before - 1));
  return `${percent > 0 ? "+" : ""}${percent}%`;
}
