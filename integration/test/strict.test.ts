import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { judge } from "../src/experiment/judge.js";
import type { Outcome } from "../src/experiment/experiment.js";
import { judgedStrictly } from "../src/experiment/strict.js";
import type { RecordedFault, RunRecord } from "../src/experiment/run-record.js";
import { runSimulated } from "../src/program/simulate/simulated-run.js";
import { parseScenario } from "../src/scenario/load.js";
import { change, fault, recorded } from "./support/recorded.js";

const calm = parseScenario("title: t\nwhy: w\npeers: 3\nsteps: [{ wait: 1 s }]\n", "calm.yaml");
const HELD = { verdict: "true", reason: "t" } as const;
const down = { atMs: 1000, peer: 3, state: "down" } as const;

const WRONG = recorded({ peers: 3, beliefs: [{ ...change(2000, 1, 2, "failed"), wrong: true }] });

describe("a strict run is false where", () => {
  test.each<[string, RunRecord, string]>([
    ["somebody was removed who was there", WRONG, "at 2000 ms peer 1 removed peer 2, which was there"],
    [
      "somebody came back who was down",
      recorded({
        peers: 3,
        lives: [down],
        beliefs: [change(2000, 1, 3, "failed"), change(3000, 1, 3, "alive")],
      }),
      "at 3000 ms peer 1 listed peer 3 again, which was down",
    ],
    [
      "a budget was missed",
      late({ beliefs: [change(1500, 1, 3, "failed")] }),
      "line 1, kill: 1 of 2 knew, and the budget crash is 1.00 s",
    ],
  ])("%s", (_, record, problem) => {
    expect(judgedStrictly(HELD, calm, record)).toEqual({ verdict: "false", reason: `calm.yaml: strict: ${problem}` });
  });

  test("and stays what it is where the scenario is lenient, or where it was not true anyway", () => {
    expect(judgedStrictly(HELD, { ...calm, lenient: "half is lost" }, WRONG)).toBe(HELD);
    const found: Pick<Outcome, "verdict" | "reason"> = { verdict: "unknown", reason: "no engine" };
    expect(judgedStrictly(found, calm, WRONG)).toBe(found);
  });
});

/** Three peers, of which the third is killed at 1000 ms, and a budget of a second to know it. */
function late(given: Partial<Parameters<typeof recorded>[0]>): RunRecord {
  const record = recorded({ peers: 3, faults: [fault("kill", [3], 1000)], lives: [down], ...given });
  return { ...record, budgets: { ...record.budgets, crashMs: 1000 } };
}

describe("a budget is not missed where", () => {
  const lost: RecordedFault = fault("loss", [1, 2, 3], 1000);
  test.each<[string, Partial<Parameters<typeof recorded>[0]>]>([
    ["all knew in time", { beliefs: [change(1500, 1, 3, "failed"), change(2000, 2, 3, "failed")] }],
    ["another fault was in force, also one of the same moment", { faults: [lost, fault("kill", [3], 1000)] }],
    ["the fact was over before that", { faults: [fault("kill", [3], 1000), fault("start", [3], 1900)] }],
  ])("%s", (_, given) => {
    expect(judge(late(given)).missed.filter(({ kind }) => kind === "crash")).toEqual([]);
  });

  test("a way is closed and others vouch for the peer that is not heard", () => {
    const kinds = (ways: readonly (readonly [number, number])[]): string[] =>
      judge(recorded({ peers: 3, faults: [fault("cut", [1, 2, 3], 1000, 1000, ways)] })).knowledge.map(
        ({ kind }) => kind,
      );
    expect(kinds([[1, 2]])).toEqual(["join"]);
    expect(kinds([[1, 2], [1, 3]])).toEqual(["join", "silence"]); // prettier-ignore
  });
});

test("a scenario is strictly false for what it is lenient about, and true as it is", async () => {
  const text = readFileSync(new URL("../scenarios/long-sleep.yaml", import.meta.url), "utf8");
  const verdict = async (scenario: string): Promise<string> => {
    const { outcome } = await runSimulated(parseScenario(scenario, "long-sleep.yaml"), 1, { strict: true });
    return `${outcome.verdict} ${outcome.reason}`;
  };
  expect(await verdict(text)).toMatch(/^true /);
  expect(await verdict(text.replace(/^lenient: .*\n/m, ""))).toMatch(
    /^false .*: strict: .* removed peer .*, which was there/,
  );
});
