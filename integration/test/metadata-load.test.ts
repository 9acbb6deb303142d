import { describe, expect, test } from "@jest/globals";
import { openProcesses } from "../src/cluster/processes/open.js";
import { SimulatedCluster } from "../src/cluster/simulated/simulated-cluster.js";
import { runExperiment, type ExperimentOptions, type Outcome } from "../src/experiment/experiment.js";
import { judge } from "../src/experiment/judge.js";
import type { Entry } from "../src/fault/journal.js";
import type { OpenCluster } from "../src/scenario/cluster.js";
import { parseScenario } from "../src/scenario/load.js";

const MET = "  - { expect: everyone sees everyone, within: join }\n";

interface Told {
  readonly outcome: Outcome;
  /** The peers whose metadata were changed, in order, and when. */
  readonly changes: readonly { readonly peer: number; readonly atMs: number }[];
}

/** Runs steps on three peers under a load; the first of them is on line 6 of the file. */
async function underLoad(steps: string, more: Partial<ExperimentOptions> & { rate?: string } = {}): Promise<Told> {
  const { rate = "4 per s", ...options } = more;
  const head = `title: made up\nwhy: to be judged\npeers: 3\nload: { metadata: ${rate} }\n`;
  const entries: Entry[] = [];
  const outcome = await runExperiment({
    scenario: parseScenario(`${head}steps:\n${steps}`, "made-up.yaml"),
    seed: 1,
    on: "simulator",
    open: (wanted) => SimulatedCluster.open(wanted),
    strict: true,
    journal: { write: (entry) => entries.push(entry) },
    signal: new AbortController().signal,
    ...options,
  });
  const changes = entries.flatMap((entry) =>
    entry.type === "fault" && entry.fault.kind === "set-meta" ? [{ peer: entry.fault.peer, atMs: entry.atMs }] : [],
  );
  return { outcome, changes };
}

describe("a load of metadata", () => {
  test("changes those of one peer after the other at its rate, from the steady state to the last step", async () => {
    const { outcome, changes } = await underLoad(`${MET}  - { wait: 1 s }\n  - { wait: 1 s }\n`);
    const [before, first] = outcome.record?.steps ?? [];
    expect(outcome).toMatchObject({ verdict: "true" });
    expect(changes.map(({ peer }) => peer)).toEqual([1, 2, 3, 1, 2, 3, 1, 2, ...(changes.length > 8 ? [3] : [])]);
    expect(changes.slice(0, 3).map(({ atMs }) => atMs - (before?.toMs ?? 0))).toEqual([0, 250, 500]);
    expect(first?.phase).toBe("steps");
  });

  test("is no fault of the record: nobody's budget counts from a change", async () => {
    const { outcome, changes } = await underLoad(`${MET}  - { kill: 2 }\n  - { expect: { gone: 2 }, within: crash }\n`);
    if (outcome.record === undefined) throw new Error("it was recorded");
    expect(changes.length).toBeGreaterThan(0);
    expect(outcome.record.faults.map(({ what }) => what)).toEqual(["kill: 2", "heal what is still broken"]);
    expect(judge(outcome.record).knowledge.map(({ kind }) => kind)).not.toContain("update");
  });

  test("leaves out those that do not run", async () => {
    const { changes } = await underLoad(`${MET}  - { pause: 2 }\n  - { wait: 3 s }\n  - { resume: 2 }\n`);
    expect(changes.slice(1, 9).map(({ peer }) => peer)).toEqual([3, 1, 3, 1, 3, 1, 3, 1]);
  });

  test("is the same each time with the same seed", async () => {
    const steps = `${MET}  - { isolate: any }\n  - { wait: 9 s }\n  - { heal: network }\n`;
    const [one, other] = await Promise.all([underLoad(steps), underLoad(steps)]);
    expect(one.outcome.record).toEqual(other.outcome.record);
    expect(one.changes).toEqual(other.changes);
  });

  test("ends with the expectation that all agree on metadata", async () => {
    const { outcome } = await underLoad(`${MET}  - { wait: 1 s }\n`);
    expect(outcome.record?.steps.at(-1)?.what).toBe("expect: everyone agrees on metadata, within: settle");
  });

  test("proves nothing where no peer took a change", async () => {
    const refusing: OpenCluster = async (wanted) => {
      const cluster = await SimulatedCluster.open(wanted);
      return Object.assign(cluster, { apply: () => Promise.reject(new Error("too busy")) });
    };
    const { outcome } = await underLoad(`${MET}  - { wait: 1 s }\n`, { rate: "1 per s", open: refusing });
    expect(outcome.verdict).toBe("unknown");
    expect(outcome.reason).toContain("the load of 1 per s changed no metadata: no effect");
  });

  test("changes those of real peers, too", async () => {
    const steps = `${MET}  - { kill: 2 }\n  - { start: 2 }\n  - { wait: 1 s }\n`;
    const { outcome, changes } = await underLoad(steps, { on: "processes", open: openProcesses, rate: "20 per s" });
    expect(outcome).toMatchObject({ verdict: "true" });
    expect(new Set(changes.map(({ peer }) => peer))).toEqual(new Set([1, 2, 3]));
  });

  test.each([
    [
      "a step that changes a name",
      "  - { set-meta: 1, name: a }\n",
      'made-up.yaml:6:5: "set-meta", and the load changes',
    ],
    [
      "the expectation of a name",
      "  - { expect: { meta: 1, name: a }, within: update }\n",
      "made-up.yaml:6:5: a name is expected, and the load changes",
    ],
    [
      "the expectation that nothing happens",
      "  - repeat: 2\n    steps:\n      - { expect: nothing happens, for: 3 s }\n",
      'made-up.yaml:8:9: "nothing happens" cannot hold',
    ],
  ])("does not go with %s", async (_what, steps, message) => {
    await expect(underLoad(steps)).rejects.toThrow(message);
  });

  test("has a rate of which the file says what it must be", async () => {
    await expect(underLoad(MET, { rate: "fast" })).rejects.toThrow(
      'made-up.yaml:4:9: "metadata" is "fast"; it must be a rate from 1 to 100 a second',
    );
  });
});

test("that all agree on metadata does not hold as long as one has not heard of a change", async () => {
  const changed = "  - { isolate: 3 }\n  - { set-meta: 1, name: a }\n  - { wait: 500 ms }\n";
  const text = `title: t\nwhy: w\npeers: 3\nsteps:\n${MET}${changed}  - { expect: everyone agrees on metadata }\n`;
  const { verdict, reason } = await runExperiment({
    scenario: parseScenario(text, "made-up.yaml"),
    seed: 1,
    on: "simulator",
    open: (wanted) => SimulatedCluster.open(wanted),
    journal: { write: () => undefined },
    signal: new AbortController().signal,
  });
  expect(verdict).toBe("false");
  expect(reason).toContain("then peer 3 holds other metadata of peer 1 than that one itself");
});
