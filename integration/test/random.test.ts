import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { resolveTiming } from "gossip-peer";
import { SimulatedCluster } from "../src/cluster/simulated/simulated-cluster.js";
import { rowOf } from "../src/fault/kinds.js";
import { DRAWN_WORDS, drawExperiment, lotsFor, simulateAgain } from "../src/program/chaos/random.js";
import { runScenario } from "../src/scenario/interpreter.js";
import { parseScenario } from "../src/scenario/load.js";
import { drawFeasible } from "../src/scenario/random/feasible.js";
import type { Plan } from "../src/scenario/random/plan.js";
import { scenarioText } from "../src/scenario/random/plan-scenario.js";
import { run, type Ended } from "./support/command.js";

const CHAOS = "integration/dist/program/chaos/cli.js";
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];
const anySeed = fc.integer({ min: 0, max: 2 ** 31 });
const { lots, leftOut } = lotsFor(DRAWN_WORDS, new Map());

const draw = (seed: number, peers?: number): Plan => drawFeasible({ seed, peers, durationMs: 120_000, lots });

async function messageOf(plan: Plan): Promise<string> {
  const scenario = parseScenario(scenarioText(plan, []), "drawn.yaml");
  const { verdict, message } = await runScenario(scenario, plan.seed, (options) => SimulatedCluster.open(options));
  return `${verdict}: ${message}`;
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "random-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a plan for real peers", () => {
  test("is drawn from its seed alone, of 5 to 8 peers unless told otherwise, within its time", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const plan = draw(seed);
        expect(draw(seed)).toEqual(plan);
        expect(plan.peers >= 5 && plan.peers <= 8).toBe(true);
        expect(plan.events.length).toBeGreaterThan(0);
        const moments = plan.events.map(({ atMs }) => atMs);
        expect(moments).toEqual(moments.toSorted((a, b) => a - b));
        // Parts of a swizzle may come later.
        expect(plan.events.every(({ atMs, forMs }) => atMs <= 120_000 || forMs !== undefined)).toBe(true);
        expect(draw(seed, 3).peers).toBe(3);
      }),
      { numRuns: 30 },
    );
  });

  test("is a scenario that can be read, with a step for every fault that is drawn", () => {
    const words = new Set<string>();
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { steps } = parseScenario(scenarioText(draw(seed), ["any"]), "drawn.yaml");
        for (const step of steps) words.add(Object.keys(step)[0] ?? "");
      }),
      { numRuns: 30 },
    );
    const drawn = new Set(lots.map(({ word }) => word).filter((word) => !["restart", "swizzle"].includes(word)));
    expect([...words].sort()).toEqual([...drawn, "expect", "wait"].sort());
  });

  test.each(SEEDS)("holds in the simulator, where each of its faults has an effect (seed %i)", async (seed) => {
    expect(await messageOf(draw(seed))).toBe(`true: Random faults of seed ${seed}`);
  });

  test.each(SEEDS)("of which any half is left out still is one whose faults have effects (seed %i)", async (seed) => {
    const plan = draw(seed);
    const half = { ...plan, events: plan.events.filter((_, at) => at % 2 === seed % 2) };
    expect(await messageOf(half)).toBe(`true: Random faults of seed ${seed}`);
  });

  test("expects that nobody is removed wrongly, unless something in it makes peers hear too little", () => {
    const isExpected = SEEDS.map((seed) => {
      const plan = draw(seed);
      const isBlurred = plan.events.some(({ faults }) => faults.some(({ kind }) => rowOf(kind).blurs === true));
      const text = scenarioText(plan, []);
      expect(text.includes("nobody was removed wrongly")).toBe(!isBlurred);
      return !isBlurred;
    });
    expect(new Set(isExpected)).toEqual(new Set([true, false]));
  });

  test("never has more peers down than it may", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const down = new Set<number>();
        for (const { faults } of drawFeasible({ seed, durationMs: 300_000, lots, mostDown: 1 }).events) {
          for (const fault of faults) {
            if (fault.kind === "kill" || fault.kind === "stop") down.add(fault.peer);
            if (fault.kind === "start") down.delete(fault.peer);
          }
          expect(down.size).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 30 },
    );
  });
});

test("what a platform lacks is left out, each with the reason, and what ends a fault is drawn in any case", () => {
  expect([...leftOut.keys()]).toEqual(["duplicate", "reorder"]);
  const choice = lotsFor(["kill", "partition", "delay"], new Map([["delay", "no netem"]]));
  expect(new Set(choice.lots.map(({ word }) => word))).toEqual(
    new Set(["kill", "start", "resume", "partition", "heal"]),
  );
  expect([...choice.leftOut]).toEqual([["delay", "no netem"]]);
});

describe("a random experiment that was false is run in the simulator: where it", () => {
  const options = { seed: 3, minutes: 1, on: "simulator", choice: { lots, leftOut }, command: "any" } as const;
  const signal = new AbortController().signal;

  test("holds there, that is said", async () => {
    const said: string[] = [];
    await simulateAgain(drawExperiment(options), folder, signal, (text) => said.push(text));
    expect(said.join("\n")).toContain("In the simulator the same plan holds");
  });

  test("fails there, too, it is cut down, and what is left is written as a scenario", async () => {
    const said: string[] = [];
    const experiment = drawExperiment(options);
    // There and back takes 2 ms, so by the plain rule everybody removes everybody again and again.
    const timing = { ...resolveTiming(), exchangeTimeoutMs: 1, suspicionMultiplier: 0, indirectProbes: 0 };
    const plan = { ...experiment.plan, timing };
    const failing = { ...experiment, plan, text: scenarioText(plan, []) };
    await simulateAgain(failing, folder, signal, (text) => said.push(text));
    expect(said.join("\n")).toMatch(/fails, too[^]*everyone sees everyone[^]*seed 3: .* [01] faults/);
    const small = parseScenario(readFileSync(join(folder, "shrunk.yaml"), "utf8"), "shrunk.yaml");
    expect(small.steps.length).toBeLessThan(experiment.scenario.steps.length);
  });
});

describe("npm run chaos -- --random", () => {
  const chaos = (...args: string[]): Promise<Ended> => run(process.execPath, [CHAOS, "--on", "simulator", ...args]);

  test("prints its plan, runs it, and leaves it as a scenario file that can be run again", async () => {
    const out = join(folder, "one");
    const { code, out: said } = await chaos("--random", "--seed", "4", "--minutes", "0.5", "--out", out);
    expect(code).toBe(0);
    const file = join(out, "scenario.yaml");
    expect(said).toMatch(/^seed 4: [5-8] peers, .*\n +\d+\.\d{3} s {2}\w/);
    expect(said).toContain("left out: duplicate: ");
    expect(said).toContain(`scenario: ${file}\n`);
    expect(said).toMatch(/^TRUE {2}Random faults of seed 4 /m);
    expect(existsSync(join(out, "report.html"))).toBe(true);
    expect(readFileSync(file, "utf8")).toMatch(
      /^# Drawn by: npm run chaos -- --random --on simulator --minutes 0.5 --seed 4\n/,
    );
    const again = await chaos(file, "--seed", "4", "--out", join(folder, "again"));
    expect(again.code).toBe(0);
    const stepsIn = (text: string): string[] => text.match(/^ ✓ .*$/gm) ?? [];
    expect(stepsIn(again.out)).toEqual(stepsIn(said));
  });

  test("repeats with the next seeds, each with a report and a plan of its own", async () => {
    const out = join(folder, "many");
    const args = ["--seed", "8", "--repeat", "2", "--minutes", "0.2", "--faults", "kill,partition", "--peers", "4"];
    const { code, out: said } = await chaos("--random", ...args, "--out", out);
    expect(code).toBe(0);
    expect(said.match(/^seed \d+: 4 peers/gm)).toEqual(["seed 8: 4 peers", "seed 9: 4 peers"]);
    for (const seed of [8, 9]) expect(existsSync(join(out, `random-${seed}`, "scenario.yaml"))).toBe(true);
    expect(said).toContain("2 true, 0 false, 0 unknown");
  });

  test.each([
    [["--random", "--faults", "kill,earthquake"], /"earthquake" is none of: kill, stop, .*partition/],
    [["--random", "--minutes", "0"], /--minutes/],
    [["--random", "a.yaml"], /--random draws what happens/],
    [["a.yaml", "--faults", "kill"], /--minutes and --faults go with --random/],
    [["--random", "--faults", "heal"], /nothing that is drawn breaks anything/],
    [["--random", "--keep"], /--keep goes with/],
  ])("does not understand %j", async (args, message) => {
    const { code, err } = await chaos(...args);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });
});
