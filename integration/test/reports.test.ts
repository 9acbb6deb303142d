import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { compare, type Row, type SavedReport } from "../src/report/comparison.js";
import { comparisonPage } from "../src/report/comparison-page.js";
import { comparisonText } from "../src/report/comparison-text.js";
import type { SavedKnowledge, SavedResult } from "../src/report/saved-result.js";
import { run, type Ended } from "./support/command.js";

const CHAOS = "integration/dist/program/chaos/cli.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "reports-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const chaos = (...args: string[]): Promise<Ended> => run(process.execPath, [CHAOS, ...args]);

function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const HEAD = "title: made up\nwhy: to be reported\npeers: 3\n";
const MET = "  - { expect: everyone sees everyone, within: join }\n";

describe("of two reports", () => {
  const knowledge = (fullMs: number | undefined, more: Partial<SavedKnowledge> = {}): SavedKnowledge => ({
    kind: "crash",
    what: "kill: 2",
    line: 6,
    atMs: 0,
    untilMs: 10_000,
    budgetMs: 9000,
    firstMs: 100,
    fullMs,
    knew: fullMs === undefined ? 1 : 2,
    viewers: 2,
    curve: [
      [0, 0],
      [100, 1],
    ],
    ...more,
  });

  function report(
    ...runs: { known?: SavedKnowledge[]; removed?: number; messages?: number; verdict?: SavedResult["verdict"] }[]
  ): SavedReport {
    const [first, ...more] = runs.map(({ known = [], removed = 0, messages = 5, verdict = "true" }): SavedResult => ({
      verdict,
      reason: "made up",
      on: "simulator",
      scenario: { title: "made up", peers: 3 },
      judgement: {
        knowledge: known,
        wrongRemovals: Array.from({ length: removed }),
        comebacks: [],
        disagreedMs: 0,
        loads: [{ inPeriod: { messages, bytes: 100 } }],
      },
      recording: { timing: { pingPeriodMs: 1000 } },
    }));
    if (first === undefined) throw new Error("a report has a run");
    return { path: "made-up", runs: [first, ...more] };
  }

  const changes = (before: SavedReport, after: SavedReport): Partial<Record<string, Row["change"]>> =>
    Object.fromEntries(compare(before, after, 0.2).rows.map(({ what, change }) => [what, change]));

  test.each([
    [1000, 1300, "worse"],
    [1000, 1190, "same"],
    [1300, 1000, "better"],
    [10, 90, "same"], // less than a tenth of the ping period
  ])("a time of %i ms that became %i ms is %s", (was, is, change) => {
    const found = changes(report({ known: [knowledge(was)] }), report({ known: [knowledge(is)] }));
    expect(found["line 6, kill: 2: all knew"]).toBe(change);
  });

  test("the medians of all runs are compared, and of what is counted the means", () => {
    const before = report(...[1, 1, 1].map(() => ({ known: [knowledge(1000)] })));
    const after = report(
      { known: [knowledge(9000)], removed: 1, verdict: "false" },
      { known: [knowledge(1000)] },
      { known: [knowledge(1000)] },
    );
    expect(changes(before, after)).toMatchObject({
      "line 6, kill: 2: all knew": "same",
      "removed though there": "worse",
      "did not hold": "worse",
      "messages of a peer in a ping period": "same",
    });
  });

  test("what some never learnt is worse, and no time is made up for it", () => {
    const after = report({ known: [knowledge(undefined)] });
    const { rows } = compare(report({ known: [knowledge(1000)] }), after, 0.2);
    expect(rows).toContainEqual(
      expect.objectContaining({ what: "line 6, kill: 2: not known by all", change: "worse" }),
    );
    expect(rows).toContainEqual(
      expect.objectContaining({ what: "line 6, kill: 2: all knew", after: undefined, change: undefined }),
    );
  });

  test("changes are the same by their words and their order, also where their lines have moved", () => {
    const twice = (lines: number[], times: number[]): SavedReport =>
      report({ known: lines.map((line, index) => knowledge(times[index], { line })) });
    const { rows } = compare(twice([6, 8], [1000, 2000]), twice([7, 9], [1000, 4000]), 0.2);
    expect(rows.filter(({ what }) => what.endsWith("all knew")).map(({ what, change }) => [what, change])).toEqual([
      ["line 7, kill: 2: all knew", "same"],
      ["line 9, kill: 2: all knew", "worse"],
    ]);
  });

  test("the table says by how much, and the page shows both as bars and curves, and asks nobody for anything", () => {
    const comparison = compare(report({ known: [knowledge(1000)] }), report({ known: [knowledge(1500)] }), 0.2);
    const text = comparisonText([comparison]);
    expect(text).toMatch(/^ {2}line 6, kill: 2: all knew +1\.00 s +1\.50 s +\+50% +worse$/m);
    expect(text).toContain("1 worse, 0 better");
    const html = comparisonPage([comparison], true);
    expect(html.match(/class="curve c1"/g)).toHaveLength(1);
    expect(html.match(/class="curve c2"/g)).toHaveLength(1);
    expect(html).toContain('<rect class="bar c1" x="0" y="0" width="106.7"');
    expect(html.match(/<[^>]*\s(src|href)=|https?:|url\(/g)).toBeNull();
  });

  test("npm run chaos -- --compare ends with 0 where nothing is worse, with 1 where something is, and leaves a page", async () => {
    const steps = `steps:\n${MET}  - { kill: 2 }\n  - { expect: { gone: 2 }, within: settle }\n`;
    const quick = fileOf("quick.yaml", `${HEAD}${steps}`);
    const slow = fileOf("slow.yaml", `${HEAD}network: { latencyMs: 150 }\n${steps}`);
    const [before, after] = [join(folder, "before"), join(folder, "after")];
    await chaos(quick, "--on", "simulator", "--repeat", "2", "--out", before);
    await chaos(slow, "--on", "simulator", "--out", after);
    const same = await chaos("--compare", before, before, "--out", join(folder, "same"));
    expect([same.code, same.out]).toEqual([0, expect.stringContaining("0 worse, 0 better")]);
    const worse = await chaos(
      "--compare",
      before,
      join(after, "result.json"),
      "--out",
      join(folder, "worse"),
      "--json",
    );
    expect(worse.code).toBe(1);
    expect(JSON.parse(worse.out)).toMatchObject([{ before: { runs: 2 }, after: { runs: 1 }, rows: expect.anything() }]);
    expect(readFileSync(join(folder, "worse/comparison.html"), "utf8")).toContain("made up · simulator · 3 peers");
    const small = join(folder, "small");
    await chaos(quick, "--on", "simulator", "--peers", "2", "--out", small);
    const other = await chaos("--compare", before, small);
    expect([other.code, other.err]).toEqual([
      2,
      expect.stringMatching(/before has made up · simulator · 3 peers; .*small has made up · simulator · 2 peers/),
    ]);
  });

  test.each([
    [["package.json"], "--compare takes two reports"],
    [["nowhere", "package.json"], "nowhere is not there"],
    [["integration/src", "package.json"], "integration/src holds no report"],
    [["package.json", "package.json"], 'package.json is no result of npm run chaos: "verdict"'],
    [["README.md", "package.json"], "README.md is no result of npm run chaos: it is not JSON"],
  ])("%j are refused", async (args, message) => {
    const { code, err } = await chaos("--compare", ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });
});
