import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SavedReport } from "../../report/comparison.js";
import { titleOf } from "../../report/comparison-text.js";
import { parseResult, type SavedResult } from "../../report/saved-result.js";
import { RESULT } from "../../report/write.js";
import { Misused } from "../misused.js";

/**
 * Reads the reports at a path, each under its title: a result as `npm run chaos` writes it, the folder of a report, or
 * one with the reports of several scenarios. The runs of a repeated scenario are one report. Throws Misused where there
 * is none.
 */
export function readReports(path: string): Map<string, SavedReport> {
  if (!existsSync(path)) throw new Misused(`${path} is not there; a report is a folder that npm run chaos has written`);
  const files = statSync(path).isDirectory() ? resultsIn(path) : [path];
  if (files.length === 0) throw new Misused(`${path} holds no report: there is no ${RESULT} in it, nor in its folders`);
  const reports = new Map<string, SavedReport>();
  for (const run of files.map(readResult)) {
    const title = titleOf({ path, runs: [run] });
    const [first, ...more] = reports.get(title)?.runs ?? [];
    reports.set(title, { path, runs: first === undefined ? [run] : [first, ...more, run] });
  }
  return reports;
}

/** How deep folders are looked into: several scenarios have a folder each, and each of these one for every run. */
const DEEPEST = 2;

/** Where a scenario was repeated its folder has a folder for each run, and a result that is one of theirs. */
function resultsIn(folder: string, depth = 0): string[] {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const within = depth === DEEPEST ? [] : folders.flatMap(({ name }) => resultsIn(join(folder, name), depth + 1));
  const own = join(folder, RESULT);
  return within.length > 0 || !existsSync(own) ? within : [own];
}

function readResult(file: string): SavedResult {
  const result = parseResult(readFileSync(file, "utf8"));
  if ("problem" in result) throw new Misused(`${file} is no result of npm run chaos: ${result.problem}`);
  return result;
}
