import type { Outcome } from "../experiment/experiment.js";
import type { Markup } from "./markup.js";
import { el, type Content } from "./markup.js";

/**
 * The outcomes for a build server: a suite for each, a case for each expectation. An unknown verdict is an error, never
 * a pass.
 */
export function junit(outcomes: readonly Outcome[]): string {
  const suites = el("testsuites", { name: "chaos" }, outcomes.map(suite));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${suites.text}\n`;
}

function suite(outcome: Outcome): Markup {
  const { scenario, seed, on, verdict, wallMs, record } = outcome;
  const name = `${scenario.title} (${on}, seed ${seed})`;
  const expectations = (record?.steps ?? []).filter(({ kind, toMs }) => kind === "expect" && toMs !== undefined);
  const passed = expectations.map((step) => {
    const where = step.line === undefined ? "steady state" : `line ${step.line}`;
    return testcase(scenario.file, `${where}: ${step.what}`, ((step.toMs ?? 0) - step.fromMs) / 1000);
  });
  const last = verdict === "true" ? [] : [problem(outcome)];
  const counts = {
    tests: passed.length + last.length,
    failures: verdict === "false" ? 1 : 0,
    errors: verdict === "unknown" ? 1 : 0,
  };
  return el("testsuite", { name, ...counts, time: (wallMs / 1000).toFixed(3) }, passed, last);
}

function problem({ scenario, verdict, reason, matrix }: Outcome): Markup {
  const [name, element] = verdict === "false" ? ["does not hold", "failure"] : ["could not be judged", "error"];
  return testcase(scenario.file, name, 0, el(element, { message: reason }, `${reason}\n${matrix}`));
}

function testcase(classname: string, name: string, seconds: number, content?: Content): Markup {
  return el("testcase", { classname, name, time: seconds.toFixed(3) }, content);
}
