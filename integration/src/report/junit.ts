import type { Outcome } from "../experiment/experiment.js";
import { judge } from "../experiment/judge.js";
import { failureOf, type RecordedStep } from "../experiment/run-record.js";
import { neverMet, tally, tallyText, type Tally } from "../experiment/sometimes.js";
import { plural } from "../lib/text.js";
import { el, type Content, type Markup } from "./markup.js";

/** Several runs of a scenario, and in how many of them happened what is to happen sometimes. */
export interface Together extends Pick<Outcome, "scenario" | "on"> {
  readonly sometimes: readonly Tally[];
}

/** Runs that did not begin, and why. */
export interface NotRun extends Pick<Outcome, "scenario" | "on"> {
  readonly count: number;
  readonly reason: string;
}

/**
 * The outcomes as JUnit XML for a build server: a suite for each run, a case for each expectation that was met, and one
 * for the step that failed, which has the name that it has when it is met. Where the verdict is not true and no step
 * failed there is a case for the verdict. An unknown verdict is an error, never a pass. What is to happen sometimes is a
 * case as well: skipped where it did not in this run, an error where it did in none of several. What was not run is a
 * case that was skipped.
 */
export function junit(
  outcomes: readonly Outcome[],
  together: readonly Together[] = [],
  left: readonly NotRun[] = [],
): string {
  const repeated = together.filter(({ sometimes }) => sometimes.length > 0);
  const all = [outcomes.map(suite), repeated.map(suiteOfAll), left.map(suiteOfLeft)];
  const suites = el("testsuites", { name: "chaos" }, all);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${suites.text}\n`;
}

function suite(outcome: Outcome): Markup {
  const { scenario, seed, on, verdict, wallMs, record } = outcome;
  const name = `${scenario.title} (${on}, ${plural(scenario.peers, "peer")}, seed ${seed})`;
  const expectations = (record?.steps ?? []).filter(({ kind, toMs }) => kind === "expect" && toMs !== undefined);
  const passed = expectations.map((step) => stepCase(scenario.file, step));
  const last = verdict === "true" ? [] : [problem(outcome)];
  const tallies = record === undefined ? [] : tally(scenario, [judge(record)]);
  const counts = {
    tests: passed.length + tallies.length + last.length,
    failures: verdict === "false" ? 1 : 0,
    errors: verdict === "unknown" ? 1 : 0,
    skipped: tallies.filter(({ met }) => met === 0).length,
  };
  const sometimes = tallies.map((each) => sometimesCase(scenario.file, each));
  return el("testsuite", { name, ...counts, time: (wallMs / 1000).toFixed(3) }, passed, sometimes, last);
}

function suiteOfAll({ scenario, on, sometimes }: Together): Markup {
  const name = `${scenario.title} (${on}, ${sometimes[0]?.runs ?? 0} runs)`;
  const errors = sometimes.filter((each) => neverMet([each]) !== undefined).length;
  const counts = { tests: sometimes.length, failures: 0, errors, skipped: 0 };
  return el(
    "testsuite",
    { name, ...counts, time: "0.000" },
    sometimes.map((each) => sometimesCase(scenario.file, each)),
  );
}

function sometimesCase(file: string, each: Tally): Markup {
  const element = neverMet([each]) === undefined ? "skipped" : "error";
  const content = each.met > 0 ? undefined : el(element, { message: tallyText(each) });
  return testcase(file, `sometimes ${each.what}`, 0, content);
}

function suiteOfLeft({ scenario, on, count, reason }: NotRun): Markup {
  const name = `${scenario.title} (${on}, ${plural(scenario.peers, "peer")}, not run)`;
  const what = count === 1 ? "a run" : `${count} runs`;
  const skipped = testcase(scenario.file, what, 0, el("skipped", { message: `not run: ${reason}` }));
  return el("testsuite", { name, tests: 1, failures: 0, errors: 0, skipped: 1, time: "0.000" }, skipped);
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
