import type { Outcome } from "../experiment/experiment.js";
import { failureOf, type RecordedStep } from "../experiment/run-record.js";
import type { Markup } from "./markup.js";
import { el, type Content } from "./markup.js";

/**
 * The outcomes as JUnit XML for a build server: a suite for each run, a case for each expectation that was met, and one
 * for the step that failed, which has the name that it has when it is met. Where the verdict is not true and no step
 * failed there is a case for the verdict. An unknown verdict is an error, never a pass.
 */
export function junit(outcomes: readonly Outcome[]): string {
  const suites = el("testsuites", { name: "chaos" }, outcomes.map(suite));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${suites.text}\n`;
}

function suite(outcome: Outcome): Markup {
  const { scenario, seed, on, verdict, wallMs, record } = outcome;
  const name = `${scenario.title} (${on}, seed ${seed})`;
  const expectations = (record?.steps ?? []).filter(({ kind, toMs }) => kind === "expect" && toMs !== undefined);
  const passed = expectations.map((step) => stepCase(scenario.file, step));
  const last = verdict === "true" ? [] : [problem(outcome)];
  const counts = {
    tests: passed.length + last.length,
    failures: verdict === "false" ? 1 : 0,
    errors: verdict === "unknown" ? 1 : 0,
  };
  return el("testsuite", { name, ...counts, time: (wallMs / 1000).toFixed(3) }, passed, last);
}

function problem({ scenario, verdict, reason, matrix, record }: Outcome): Markup {
  const [name, element] = verdict === "false" ? ["does not hold", "failure"] : ["could not be judged", "error"];
  const content = el(element, { message: reason }, `${reason}\n${matrix}`);
  const failed = record && failureOf(record);
  return failed === undefined ? testcase(scenario.file, name, 0, content) : stepCase(scenario.file, failed, content);
}

function stepCase(file: string, step: RecordedStep, content?: Content): Markup {
  const { line, what, fromMs, toMs, failedMs } = step;
  const where = line === undefined ? "steady state" : `line ${line}`;
  return testcase(file, `${where}: ${what}`, ((toMs ?? failedMs ?? fromMs) - fromMs) / 1000, content);
}

function testcase(classname: string, name: string, seconds: number, content?: Content): Markup {
  return el("testcase", { classname, name, time: seconds.toFixed(3) }, content);
}
