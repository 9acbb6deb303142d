import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { compareReports } from "../src/program/chaos/compare.js";
import { planSuite } from "../src/program/chaos/planned.js";
import { loadSuite } from "../src/program/chaos/suite.js";
import { suiteJsonSchema } from "../src/program/chaos/suite-schema.js";
import { compare, type Row, type SavedReport } from "../src/report/comparison.js";
import { comparisonPage } from "../src/report/comparison-page.js";
import { comparisonText } from "../src/report/comparison-text.js";
import type { SavedKnowledge, SavedResult } from "../src/report/saved-result.js";
import { run, type Ended } from "./support/command.js";
import { unclosedIn } from "./support/markup.js";

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

  test("what is to happen sometimes is worse only where it happens in no run any more", () => {
    const what = "somebody was suspected";
    const met = (...times: number[]): SavedReport => {
      const { path, runs } = report(...times.map(() => ({})));
      const all = runs.map((run, at) => ({ ...run, sometimes: [{ what, met: times[at] ?? 0, runs: 1 }] }));
      return { path, runs: all as unknown as SavedReport["runs"] };
    };
    const row = `did not happen: ${what}`;
    expect(changes(met(1, 1), met(1, 0))[row]).toBe("same");
    expect(changes(met(1, 0), met(0, 0))[row]).toBe("worse");
    expect(changes(met(0, 0), met(0, 1))[row]).toBe("better");
    expect(changes(report({}), met(1))).toMatchObject({ [row]: undefined });
    expect(changes(report({}), report({}))).not.toHaveProperty([row]);
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
    expect(unclosedIn(html)).toEqual([]);
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
  ])("%j are refused", (paths, message) => {
    const options = { tolerance: 0.2, out: undefined, json: false, say: () => undefined };
    expect(() => compareReports(paths, options)).toThrow(message);
  });
});

describe("a suite", () => {
  const HELD = `steps:\n${MET}`;
  const FAILED = `steps:\n${MET}  - { kill: 2 }\n  - { expect: { gone: 2 }, within: 1 ms }\n`;
  interface RowOfJson {
    readonly scenario: string;
    readonly verdict: string;
    readonly runs: readonly { readonly report: string }[];
  }

  function suiteOf(name: string, runs: string, more = ""): string {
    fileOf("held.yaml", `${HEAD}${HELD}`);
    fileOf("failed.yaml", `${HEAD}${FAILED}`);
    return fileOf(name, `title: all of it\n${more}runs:\n${runs}`);
  }

  const verdictsOf = (out: string): string[][] =>
    (JSON.parse(out) as RowOfJson[]).map(({ scenario, verdict }) => [scenario, verdict]);

  test("runs each scenario on each platform with each size, and leaves a page that leads to every report", async () => {
    const suite = suiteOf("both.yaml", "  - { scenarios: [held.yaml, failed.yaml], on: simulator, peers: [3, 4] }\n");
    const out = join(folder, "both");
    const { code, out: said, err } = await chaos("--suite", suite, "--out", out, "--json");
    expect([code, verdictsOf(said)]).toEqual([
      1,
      [
        ["held-simulator-3", "true"],
        ["held-simulator-4", "true"],
        ["failed-simulator-3", "false"],
        ["failed-simulator-4", "false"],
      ],
    ]);
    expect(err).toContain("2 true, 2 false, 0 unknown");
    const html = readFileSync(join(out, "index.html"), "utf8");
    expect(unclosedIn(html)).toEqual([]);
    const links = [...html.matchAll(/<a href="([^"]*)"/g)].map(([, href = ""]) => href);
    expect(links).toHaveLength(4);
    for (const link of links) expect(existsSync(join(out, link))).toBe(true);
    expect(readFileSync(join(out, "junit.xml"), "utf8").match(/<testsuite [^>]*\((.*?)\)"/g)).toHaveLength(4);
    const again = await chaos("--suite", suite, "--out", out);
    expect([again.code, again.err]).toEqual([2, expect.stringContaining("has the reports of other runs")]);
  });

  test("that fails fast runs nothing after a verdict that is not true, and says what it left", async () => {
    const runs =
      "  - { scenarios: failed.yaml, on: simulator, repeat: 3 }\n  - { scenarios: held.yaml, on: simulator }\n";
    const out = join(folder, "fast");
    const { code, out: said } = await chaos("--suite", suiteOf("fast.yaml", runs, "failFast: true\n"), "--out", out);
    expect(code).toBe(1);
    expect(said).toMatch(/^held-simulator +not run +failed-simulator was false$/m);
    expect(said).toContain("0 true, 1 false, 0 unknown, 1 not run");
    const xml = readFileSync(join(out, "junit.xml"), "utf8");
    expect(xml).toContain('name="2 runs" time="0.000"><skipped message="not run: ');
    expect(xml).toContain('name="a run" time="0.000"><skipped message="not run: failed-simulator was false"/>');
    expect(readFileSync(join(out, "index.html"), "utf8")).toContain("not run");
  });

  test("tells the verdicts of all others where one has no room for its report", async () => {
    const long = `${"x".repeat(250)}.yaml`; // with its platform and size the name is too long for a folder
    const runs = `  - { scenarios: [${long}, held.yaml], on: simulator, peers: 3 }\n`;
    fileOf(long, `${HEAD}${HELD}`);
    const { code, out } = await chaos("--suite", suiteOf("no-room.yaml", runs), "--out", join(folder, "no-room"));
    expect([code, out]).toEqual([2, expect.stringMatching(/ not run +ENAMETOOLONG.*\nheld-simulator-3 +true /)]);
  });

  test("whose budget is over is never true: what was under way is unknown, the rest not run", async () => {
    const runs = "  - { scenarios: held.yaml, on: simulator, repeat: 1000 }\n";
    const more = fileOf("more.yaml", `${HEAD}${HELD}`);
    const { code, out } = await chaos(
      "--suite",
      suiteOf("over.yaml", runs),
      "--budget",
      "0.5 s",
      "--out",
      join(folder, "over"),
      "--json",
    );
    expect([code, verdictsOf(out)]).toEqual([2, [["held-simulator", "unknown"]]]);
    const several = await chaos(
      more,
      more,
      "--on",
      "simulator",
      "--budget",
      "0.001s",
      "--out",
      join(folder, "short"),
      "--json",
    );
    expect([several.code, verdictsOf(several.out)[1]]).toEqual([2, ["more", "not run"]]);
  });

  test.each([
    ["  - { scenario: held.yaml, on: simulator }\n", /wrong\.yaml:3:7: "scenario" is not known here/],
    ["  - { scenarios: held.yaml, on: moon }\n", /wrong\.yaml:3:\d+: "on" is "moon"; it must be one of docker, /],
    ["  - { scenarios: held.yaml, on: compose, peers: 3 }\n", /wrong\.yaml:3:.* has peers, and is on compose/],
    ["  - { scenarios: nowhere.yaml, on: simulator }\n", /wrong\.yaml:3: .*no such file.*nowhere\.yaml/],
    [
      "  - { scenarios: held.yaml, on: [simulator, processes], repeat: 501 }\n",
      /stands for 1002 runs; 1000 are the most/,
    ],
  ])("%j is refused, with its place", (runs, message) => {
    const suite = suiteOf("wrong.yaml", runs);
    expect(() => planSuite(loadSuite(suite), { on: "docker", seed: 1, repeat: 1, tolerance: 0.2 })).toThrow(message);
  });

  test.each([
    [["--peers", "3"], "--peers goes without --suite"],
    [["held.yaml"], "files go without --suite"],
    [["--budget", "soon"], "It must be a time of 20 days at most"],
  ])("and %j contradict each other", async (args, message) => {
    const { code, err } = await chaos("--suite", "integration/suites/quick.yaml", ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test("has a schema for editors that is up to date: node integration/dist/program/chaos/write-schema.js && npm run format", () => {
    const written = readFileSync(new URL("../suites/suite.schema.json", import.meta.url), "utf8");
    expect(JSON.parse(written)).toEqual(JSON.parse(suiteJsonSchema()));
  });
});
