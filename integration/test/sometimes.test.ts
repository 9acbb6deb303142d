import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { judge } from "../src/experiment/judge.js";
import type { BeliefChange, RecordedStep } from "../src/experiment/run-record.js";
import { neverMet, tally } from "../src/experiment/sometimes.js";
import { parseScenario } from "../src/scenario/load.js";
import { run, SIMULATE, type Ended } from "./support/command.js";
import { change, recorded } from "./support/recorded.js";

const CHAOS = "integration/dist/program/chaos/cli.js";

/** The scenario's own steps take from 1000 ms to 5000 ms of ten seconds. */
const STEPS = [
  { phase: "before", fromMs: 0, toMs: 1000 },
  { phase: "steps", fromMs: 1000, toMs: 5000 },
  { phase: "after", fromMs: 6000, toMs: 10_000 },
].map((step) => ({ line: 1, what: "made up", kind: "wait", limitMs: undefined, ...step }) as RecordedStep);

function met(beliefs: readonly BeliefChange[]): readonly string[] {
  return judge(recorded({ peers: 3, steps: STEPS, beliefs })).met;
}

describe("of what is to happen sometimes a run has met", () => {
  test.each<[string, string[], BeliefChange[]]>([
    ["nothing where nothing happened", [], []],
    ["a suspicion", ["somebody was suspected"], [change(2000, 1, 2, "suspect")]],
    [
      "its denial",
      ["somebody was suspected", "a suspicion was denied"],
      [change(2000, 1, 2, "suspect"), change(2500, 1, 2, "alive")],
    ],
    ["a removal, by which views differ", ["somebody was removed", "views differed"], [change(2000, 1, 2, "failed")]],
    [
      "a return, but not of somebody new to who sees it",
      ["somebody came back", "views differed"],
      [
        change(500, 1, 2, "left"),
        change(2000, 1, 2, "alive"),
        change(2500, 2, 3, "unknown"),
        change(2600, 2, 3, "alive"),
      ],
    ],
    ["views that differed already when the steps began", ["views differed"], [change(500, 1, 2, "failed")]],
    [
      "nothing of what happened before its steps or while it was healed",
      [],
      [change(200, 1, 2, "suspect"), change(700, 1, 2, "alive"), change(5500, 1, 3, "failed")],
    ],
  ])("%s", (_, expected, beliefs) => {
    expect(met(beliefs)).toEqual(expected);
  });

  test("what several runs never met is named; one run need not meet everything", () => {
    const [one, other] = [{ met: ["views differed"] as const }, { met: [] }];
    const scenario = { sometimes: ["views differed" as const, "somebody came back" as const] };
    expect(tally(scenario, [one, other])).toEqual([
      { what: "views differed", met: 1, runs: 2 },
      { what: "somebody came back", met: 0, runs: 2 },
    ]);
    expect(neverMet(tally(scenario, [one, other]))).toBe(
      "in none of 2 runs somebody came back: they prove nothing of it",
    );
    expect(neverMet(tally(scenario, [one]))).toBeUndefined();
  });
});

test("a file that wants something else to happen sometimes is told what there is", () => {
  const text = "title: t\nwhy: w\npeers: 3\nsometimes: [somebody slept]\nsteps: [{ wait: 1 s }]\n";
  expect(() => parseScenario(text, "bad.yaml")).toThrow(
    /^bad\.yaml:4:13: is "somebody slept"; it must be one of "somebody was suspected", /,
  );
});

describe("where nobody is ever suspected that sometimes is to be", () => {
  let folder = "";
  let file = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sometimes-"));
    file = join(folder, "calm.yaml");
    const steps = "  - expect: everyone sees everyone\n    within: join\n  - wait: 3 s\n";
    writeFileSync(file, `title: calm\nwhy: w\npeers: 3\nsometimes: [somebody was suspected]\nsteps:\n${steps}`);
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const chaos = (name: string, ...args: string[]): Promise<Ended> =>
    run(process.execPath, [CHAOS, file, "--on", "simulator", "--out", join(folder, name), ...args]);
  const NOT_IN_THIS_RUN = "somebody was suspected: not in this run, which proves nothing of it";

  test("several runs are unknown, and an error for a build server", async () => {
    const { code, out, err } = await chaos("several", "--repeat", "3", "--json");
    const never = "in none of 3 runs somebody was suspected: they prove nothing of it";
    expect([code, err]).toEqual([2, expect.stringContaining(`UNKNOWN  ${file}: ${never}`)]);
    expect(JSON.parse(out)).toMatchObject({
      verdict: "unknown",
      reason: `${file}: ${never}`,
      sometimes: [{ what: "somebody was suspected", met: 0, runs: 3 }],
      runs: [{ verdict: "true" }, { verdict: "true" }, { verdict: "true" }],
    });
    const xml = readFileSync(join(folder, "several", "junit.xml"), "utf8");
    expect(xml).toContain('<testsuite name="calm (simulator, 3 runs)" tests="1" failures="0" errors="1" skipped="0"');
    expect(xml).toContain('<error message="somebody was suspected: in 0 of 3 runs"></error>');
    expect(readFileSync(join(folder, "several", "report.html"), "utf8")).toContain("in 0 of 3 runs");
  });

  test("one run holds, and says that it proves nothing of it", async () => {
    const { code, out } = await chaos("one");
    expect([code, out]).toEqual([0, expect.stringContaining(`sometimes ${NOT_IN_THIS_RUN}`)]);
    const xml = readFileSync(join(folder, "one", "junit.xml"), "utf8");
    expect(xml).toContain(`<skipped message="${NOT_IN_THIS_RUN}"/>`);
    expect(readFileSync(join(folder, "one", "report.html"), "utf8")).toContain(NOT_IN_THIS_RUN);
    expect(JSON.parse(readFileSync(join(folder, "one", "result.json"), "utf8"))).toMatchObject({
      sometimes: [{ what: "somebody was suspected", met: 0, runs: 1 }],
    });
  });

  test("the check of all seeds fails, and that of one says so", async () => {
    const check = (seeds: number): Promise<Ended> =>
      run(process.execPath, [SIMULATE, "check", file, "--seeds", String(seeds)]);
    const [all, one] = [await check(2), await check(1)];
    expect([all.code, all.out]).toEqual([1, expect.stringMatching(/^FAIL calm, 2 seeds .*\nin none of 2 runs /)]);
    expect([one.code, one.out]).toEqual([0, expect.stringContaining(`(calm.yaml); ${NOT_IN_THIS_RUN}\n`)]);
  });
});
