import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { duration } from "../../lib/text.js";
import { compare, pingPeriodOf, type Comparison, type SavedReport } from "../../report/comparison.js";
import { comparisonPage } from "../../report/comparison-page.js";
import { comparisonText, titleOf } from "../../report/comparison-text.js";
import { folderNow, made, newFolder } from "./folders.js";
import { Misused } from "../misused.js";
import { readReports } from "./read-reports.js";

export interface CompareOptions {
  /** The share by which a number may grow and still count as the same. */
  readonly tolerance: number;
  /** The folder for the page; a new one in reports/ where none is given. */
  readonly out: string | undefined;
  readonly json: boolean;
  readonly say: (text: string) => void;
}

/**
 * Compares two reports, writes the page and prints the table. Returns whether anything became worse. Throws Misused
 * where one of them is no report, or where they have nothing in common that can be compared.
 */
export function compareReports(paths: readonly string[], { tolerance, out, json, say }: CompareOptions): boolean {
  const [one, other, ...more] = paths;
  if (one === undefined || other === undefined || more.length > 0)
    throw new Misused("--compare takes two reports, the earlier one first");
  const [before, after] = [readReports(one), readReports(other)];
  const titles = [...after.keys()].filter((title) => before.has(title));
  if (titles.length === 0)
    throw new Misused(
      `reports of one scenario, platform and number of peers can be compared; ${said(one, before)}; ${said(other, after)}`,
    );
  const comparisons = titles.flatMap((title) => {
    const [was, is] = [before.get(title), after.get(title)];
    return was === undefined || is === undefined ? [] : [compared(was, is, tolerance)];
  });
  const isWorse = comparisons.some(({ rows }) => rows.some(({ change }) => change === "worse"));
  for (const [path, reports] of [
    [one, before],
    [other, after],
  ] as const) {
    const alone = [...reports.keys()].filter((title) => !titles.includes(title));
    if (alone.length > 0) say(`only in ${path}, and not compared: ${alone.join("; ")}\n`);
  }
  say(comparisonText(comparisons));
  const page = join(out === undefined ? newFolder(folderNow("compared")) : made(out), "comparison.html");
  writeFileSync(page, comparisonPage(comparisons, isWorse), { flag: "wx" });
  say(`\npage: ${page}`);
  if (json) process.stdout.write(`${JSON.stringify(comparisons.map(plain), undefined, 2)}\n`);
  return isWorse;
}

/** Throws Misused where the peers had different ping periods, on which all times depend, or where there were none. */
function compared(before: SavedReport, after: SavedReport, tolerance: number): Comparison {
  const [was, is] = [before, after].map((report) => {
    const pingPeriodMs = pingPeriodOf(report);
    const [{ reason }] = report.runs;
    if (pingPeriodMs === undefined)
      throw new Misused(`${report.path} has nothing to compare: ${titleOf(report)} did not run: ${reason}`);
    return pingPeriodMs;
  });
  if (was === is) return compare(before, after, tolerance);
  const said = `${duration(was ?? 0)} in ${before.path}, ${duration(is ?? 0)} in ${after.path}`;
  throw new Misused(`${titleOf(after)} cannot be compared: the ping period was ${said}`);
}

function said(path: string, reports: ReadonlyMap<string, SavedReport>): string {
  return `${path} has ${[...reports.keys()].join("; ")}`;
}

function plain({ before, after, rows }: Comparison): object {
  const about = ({ path, runs }: SavedReport): object => ({ path, runs: runs.length });
  return { title: titleOf(after), before: about(before), after: about(after), rows };
}
