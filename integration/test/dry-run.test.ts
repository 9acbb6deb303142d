import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { SimulatedCluster } from "../src/cluster/simulated/simulated-cluster.js";
import { runExperiment } from "../src/experiment/experiment.js";
import { onPaper } from "../src/program/chaos/dry-run.js";
import { parseScenario } from "../src/scenario/load.js";
import { run } from "./support/command.js";

const CHAOS = "integration/dist/program/chaos/cli.js";
const SCENARIOS = new URL("../scenarios/", import.meta.url);

describe("a dry run", () => {
  test.each([
    "churn",
    "crash-under-load",
    "every-end",
    "flapping",
    "pause-train",
    "rolling-restart",
    "split-while-names-change",
    "starved-while-one-dies",
  ])("of %s has the steps of the run, with the very peers", async (name) => {
    const file = `${name}.yaml`;
    const scenario = parseScenario(readFileSync(new URL(file, SCENARIOS), "utf8"), file);
    const { record } = await runExperiment({
      scenario,
      seed: 3,
      on: "simulator",
      open: (wanted) => SimulatedCluster.open(wanted),
      journal: { write: () => undefined },
      signal: new AbortController().signal,
    });
    const taken = (record?.steps ?? []).filter(({ phase }) => phase !== "after");
    const { steps } = await onPaper(scenario, "simulator", 3);
    expect(steps.length).toBeGreaterThan(2);
    // What goes on side by side is in another order where expectations take no time.
    const byLine = [steps, taken].map((each) =>
      each.map(({ line = 0, what, chosen }) => ({ line, what, chosen })).sort((a, b) => a.line - b.line),
    );
    expect(byLine[0]).toEqual(byLine[1]);
  });

  test("says what would be done, and leaves no report", async () => {
    const folder = mkdtempSync(join(tmpdir(), "dry-"));
    const out = join(folder, "report");
    const file = "integration/scenarios/crash-of-one.yaml";
    const { code, out: text } = await run(process.execPath, [CHAOS, file, "--dry-run", "--repeat", "2", "--out", out]);
    expect(code).toBe(0);
    expect(text).toMatch(
      /One crashes · 5 peers · docker · seed 1: would\n {3}line 6 .*\n {3}line 8 {3}kill: any, as: victim {2}\(any: peer \d\)\n/,
    );
    expect(text).toContain("One crashes · 5 peers · docker · seed 2: would\n");
    expect(existsSync(out)).toBe(false);
    rmSync(folder, { recursive: true });
  });

  test("is unknown, with the reason, where the platform cannot do a step", async () => {
    const file = "integration/scenarios/split-and-heal.yaml";
    const { code, out } = await run(process.execPath, [CHAOS, file, "--dry-run", "--on", "processes", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(out)).toMatchObject([
      { verdict: "unknown", reason: expect.stringContaining("split-and-heal.yaml:8: seed 1: "), peers: 6 },
    ]);
  });

  test("finds a step without an effect", async () => {
    const text = "title: t\nwhy: w\npeers: 3\nsteps:\n  - kill: 2\n  - kill: 2\n";
    await expect(onPaper(parseScenario(text, "made-up.yaml"), "docker", 1)).rejects.toThrow(
      "made-up.yaml:6: peer 2 is down and would have to be running or paused",
    );
  });
});
