import { atLine, duration } from "../lib/text.js";
import type { Scenario } from "../scenario/load.js";
import type { Found } from "./experiment.js";
import { judge, type Judgement, type Knowledge } from "./judge.js";
import type { RunRecord } from "./run-record.js";

/**
 * What was found of a run; false where that was true and something happened that should not have: a peer was removed
 * that was there, one that was down came back, or a budget was missed. A lenient scenario is judged as always.
 */
export function judgedStrictly(found: Found, { file, lenient }: Scenario, record: RunRecord | undefined): Found {
  if (lenient !== undefined || found.verdict !== "true" || record === undefined) return found;
  const problems = amiss(judge(record));
  return problems.length === 0 ? found : { verdict: "false", reason: `${file}: strict: ${problems.join("; ")}` };
}

/** What should not have happened: a sentence about the first of each sort. */
function amiss({ wrongRemovals, comebacks, missed }: Judgement): string[] {
  return [
    ...told(
      wrongRemovals,
      ({ viewer, subject, atMs }) => `${at(atMs)} ${viewer} removed peer ${subject}, which was there`,
    ),
    ...told(
      comebacks,
      ({ viewer, subject, atMs }) => `${at(atMs)} ${viewer} listed peer ${subject} again, which was down`,
    ),
    ...told(missed, late),
  ];
}

function told<T>(all: readonly T[], sentence: (one: T) => string): string[] {
  const [first] = all;
  if (first === undefined) return [];
  return [`${sentence(first)}${all.length > 1 ? `, and ${all.length - 1} more of that` : ""}`];
}

function at(atMs: number): string {
  return `at ${Math.round(atMs)} ms peer`;
}

function late({ what, line, kind, budgetMs, knew, viewers, fullMs }: Knowledge): string {
  const known = fullMs === undefined ? `${knew} of ${viewers} knew` : `all knew after ${duration(fullMs)}`;
  return `${atLine({ line, what })}: ${known}, and the budget ${kind} is ${duration(budgetMs)}`;
}
