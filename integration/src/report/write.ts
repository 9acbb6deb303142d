import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../experiment/experiment.js";
import type { Judgement } from "../experiment/judge.js";
import { indexPage, type IndexOptions } from "./index-page.js";
import { junit } from "./junit.js";
import { page, type PageOptions } from "./page.js";
import { resultOf } from "./result.js";

/** The name of the page's file in the folder of a report. */
export const PAGE = "report.html";
/** The name of the file with all of a run as data. */
export const RESULT = "result.json";
/** The name of the JUnit file. */
export const JUNIT = "junit.xml";
/** The name of the page that leads to the reports of several scenarios. */
export const INDEX = "index.html";

/**
 * Writes page, result, JUnit file and logs of a run into the folder, which is made if needed. The journal is not
 * touched.
 */
export function writeReport(
  folder: string,
  outcome: Outcome,
  judgement: Judgement | undefined,
  options: PageOptions,
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, PAGE), page(outcome, options));
  writeFileSync(
    join(folder, RESULT),
    `${JSON.stringify(resultOf(outcome, judgement, options.command), undefined, 1)}\n`,
  );
  writeJunit(folder, [outcome]);
  if (outcome.beside !== undefined) writeFileSync(join(folder, "beside.log"), outcome.beside.output);
  for (const [number, lines] of outcome.logs) {
    mkdirSync(join(folder, "logs"), { recursive: true });
    writeFileSync(join(folder, "logs", `peer-${number}.log`), `${lines.join("\n")}\n`);
  }
}

/**
 * Writes the outcomes, those of scenarios that ran several times, and what was not run, as `junit.xml` into the folder,
 * which must exist.
 */
export function writeJunit(folder: string, ...what: Parameters<typeof junit>): void {
  writeFileSync(join(folder, JUNIT), junit(...what));
}

/** Writes the page that leads to the reports of several scenarios into the folder, which must exist. */
export function writeIndex(folder: string, options: IndexOptions): void {
  writeFileSync(join(folder, INDEX), indexPage(options));
}
