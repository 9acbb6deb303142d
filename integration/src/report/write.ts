import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Outcome } from "../experiment/experiment.js";
import type { Judgement } from "../experiment/judge.js";
import { junit } from "./junit.js";
import { page, type PageOptions } from "./page.js";
import { resultOf } from "./result.js";

export const PAGE = "report.html";

/** Writes page, result, JUnit file and logs of a run into a folder, which it makes. The journal is there already. */
export function writeReport(
  folder: string,
  outcome: Outcome,
  judgement: Judgement | undefined,
  options: PageOptions,
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, PAGE), page(outcome, options));
  writeFileSync(
    join(folder, "result.json"),
    `${JSON.stringify(resultOf(outcome, judgement, options.command), undefined, 1)}\n`,
  );
  writeJunit(folder, [outcome]);
  for (const [number, lines] of outcome.logs) {
    mkdirSync(join(folder, "logs"), { recursive: true });
    writeFileSync(join(folder, "logs", `peer-${number}.log`), `${lines.join("\n")}\n`);
  }
}

export function writeJunit(folder: string, outcomes: readonly Outcome[]): void {
  writeFileSync(join(folder, "junit.xml"), junit(outcomes));
}
