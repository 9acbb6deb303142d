import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../experiment/experiment.js";
import type { Judgement } from "../experiment/judge.js";
import { junit, type Together } from "./junit.js";
import { page, type PageOptions } from "./page.js";
import { resultOf } from "./result.js";

/** The name of the page's file in the folder of a report. */
export const PAGE = "report.html";
/** The name of the file with all of a run as data. */
export const RESULT = "result.json";

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
  for (const [number, lines] of outcome.logs) {
    mkdirSync(join(folder, "logs"), { recursive: true });
    writeFileSync(join(folder, "logs", `peer-${number}.log`), `${lines.join("\n")}\n`);
  }
}

/** Writes the outcomes, and those of scenarios that ran several times, as `junit.xml` into the folder, which must exist. */
export function writeJunit(folder: string, outcomes: readonly Outcome[], together: readonly Together[] = []): void {
  writeFileSync(join(folder, "junit.xml"), junit(outcomes, together));
}
