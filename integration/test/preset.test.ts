import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Options } from "../src/program/chaos/options.js";
import { planFiles, planRandom } from "../src/program/chaos/planned.js";
import { optionsOf } from "../src/scenario/interpreter.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "preset-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const OPTIONS: Options = { on: "simulator", preset: "wan", seed: 1, repeat: 1, tolerance: 0.2 };

function timingWith(timing: string): object | undefined {
  const file = join(folder, "made-up.yaml");
  writeFileSync(file, `title: t\nwhy: w\npeers: 3\n${timing}steps:\n  - { wait: 1 s }\n`);
  const [planned] = planFiles([file], OPTIONS);
  expect(planned?.commandOf(4)).toContain(" --preset wan --seed 4");
  return planned && optionsOf(planned.scenario, 1).timing;
}

describe("the preset of the command line", () => {
  test("is that of a scenario that does not say", () => {
    expect(timingWith("")).toMatchObject({ pingPeriodMs: 2000, gatherMs: 20 });
  });

  test("gives way to each value that a scenario says itself", () => {
    expect(timingWith("timing: { pingPeriodMs: 500 }\n")).toMatchObject({ pingPeriodMs: 500, gatherMs: 20 });
  });

  test("gives way to the preset of a scenario", () => {
    expect(timingWith("timing: { preset: quick }\n")).toEqual({ suspicionTimeouts: 3 });
  });

  test("goes neither with a project that runs, nor with a random plan", async () => {
    expect(() => planFiles(["a.yaml"], { ...OPTIONS, on: "compose" })).toThrow("a project has the preset that it was");
    await expect(planRandom([], { ...OPTIONS, random: true })).rejects.toThrow("--preset goes with scenarios");
  });
});
