import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Measurement } from "../src/cluster/simulated/measure.js";
import type { Verdict } from "../src/scenario/interpreter.js";
import { run, SIMULATE, type Ended } from "./support/command.js";

const CRASH = "integration/scenarios/crash-of-one.yaml";
const SMALL = ["run", "--peers", "5", "--seconds", "30", "--seed", "7"];

const simulate = (...args: string[]): Promise<Ended> => run(process.execPath, [SIMULATE, ...args]);

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "simulate-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** A scenario in which a peer is killed and has to be gone before anybody can know. */
function failingScenario(): string {
  const steps = "  - { expect: everyone sees everyone, within: join }\n  - { kill: 2 }\n";
  const never = "  - { expect: { gone: 2 }, within: 100 ms }\n";
  return fileOf("failing.yaml", `title: Too soon\nwhy: to fail\npeers: 3\nsteps:\n${steps}${never}`);
}

describe("run", () => {
  async function report(...args: string[]): Promise<Measurement> {
    const { code, out, err } = await simulate(...args, "--json");
    expect([code, err]).toEqual([0, ""]);
    return JSON.parse(out) as Measurement;
  }

  test("prints a report as JSON that is the same for the same seed, and another for another", async () => {
    const first = await report(...SMALL);
    expect(first).toMatchObject({ peers: 5, seed: 7, durationMs: 30_000, wrongRemovals: 0 });
    expect(first.traceHash).toMatch(/^[0-9a-f]{16}$/);
    expect(await report(...SMALL)).toEqual(first);
    expect((await report(...SMALL, "--seed", "8")).traceHash).not.toBe(first.traceHash);
  });

  test("is what is meant when no command is named", async () => {
    const [, ...options] = SMALL;
    expect(await report(...options)).toEqual(await report(...SMALL));
  });

  test("without news an update takes periods, where it takes milliseconds else", async () => {
    const update = [...SMALL, "--faults", "update", "--each", "5"];
    const [told, compared] = [await report(...update), await report(...update, "--without-news")];
    expect(told.spreads.update?.fullMs.max).toBeLessThan(told.timing.pingPeriodMs / 10);
    expect(compared.spreads.update?.fullMs.max).toBeGreaterThan(compared.timing.pingPeriodMs / 2);
    expect(compared.disagreement).toBeUndefined();
  });

  test("prints to be read which seed it was, when all listed all, and a line for each kind of change", async () => {
    const { code, out } = await simulate(...SMALL);
    expect(code).toBe(0);
    expect(out).toMatch(
      /^5 peers, 30 virtual seconds, seed 7, ping period 1000 ms\nall list all \d+ ms \(\d+\.\d periods\) after the first start$/m,
    );
    for (const kind of ["join", "update", "crash", "silence", "leave"]) {
      expect(out).toMatch(new RegExp(`^ {2}${kind} +\\d+( +\\d+){6} +p99 \\d+\\.\\d periods$`, "m"));
    }
    expect(out).toMatch(/^trace hash [0-9a-f]{16}, \d+ events$/m);
  });

  test("does only what it is told to", async () => {
    const { spreads } = await report(...SMALL, "--faults", "leave,update", "--each", "2");
    expect(spreads).toMatchObject({ update: { count: 2 }, leave: { count: 2 } });
    expect(Object.keys(spreads).sort()).toEqual(["join", "leave", "update"]);
    expect(Object.keys((await report(...SMALL, "--faults", "none")).spreads)).toEqual(["join"]);
  });

  test.each([
    ["--peers", "0"],
    ["--peers", "2.5"],
    ["--seconds", ""],
    ["--loss", "101"],
    ["--faults", "nonsense"],
    ["--nonsense", "1"],
  ])("ends with 2 and names what was not understood: %s %s", async (option, value) => {
    const { code, out, err } = await simulate("run", option, value);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(option);
    expect(err).toContain("--help shows what there is");
  });
});

describe("a scenario", () => {
  test("that holds ends with 0 and PASS", async () => {
    const { code, out } = await simulate("--scenario", CRASH);
    expect(code).toBe(0);
    expect(out).toMatch(/^PASS One crashes\n/);
    expect(out).toMatch(/^\d+\.\d virtual seconds$/m);
  });

  test("gives its verdict as JSON", async () => {
    const { code, out } = await simulate("--scenario", CRASH, "--seed", "3", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out) as Verdict).toMatchObject({ verdict: "true", seed: 3, message: "One crashes" });
  });

  test("that does not hold ends with 1, FAIL and the line", async () => {
    const file = failingScenario();
    const { code, out } = await simulate("--scenario", file, "--seed", "2");
    expect(code).toBe(1);
    expect(out).toContain(`FAIL ${file}:7: seed 2: expected within 100 ms`);
  });

  test.each([
    ["is not there", (): string => join(folder, "nowhere.yaml"), "no such file"],
    ["is no YAML", (): string => fileOf("broken.yaml", "title: [\n"), "broken.yaml:2:1: is not YAML"],
    ["is no scenario", (): string => fileOf("other.yaml", "title: t\n"), 'other.yaml:1:1: "why" is missing'],
  ])("that %s ends with 2 and a message that names it", async (_, file, problem) => {
    const name = file();
    const { code, out, err } = await simulate("--scenario", name);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(name);
    expect(err).toContain(problem);
  });
});

describe("soak", () => {
  test("says how many plans held and how many faults bit", async () => {
    const { code, out } = await simulate("soak", "--from", "1", "--count", "5");
    expect(code).toBe(0);
    expect(out).toMatch(/^seeds 1 to 5\n5 plans held; [1-9]\d* faults bit; \d+\.\d s\n/);
    expect(out).toMatch(/^ {2}somebody was removed: in [1-5] of 5 runs$/m);
  });

  test("gives the same as JSON, through the codec as well", async () => {
    const args = ["soak", "--from", "1", "--count", "5", "--json"];
    const [plain, coded] = [await simulate(...args), await simulate(...args, "--codec")];
    expect([plain.code, coded.code]).toEqual([0, 0]);
    const { bites, ...rest } = JSON.parse(plain.out) as { bites: number };
    expect(rest).toMatchObject({ from: 1, runs: 5 });
    expect(rest).not.toHaveProperty("failure");
    expect(JSON.parse(coded.out)).toMatchObject({ from: 1, runs: 5, bites });
  });

  test("that is told no sensible number ends with 2", async () => {
    const { code, err } = await simulate("soak", "--count", "none");
    expect([code, err]).toEqual([2, expect.stringContaining("--count")]);
  });
});

test("check says of each scenario and of the plans whether they held, and writes down how many did", async () => {
  const results = join(folder, "results.json");
  const { code, out } = await simulate("check", "--seeds", "1", "--plans", "10", "--results", results);
  expect(code).toBe(0);
  const passed = out.match(/^PASS /gm)?.length;
  expect(passed).toBeGreaterThan(20);
  expect(out).toContain("PASS One crashes, 1 seeds (crash-of-one.yaml)\n");
  expect(out.endsWith(`${passed} passed, 0 failed\n`)).toBe(true);
  expect(JSON.parse(readFileSync(results, "utf8"))).toEqual({ passed, failed: 0 });
});

test("check ends without a word when nobody reads what it says any more", async () => {
  const files = ["leave", "crash-of-one", "one-way-cut"].map((name) => `integration/scenarios/${name}.yaml`);
  const pipe = `set -o pipefail; "${process.execPath}" ${SIMULATE} check ${files.join(" ")} --seeds 1 | head -c 1`;
  expect(await run("bash", ["-c", pipe])).toEqual({ code: 0, out: "P", err: "" });
});

test("check with files runs these with every seed, and nothing else; a file that is none is named", async () => {
  const file = "integration/scenarios/leave.yaml";
  expect(await simulate("check", file, "--seeds", "3")).toEqual({
    code: 0,
    out: "PASS One says goodbye, 3 seeds (leave.yaml)\n1 passed, 0 failed\n",
    err: "",
  });
  const { code, out, err } = await simulate("check", "nowhere.yaml");
  expect([code, out, err]).toEqual([2, "", expect.stringContaining("nowhere.yaml")]);
});
