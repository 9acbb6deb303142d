import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  existsSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { SimulatedCluster } from "../src/cluster/simulated/simulated-cluster.js";
import { frame, PlainDisplay } from "../src/program/chaos/display.js";
import { distributions, spreadOf } from "../src/experiment/distributions.js";
import { runExperiment, worst, type ExperimentOptions, type Outcome } from "../src/experiment/experiment.js";
import { JournalFile, noteHealed, readJournal, type Entry, type Journal } from "../src/fault/journal.js";
import { judge } from "../src/experiment/judge.js";
import { rowsOf, type Life } from "../src/experiment/run-record.js";
import { junit } from "../src/report/junit.js";
import { escape } from "../src/report/markup.js";
import { page } from "../src/report/page.js";
import { loadLines } from "../src/report/summary.js";
import type { Applied, OpenCluster, ScenarioCluster } from "../src/scenario/cluster.js";
import { parseScenario } from "../src/scenario/load.js";
import type { Fault } from "../src/fault/fault.js";
import { peersOf } from "../src/fault/kinds.js";
import { Unsupported } from "../src/fault/unsupported.js";
import { ROOT, run, type Ended } from "./support/command.js";
import { unclosed, unclosedIn } from "./support/markup.js";
import { change, fault, recorded } from "./support/recorded.js";

const CHAOS = "integration/dist/program/chaos/cli.js";
const SCENARIOS = new URL("../scenarios/", import.meta.url);
const MET = "  - { expect: everyone sees everyone, within: join }\n";

const simulated: OpenCluster = (options) => SimulatedCluster.open(options);

/** A journal that is looked into. */
class Notebook implements Journal {
  readonly entries: Entry[] = [];

  write(entry: Entry): void {
    this.entries.push(entry);
  }

  of<T extends Entry["type"]>(type: T): Extract<Entry, { type: T }>[] {
    return this.entries.filter((entry): entry is Extract<Entry, { type: T }> => entry.type === type);
  }
}

/** Runs steps on four peers; the first of them is on line 5 of the file. */
async function experiment(
  steps: string,
  { head = "", ...more }: Partial<ExperimentOptions> & { head?: string } = {},
): Promise<Outcome & { notebook: Notebook }> {
  const notebook = new Notebook();
  const scenario = parseScenario(
    `title: made up\nwhy: to be judged\npeers: 4${head}\nsteps:\n${steps}`,
    "made-up.yaml",
  );
  const { signal } = new AbortController();
  const outcome = await runExperiment({
    scenario,
    seed: 1,
    on: "simulator",
    open: simulated,
    journal: notebook,
    signal,
    ...more,
  });
  return { ...outcome, notebook };
}

/** A simulated cluster, some of whose methods are replaced. */
function withMethods(methods: (cluster: ScenarioCluster) => Partial<ScenarioCluster>): OpenCluster {
  return async (options) => {
    const cluster = await SimulatedCluster.open(options);
    return Object.assign(cluster, methods(cluster));
  };
}

/** A simulated cluster to which faults are applied otherwise; `apply` is what it does by itself. */
function applying(
  otherwise: (fault: Fault, apply: (fault: Fault) => Promise<Applied>) => Promise<Applied>,
): OpenCluster {
  return withMethods((cluster) => {
    const apply = cluster.apply.bind(cluster);
    return { apply: (fault, how) => otherwise(fault, (each) => apply(each, how)) };
  });
}

describe("an experiment", () => {
  test("is true when the scenario holds between two steady states", async () => {
    const { verdict, record } = await experiment("  - { kill: 2 }\n  - { expect: { gone: 2 }, within: crash }\n");
    expect(verdict).toBe("true");
    expect(record?.steps.map(({ phase, line, what }) => [phase, line, what])).toEqual([
      ["before", undefined, "expect: everyone sees everyone, within: join"],
      ["steps", 5, "kill: 2"],
      ["steps", 6, "expect: { gone: 2 }, within: crash"],
      ["after", undefined, "expect: everyone sees everyone, within: settle"],
    ]);
  });

  test("records whom the words of each step stood for, and shows it", async () => {
    const { record, ...outcome } = await experiment(
      `${MET}  - { kill: any, as: victim }\n  - { expect: { gone: victim }, within: crash }\n  - { start: [1, 9] }\n`,
    );
    const steps = record?.steps.slice(1, 3) ?? [];
    const [victim] = record?.faults[0]?.peers ?? [];
    expect(steps.map(({ chosen }) => chosen)).toEqual([
      [{ selector: "any", peers: [victim] }],
      [{ selector: "victim", peers: [victim] }],
    ]);
    const lines: string[] = [];
    for (const step of steps) new PlainDisplay((line) => lines.push(line)).stepEnded(step);
    expect(lines[0]).toContain(`kill: any, as: victim  (any: peer ${victim ?? ""})`);
    const options = { text: "", command: "again", at: new Date(0) };
    expect(page({ ...outcome, record }, options)).toContain(`<td>victim: peer ${victim ?? ""}</td>`);
  });

  test("names the rounds in which a step failed, in its sentence as well", async () => {
    const loop = (steps: string): string => `${MET}  - repeat: 2\n    steps:\n${steps}`;
    const failing = await experiment(
      loop(
        "      - each: [1, 2, 3]\n        as: one\n        steps:\n" +
          "          - { expect: { listed: one, at: [1, 2, 3] }, within: join }\n          - { kill: 3, as: dead }\n",
      ),
    );
    expect(failing.verdict).toBe("unknown");
    expect(failing.reason).toMatch(/^made-up\.yaml:12: in round 1 of 2, in round 2 of 3: peer 3 is down/);
    const unmet = await experiment(
      `${MET}  - meanwhile: [{ wait: 5 s }, { kill: 2 }]\n  - repeat: 9\n    steps:\n      - { expect: nothing happens, for: 2 s }\n`,
    );
    expect(unmet.reason).toMatch(/^made-up\.yaml:9: seed 1: in round 3 of 9: expected for 2 s: nothing happens; /);
  });

  test("prints what a loop repeats as one line with its count, and what it had done where it failed", async () => {
    const printed = async (steps: string): Promise<string[]> => {
      const lines: string[] = [];
      const display = new PlainDisplay((line) => lines.push(line));
      await experiment(`${MET}${steps}`, { display });
      display[Symbol.dispose]();
      return lines.map((line) => line.replace(/^.*line (\d+) +/, "$1 "));
    };
    const loop = "  - repeat: 3\n    steps:\n      - { restart: 2 }\n      - { wait: 1 s }\n";
    expect(await printed(`${loop}  - { wait: 2 s }\n`)).toEqual([
      "5 expect: everyone sees everyone, within: join",
      "8 restart: 2  ×3",
      "9 wait: 1 s  ×3",
      "10 wait: 2 s",
      expect.stringContaining("within: settle"),
    ]);
    expect(await printed("  - repeat: 3\n    steps:\n      - { wait: 1 s }\n      - { kill: 2 }\n")).toEqual([
      "5 expect: everyone sees everyone, within: join",
      "9 kill: 2",
      "8 wait: 1 s  ×2", // began last
    ]);
  });

  test("shows a step that a loop repeats as one row, with the round in which it failed", async () => {
    const { record, ...outcome } = await experiment(
      `${MET}  - meanwhile: [{ wait: 5 s }, { kill: 2 }]\n  - repeat: 9\n    steps:\n      - { expect: nothing happens, for: 2 s }\n`,
    );
    if (record === undefined) throw new Error("it was recorded");
    const rows = rowsOf(record.steps).filter(({ step }) => step.phase === "steps");
    const failed = rows.find(({ step }) => step.failedMs !== undefined);
    expect([outcome.verdict, failed?.step.line, failed?.times]).toEqual(["false", 9, 3]);
    expect(page({ ...outcome, record }, { text: "", command: "again", at: new Date(0) })).toContain(">times</th>");
  });

  test("takes an expectation at the beginning of the scenario for its steady state", async () => {
    const { record } = await experiment(`${MET}  - { kill: 2 }\n  - { expect: { gone: 2 }, within: crash }\n`);
    expect(record?.steps.map(({ phase, line }) => [phase, line])).toEqual([
      ["before", 5],
      ["steps", 6],
      ["steps", 7],
      ["after", undefined],
    ]);
  });

  test("is false when an expectation is not met, and still heals what it broke", async () => {
    const { verdict, reason, notebook, matrix, record } = await experiment(
      `${MET}  - { kill: 2 }\n  - { expect: { listed: 2 }, for: 60 periods }\n`,
    );
    expect([verdict, reason]).toEqual([
      "false",
      expect.stringContaining("made-up.yaml:7: seed 1: expected for 60 periods"),
    ]);
    expect(notebook.of("fault").at(-1)?.fault).toEqual({ kind: "start", peer: 2 });
    expect(matrix).toContain("down"); // as it was then
    expect(record?.lives.at(-1)).toMatchObject({ peer: 2, state: "running" });
  });

  test("is false when the steady state does not come back, though all else held", async () => {
    const seen = await experiment(`${MET}  - { isolate: 2 }\n  - { wait: 20 periods }\n`, {
      // A wall that nobody takes down.
      open: applying((fault, apply) => (fault.kind === "heal" ? Promise.resolve({}) : apply(fault))),
    });
    expect([seen.verdict, seen.reason]).toEqual([
      "false",
      expect.stringMatching(/^steady state afterwards: made-up\.yaml:1:/),
    ]);
  });

  test.each([
    ["a fault cannot be done here", new Unsupported("no netem in this kernel"), "no netem in this kernel"],
    ["the cluster breaks down", new Error("the engine is gone"), "the engine is gone"],
  ])("is unknown, with the reason, when %s", async (_, error, reason) => {
    const seen = await experiment(`${MET}  - { delay: 1 s }\n`, {
      open: applying((fault, apply) => (fault.kind === "delay" ? Promise.reject(error) : apply(fault))),
    });
    expect([seen.verdict, seen.reason]).toEqual(["unknown", expect.stringContaining(reason)]);
  });

  test("is unknown when its cluster cannot be opened", async () => {
    const seen = await experiment(MET, { open: () => Promise.reject(new Error("no Docker engine answers")) });
    expect(seen).toMatchObject({ verdict: "unknown", reason: "no Docker engine answers", record: undefined });
  });

  test("is unknown, and opens nothing, where the scenario is not for that place", async () => {
    const open = (): never => {
      throw new Error("opened");
    };
    const seen = await experiment(MET, { on: "docker", head: "\non: { simulator: it takes a year }", open });
    expect([seen.verdict, seen.reason]).toEqual([
      "unknown",
      "made-up.yaml: this scenario is for simulator only: it takes a year",
    ]);
  });

  test("is unknown when a fault has no effect, since it proves nothing", async () => {
    const { verdict, reason } = await experiment(`${MET}  - { kill: 2 }\n  - { kill: 2 }\n`);
    expect([verdict, reason]).toEqual(["unknown", expect.stringContaining("made-up.yaml:7: peer 2 is down")]);
  });

  test("that is interrupted heals everything, and its cluster is closed", async () => {
    const end = new AbortController();
    let closed = 0;
    const open = withMethods(() => ({
      [Symbol.asyncDispose]: () => {
        closed++;
        return Promise.resolve();
      },
    }));
    const steps = `${MET}  - { pause: 2 }\n  - { isolate: 3 }\n  - { kill: 4 }\n  - { wait: 60 periods }\n  - { kill: 1 }\n`;
    const { verdict, reason, notebook, matrix } = await experiment(steps, {
      open,
      signal: end.signal,
      display: {
        step: ({ line }) => {
          if (line === 9) end.abort(new Error("interrupted"));
        },
        views: () => undefined,
        stepEnded: () => undefined,
      },
    });
    expect([verdict, reason, closed]).toEqual(["unknown", "interrupted", 1]);
    const faults = notebook.of("fault").map(({ fault }) => `${fault.kind} ${peersOf(fault)?.join() ?? "all"}`);
    expect(faults.slice(-4)).toEqual(["kill 4", "start 4", "heal all", "resume 2"]); // the latest first
    expect(notebook.of("undone").flatMap(({ ids }) => ids)).toHaveLength(faults.length - 3);
    expect(matrix).not.toMatch(/down|paused/);
  });

  test("knows what each simulated peer sent, in the lives it had and only while it ran", async () => {
    const open: OpenCluster = (options) => SimulatedCluster.open(options, { isCounted: true });
    const steps = `${MET}  - { kill: 2 }\n  - { wait: 10 periods }\n  - { start: 2 }\n`;
    const { record } = await experiment(steps, { open });
    if (record === undefined) throw new Error("it was recorded");
    const { sent, fromMs, toMs } = record;
    expect(sent.map(({ peer, unread }) => [peer, unread])).toEqual([1, 2, 3, 4].map((peer) => [peer, 0]));
    expect(sent.map(({ forMs }) => toMs - fromMs - forMs)).toEqual([0, 10_000, 0, 0]);
    for (const { messages, bytes } of sent) expect(bytes).toBeGreaterThan(5 * messages);
    const others = sent.filter(({ peer }) => peer !== 2).map(({ messages }) => messages);
    expect(sent[1]?.messages).toBeLessThan(Math.min(...others));
    expect((await experiment(steps)).record?.sent).toEqual([]); // where nobody asked for it to be counted
  });

  test("gives the same record for the same seed", async () => {
    const steps = `${MET}  - { kill: any }\n  - { wait: 10 periods }\n`;
    expect((await experiment(steps)).record).toEqual((await experiment(steps)).record);
  });
});

describe("the journal", () => {
  test.each<[string, string, Fault | null]>([
    ["kill", "  - { kill: 2 }\n", { kind: "start", peer: 2 }],
    ["stop", "  - { stop: 2 }\n", { kind: "start", peer: 2 }],
    ["restart", "  - { restart: 2 }\n", { kind: "start", peer: 2 }],
    ["pause", "  - { pause: 2 }\n", { kind: "resume", peer: 2 }],
    ["starve", "  - { starve: 2, asleep: 1 s, awake: 1 s, for: 5 s }\n", { kind: "resume", peer: 2 }],
    ["cut", "  - { cut: { from: 1, to: 2 } }\n  - { wait: 20 periods }\n", { kind: "heal" }],
    ["loss", "  - { loss: 50% }\n  - { wait: 20 periods }\n", { kind: "heal" }],
    ["delay", "  - { delay: 20 ms }\n", { kind: "heal" }],
    ["add", "  - { add: 1 }\n", { kind: "stop", peer: 5 }],
    ["set-meta", "  - { set-meta: 2, name: new }\n", { kind: "set-meta", peer: 2, meta: { name: "peer-2" } }],
    ["add-seed", "  - { add-seed: 2, seed: 3 }\n", null],
  ])("holds %s with what undoes it, before it is done", async (kind, steps, inverse) => {
    const notebook = new Notebook();
    const known: (Entry | undefined)[] = [];
    const open = applying((fault, apply) => {
      known.push(notebook.entries.at(-1));
      return apply(fault);
    });
    await experiment(`${MET}${steps}`, { open, journal: notebook });
    expect(known[0]).toMatchObject({ type: "fault", line: 6, fault: { kind }, inverse });
  });

  test("holds how a peer is started, its name and its cluster included", async () => {
    const start = "{ start: 2, name: new, cluster: other }";
    const { notebook } = await experiment(`${MET}  - { kill: 2 }\n  - ${start}\n`);
    const started: Fault = { kind: "start", peer: 2, name: "new", cluster: "other" };
    expect(notebook.of("fault").map(({ fault }) => fault)).toContainEqual(started);
  });

  test("holds a fault that failed, too, and it is undone", async () => {
    const { notebook, verdict } = await experiment(`${MET}  - { pause: 2 }\n`, {
      // The fault is done, and then the answer gets lost.
      open: applying(async (fault, apply) => {
        const applied = await apply(fault);
        if (fault.kind === "pause") throw new Error("no answer");
        return applied;
      }),
    });
    expect(verdict).toBe("unknown");
    expect(notebook.entries).toMatchObject([
      { type: "experiment" },
      { type: "fault", id: 1, fault: { kind: "pause" }, inverse: { kind: "resume", peer: 2 } },
      { type: "not applied", id: 1, why: "no answer" },
      { type: "fault", id: 2, fault: { kind: "resume", peer: 2 }, inverse: null },
      { type: "applied", id: 2 },
      { type: "undone", ids: [1], by: 2 },
      { type: "verdict", verdict: "unknown" },
    ]);
  });

  test("of a run that was killed in the middle of a line says what still stands, and no more once that is healed", () => {
    const path = join(mkdtempSync(join(tmpdir(), "journal-")), "journal.jsonl");
    const told: Fault = { kind: "set-meta", peer: 3, meta: { name: "told" } };
    const before: Fault = { ...told, meta: { name: "old" } };
    const kill: Fault = { kind: "kill", peer: 2 };
    const pause: Fault = { kind: "pause", peer: 4 };
    {
      using journal = new JournalFile(path);
      journal.write({
        type: "experiment",
        scenario: "s.yaml",
        on: "compose",
        peers: 4,
        seed: 1,
        project: "p",
        run: "r",
      });
      journal.write({ type: "fault", id: 1, atMs: 1, line: 6, fault: told, inverse: before });
      journal.write({ type: "fault", id: 2, atMs: 2, line: 7, fault: kill, inverse: { kind: "start", peer: 2 } });
      journal.write({ type: "fault", id: 3, atMs: 3, line: 8, fault: pause, inverse: null });
    }
    appendFileSync(path, '{"type":"undone","ids":[2');
    const { experiment: begun, standing } = readJournal(path);
    expect(begun).toMatchObject({ project: "p", peers: 4 });
    expect(standing.map(({ id, inverse }) => [id, inverse.kind])).toEqual([
      [1, "set-meta"],
      [2, "start"],
    ]);
    noteHealed(path, [1, 2]);
    expect(readJournal(path).standing).toEqual([]);
    rmSync(dirname(path), { recursive: true });
  });

  test("of a run that ends before its faults do has them undone, and the report has them until then", async () => {
    const faults = "  - { starve: 2, asleep: 1 s, awake: 1 s, for: 60 s }\n  - { pause: 3, for: 60 s }\n";
    const { verdict, notebook, record } = await experiment(
      `${MET}${faults}  - { kill: 4 }\n  - { expect: { gone: 4 }, within: 1 ms }\n`,
    );
    expect(verdict).toBe("false");
    const done = notebook.of("fault").map(({ fault }) => fault);
    expect(done.slice(3)).toMatchObject([
      { kind: "start", peer: 4 },
      { kind: "resume", peer: 3 },
    ]);
    expect(record?.faults.slice(0, 3)).toMatchObject([
      { kind: "starve", lasts: true },
      { kind: "pause" },
      { kind: "kill" },
    ]);
  });

  test("says that a fault is over when the scenario ends it by itself", async () => {
    const { notebook } = await experiment(`${MET}  - { kill: 2 }\n  - { start: 2 }\n`);
    expect(notebook.of("undone")).toMatchObject([{ ids: [1], by: 2 }]);
    expect(notebook.of("fault")).toHaveLength(2);
  });
});

describe("a run is judged:", () => {
  test("knowledge counts from when a fault was done, by the peers that could learn of it", () => {
    const { knowledge } = judge(
      recorded({
        peers: 4,
        faults: [fault("kill", [4], 1000, 1200)],
        lives: [{ atMs: 1200, peer: 4, state: "down" }],
        beliefs: [
          change(1100, 1, 4, "failed"),
          change(1700, 2, 4, "suspect"),
          change(2200, 2, 4, "failed"),
          change(3200, 3, 4, "failed"),
        ],
      }),
    );
    expect(knowledge.at(-1)).toMatchObject({ kind: "crash", viewers: 3, knew: 3, firstMs: 0, fullMs: 2000 });
    expect(knowledge.at(-1)?.curve).toEqual([
      [0, 1 / 3],
      [1000, 2 / 3],
      [2000, 1],
    ]);
  });

  test("who went down before it knew is not counted, who did not learn is", () => {
    const { knowledge } = judge(
      recorded({
        peers: 4,
        faults: [fault("kill", [4], 1000), fault("kill", [3], 1500)],
        lives: [
          { atMs: 1000, peer: 4, state: "down" },
          { atMs: 1500, peer: 3, state: "down" },
        ],
        beliefs: [change(2000, 1, 4, "failed")],
      }),
    );
    expect(knowledge.at(-2)).toMatchObject({ viewers: 2, knew: 1, firstMs: 1000, fullMs: undefined });
  });

  const bothWays = [
    [1, 2],
    [2, 1],
  ] as const;

  test("a wall is known when everybody has removed whom it no longer hears, and its fall when all are back", () => {
    const { knowledge } = judge(
      recorded({
        peers: 2,
        faults: [fault("cut", [1, 2], 1000, 1000, bothWays), fault("heal", [1, 2], 5000, 5000, bothWays)],
        beliefs: [
          change(2000, 1, 2, "failed"),
          change(3000, 2, 1, "failed"),
          change(5100, 1, 2, "alive"),
          change(5300, 2, 1, "alive"),
        ],
      }),
    );
    expect(knowledge.slice(1)).toMatchObject([
      { kind: "silence", firstMs: 1000, fullMs: 2000 },
      { kind: "heal", firstMs: 100, fullMs: 300 },
    ]);
  });

  test("what is said behind a wall becomes known when the wall has fallen", () => {
    const { knowledge } = judge(
      recorded({
        peers: 2,
        faults: [
          fault("cut", [1, 2], 1000, 1000, bothWays),
          fault("set-meta", [1], 3000),
          fault("heal", [1, 2], 5000, 5000, bothWays),
        ],
        beliefs: [change(2000, 2, 1, "failed"), { ...change(5400, 2, 1, "alive"), kind: "joined" }],
      }),
    );
    expect(knowledge.find(({ kind }) => kind === "update")).toMatchObject({ viewers: 1, knew: 1, fullMs: 2400 });
  });

  test("what else was wrong at the time is named, since the budgets promise nothing then", () => {
    const { knowledge } = judge(
      recorded({ peers: 3, faults: [fault("loss", [1, 2, 3], 500), fault("kill", [3], 1000)] }),
    );
    expect(knowledge.at(-1)).toMatchObject({ kind: "crash", during: ["loss"] });
  });

  test("how many views there are follows who lists whom, among those that run", () => {
    const { distinctViews, disagreedMs } = judge(
      recorded({
        peers: 3,
        lives: [{ atMs: 4000, peer: 2, state: "paused" }],
        beliefs: [
          change(1000, 1, 3, "failed"),
          change(2000, 2, 3, "suspect"),
          change(3000, 1, 3, "alive"),
          change(3500, 2, 3, "failed"),
        ],
      }),
    );
    expect(distinctViews).toEqual([
      [0, 1],
      [1000, 2],
      [3000, 1],
      [3500, 2],
      [4000, 1],
    ]);
    expect(disagreedMs).toBe(2500);
  });

  test("the dead that are listed again are comebacks; those that live again are none", () => {
    const judged = (lives: readonly Life[], startedMs?: number): number =>
      judge(
        recorded({
          peers: 3,
          lives,
          faults: startedMs === undefined ? [] : [fault("start", [3], startedMs)],
          beliefs: [change(2000, 1, 3, "failed"), change(3000, 1, 3, "alive"), change(3500, 1, 3, "suspect")],
        }),
      ).comebacks.length;
    const down = { atMs: 1000, peer: 3, state: "down" } as const;
    expect(judged([down])).toBe(1);
    expect(judged([down, { atMs: 2500, peer: 3, state: "running" }])).toBe(0);
    expect(judged([])).toBe(0);
    // The experiment was listed while the command that starts it was under way.
    const back = { atMs: 3100, peer: 3, state: "running" } as const;
    expect([judged([down, back], 2900), judged([down, back], 3050)]).toEqual([0, 1]);
  });

  test("what a peer sent counts by the time that it ran, and nothing is made up where there is none", () => {
    const sent = [
      { peer: 1, messages: 30, bytes: 6000, forMs: 10_000, unread: 0 },
      { peer: 2, messages: 8, bytes: 1000, forMs: 4000, unread: 1 },
      { peer: 3, messages: 0, bytes: 0, forMs: 0, unread: 1 },
    ];
    const record = recorded({ peers: 4, sent });
    const { loads } = judge({ ...record, timing: { ...record.timing, pingPeriodMs: 2000 } });
    expect(loads.map(({ inPeriod }) => inPeriod)).toEqual([
      { messages: 6, bytes: 1200 },
      { messages: 4, bytes: 500 },
      undefined,
    ]);
    expect(loadLines(loads, [1, 2, 3, 4])).toEqual([
      "",
      expect.stringMatching(/^sent by a peer +median +most$/),
      expect.stringMatching(/^ {2}in all +8 messages, 1\.00 kB +30 messages, 6\.00 kB$/),
      expect.stringMatching(/^ {2}in a ping period +4 messages, 500 B +6 messages, 1\.20 kB$/),
      "  not published by peer 4",
      "  without lives of peers 2-3 that could not be asked when they ended",
    ]);
    expect(loadLines([], [1, 2])).toEqual(["", "sent by a peer: not published by peers 1-2"]);
  });

  test("removals that the cluster calls wrong are counted", () => {
    expect(
      judge(recorded({ peers: 2, beliefs: [{ ...change(1, 1, 2, "failed"), wrong: true }] })).wrongRemovals,
    ).toHaveLength(1);
  });

  test("several runs give a median, a 95th percentile and a maximum that each really were", () => {
    expect(spreadOf([5, 1, 4, 2, 3])).toEqual({ median: 3, p95: 5, max: 5 });
    expect(spreadOf([])).toBeUndefined();
    const judgement = (fullMs: number): ReturnType<typeof judge> =>
      judge(
        recorded({ peers: 2, faults: [fault("kill", [2], 1000)], beliefs: [change(1000 + fullMs, 1, 2, "failed")] }),
      );
    const [, crash] = distributions([300, 100, 200].map(judgement));
    expect(crash).toMatchObject({ kind: "crash", count: 3, incomplete: 0, full: { median: 200, p95: 300, max: 300 } });
  });

  test("the worst verdict is that of all", () => {
    expect([worst(["true"]), worst(["true", "unknown"]), worst(["unknown", "false"]), worst([])]).toEqual([
      "true",
      "unknown",
      "false",
      "unknown",
    ]);
  });
});

describe("the page of a report", () => {
  test("opens where a peer was found to have ended by itself, also where no step failed", async () => {
    const open = withMethods(() => ({ misbehaviour: () => Promise.resolve(["peer 2 ended by itself"]) }));
    const { record, ...outcome } = await experiment(`${MET}  - { pause: 3 }\n  - { wait: 2 s }\n`, { open });
    expect(outcome).toMatchObject({ verdict: "false", reason: expect.stringContaining("peer 2 ended by itself") });
    const foundMs = record?.steps.at(-1)?.toMs ?? 0;
    expect(record?.misbehavedMs).toBe(foundMs);
    expect(record?.toMs).toBeGreaterThan(foundMs); // it was healed after that
    const html = page({ ...outcome, record }, { text: "", command: "again", at: new Date(0) });
    expect(html).toContain(`value="${Math.ceil(foundMs)}"`);
    expect(html).toMatch(/at 2\.\d\d s, the failure/);
  });

  const HOSTILE = '</script><script>alert("x")</script><img src=x onerror=y>&';

  async function hostilePage(): Promise<string> {
    const outcome = await experiment(
      `${MET}  - { set-meta: 2, name: ${JSON.stringify(HOSTILE)} }\n  - { kill: 3 }\n  - { wait: 9 s }\n`,
    );
    const scenario = { ...outcome.scenario, title: HOSTILE, why: HOSTILE };
    return page(
      { ...outcome, scenario, verdict: "false", reason: HOSTILE },
      { text: HOSTILE, command: HOSTILE, at: new Date(0) },
    );
  }

  test("needs nothing from anywhere", async () => {
    const html = await hostilePage();
    const fetching =
      /<[^>]*\s(src|href|action|data|poster)\s*=|https?:|@import|url\(|\bimport\b|fetch\(|XMLHttpRequest/gi;
    expect(html.match(fetching)).toBeNull();
    expect(html).toContain("prefers-color-scheme: dark");
  });

  test("shows whatever a scenario says as text", async () => {
    const html = await hostilePage();
    expect(html).not.toContain("<script>alert");
    expect(html).not.toContain("<img");
    expect(html.match(/<script/g)).toHaveLength(2); // the data and the page's own
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).toContain(escape(HOSTILE));
  });

  test("has a lane for each peer, the faults as bands, the curves, the matrix and what happened as data", async () => {
    const html = await hostilePage();
    expect(html.match(/class="lane"/g)).toHaveLength(4);
    expect(html.match(/class="band kill"/g)).toHaveLength(1);
    expect(html.match(/class="curve /g)?.length).toBeGreaterThanOrEqual(2);
    expect(html.match(/class="cell /g)).toHaveLength(16);
    const json = /<script type="application\/json" id="record">(.*?)<\/script>/.exec(html)?.[1] ?? "";
    const { peers, beliefs } = JSON.parse(json) as { peers: number[]; beliefs: unknown[] };
    expect(peers).toEqual([1, 2, 3, 4]);
    expect(beliefs.length).toBeGreaterThan(12);
  });

  test("is markup that is closed where it was opened", async () => {
    expect(unclosedIn(await hostilePage())).toEqual([]);
  });

  test("of a run that failed opens at that moment, before anything was healed, and the step's bar ends there", async () => {
    const outcome = await experiment(`${MET}  - { kill: 2 }\n  - { expect: { gone: 2 }, within: 20 ms }\n`);
    const failedMs = outcome.record?.steps.at(-1)?.failedMs ?? NaN;
    const html = page(outcome, { text: "t", command: "c", at: new Date(0) });
    expect(html).toContain(`value="${failedMs}" step="1" id="moment"`);
    expect(html).toContain(`at ${failedMs} ms, the failure`);
    expect(html).toContain('<g id="row2" class="row d">');
    const [, left = "", width = ""] =
      /class="step expect unmet"><rect x="([^"]*)" y="6" width="([^"]*)"/.exec(html) ?? [];
    const healed = /<line x1="([^"]*)"[^>]*><text [^>]*>start 2</.exec(html)?.[1];
    expect(Number(left) + Number(width)).toBeLessThan(Number(healed));
  });

  test("of a run without a cluster says why", async () => {
    const outcome = await experiment(MET, { open: () => Promise.reject(new Error("no engine")) });
    const html = page(outcome, { text: "t", command: "c", at: new Date(0) });
    expect(html).toContain("no engine");
    expect(unclosedIn(html)).toEqual([]);
  });
});

test("JUnit holds a case for each expectation that was met, and an unknown verdict as an error", async () => {
  const held = await experiment(`${MET}  - { kill: 2 }\n  - { expect: { gone: 2 }, within: crash }\n`);
  const unknown = await experiment(`${MET}  - { kill: 2 }\n  - { kill: 2 }\n`);
  const failed = await experiment(`${MET}  - { kill: 2 }\n  - { expect: { listed: 2 }, for: 60 periods }\n`);
  const xml = junit([held, { ...unknown, reason: '<&\u0000">' }, failed]);
  expect(unclosed(xml.replace(/<\?xml.*?\?>/, ""))).toEqual([]);
  expect(
    xml.match(/<testsuite name="made up \(simulator, 4 peers, seed 1\)" tests="(\d)" failures="(\d)" errors="(\d)"/g),
  ).toEqual([
    '<testsuite name="made up (simulator, 4 peers, seed 1)" tests="3" failures="0" errors="0"',
    '<testsuite name="made up (simulator, 4 peers, seed 1)" tests="2" failures="0" errors="1"',
    '<testsuite name="made up (simulator, 4 peers, seed 1)" tests="2" failures="1" errors="0"',
  ]);
  expect(xml).toContain('message="&lt;&amp;�&quot;&gt;"');
});

test("a case of JUnit has the same name whether its step is met or not", async () => {
  const steps = `${MET}  - { kill: 2 }\n  - { expect: { gone: 2 }, within: crash }\n`;
  const casesOf = (outcome: Outcome): string[] =>
    [...junit([outcome]).matchAll(/<testcase [^>]*name="([^"]*)"/g)].map(([, name = ""]) => name);
  const held = casesOf(await experiment(steps));
  const open = applying((fault, apply) => (fault.kind === "kill" ? Promise.resolve({}) : apply(fault)));
  const failed = casesOf(await experiment(steps, { open }));
  expect(failed).toEqual(held.slice(0, 2));
  expect(held[1]).toBe("line 7: expect: { gone: 2 }, within: crash");
});

test("the picture of a run under way has the step with what is left of its budget, and fits the screen", async () => {
  const { record } = await experiment(`${MET}  - { kill: 2 }\n  - { wait: 9 s }\n`);
  const [met, kill, wait] = record?.steps ?? [];
  if (met === undefined || kill === undefined || wait === undefined) throw new Error("there are three steps at least");
  const views = await (
    await SimulatedCluster.open({ seed: 1, peers: 4, started: [1], seedsOf: () => [], timing: {}, network: {} })
  ).views();
  const lines = frame({
    title: "made up",
    steps: [met, kill, { ...wait, toMs: undefined }],
    views,
    nowMs: wait.fromMs + 4500,
    columns: 80,
    rows: 12,
    colour: false,
  });
  expect(lines).toContain(` ▸ 4.50 s of 9.00 s   line 7   wait: 9 s  ${"█".repeat(12)}${"░".repeat(12)}`);
  expect(lines.length).toBeLessThanOrEqual(12);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});

describe("npm run chaos", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "chaos-"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const chaos = (...args: string[]): Promise<Ended> => run(process.execPath, [CHAOS, ...args, "--on", "simulator"]);
  const path = (name: string): string => new URL(name, SCENARIOS).pathname;

  function fileOf(name: string, steps: string): string {
    const file = join(folder, name);
    writeFileSync(file, `title: made up\nwhy: to fail\npeers: 3\nsteps:\n${steps}`);
    return file;
  }

  test("leaves a report of its own also where two begin in the same second, and never writes over one", async () => {
    const file = fileOf("leaves.yaml", "  - { stop: 2 }\n");
    const command = [join(ROOT, CHAOS), file, "--on", "simulator"];
    const runs = await Promise.all([1, 2, 3].map(() => run(process.execPath, command, {}, folder)));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    const reports = runs.map(({ out }) => /^report: (.*)$/m.exec(out)?.[1] ?? "");
    expect(new Set(reports).size).toBe(3);
    for (const report of reports) expect(existsSync(join(folder, report))).toBe(true);
    const again = await chaos(file, "--out", join(folder, dirname(reports[0] ?? "")));
    expect([again.code, again.err]).toEqual([2, expect.stringContaining("journal.jsonl is there already")]);
  });

  test("tells the verdict also where the report cannot be written, and says so", async () => {
    const out = join(folder, "full");
    mkdirSync(join(out, "report.html"), { recursive: true }); // in the way of the page
    const { code, out: said } = await chaos(path("leave.yaml"), "--out", out);
    expect([code, said]).toEqual([
      0,
      expect.stringMatching(/the report was not written, or not all of it: [^]*^TRUE /m),
    ]);
  });

  test("ends with 0 for a scenario that holds, and leaves page, journal, result and JUnit", async () => {
    const out = join(folder, "held");
    const { code, out: said } = await chaos(path("split-and-heal.yaml"), "--out", out);
    expect(code).toBe(0);
    expect(said).toMatch(/^TRUE {2}Two halves \(simulator, seed 1, [\d.]+ s\)$/m);
    expect(said).toContain(`report: ${join(out, "report.html")}`);
    expect(readdirSync(out).sort()).toEqual(["journal.jsonl", "junit.xml", "report.html", "result.json"]);
    const lines = readFileSync(join(out, "journal.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as Entry).type).filter((type) => type === "fault")).toHaveLength(19);
    const load = { messages: expect.any(Number), bytes: expect.any(Number), inPeriod: expect.anything() };
    expect(JSON.parse(readFileSync(join(out, "result.json"), "utf8"))).toMatchObject({
      verdict: "true",
      seed: 1,
      judgement: { loads: [1, 2, 3, 4, 5, 6].map((peer) => ({ peer, ...load })) },
    });
    expect(said).toMatch(/^sent by a peer +median +most\n {2}in all +\d+ messages, [\d.]+ kB /m);
    expect(readFileSync(join(out, "report.html"), "utf8")).toContain('<table aria-label="What each peer sent">');
  });

  test("ends with 1 for one that does not, with 2 for one of which nobody knows", async () => {
    const never = fileOf("never.yaml", `${MET}  - { kill: 2 }\n  - { expect: { gone: 2 }, within: 1 ms }\n`);
    const nothing = fileOf("nothing.yaml", `${MET}  - { heal: network }\n`);
    const failed = await chaos(never, "--out", join(folder, "failed"));
    expect([failed.code, failed.out]).toEqual([1, expect.stringContaining(`${never}:7: seed 1: expected within 1 ms`)]);
    const unknown = await chaos(nothing, "--out", join(folder, "unknown"));
    expect([unknown.code, unknown.out]).toEqual([2, expect.stringContaining("UNKNOWN  made up")]);
    const both = await chaos(never, nothing, "--out", join(folder, "both"));
    expect(both.code).toBe(1);
    expect(both.out).toMatch(/^never +false .* expected within 1 ms/m);
    expect(both.out).toMatch(/^nothing +unknown .* nothing is wrong with the network/m);
    expect(both.out).toContain("0 true, 1 false, 1 unknown");
  });

  test("names file, line and column of what is wrong with a file, and does nothing, not even for the good ones", async () => {
    const bad = fileOf("bad.yaml", "  - kil: 2\n");
    const out = join(folder, "untouched");
    const { code, out: said, err } = await chaos(path("leave.yaml"), bad, "--out", out);
    expect([code, said]).toEqual([2, ""]);
    expect(err).toMatch(/^chaos: .*bad\.yaml:5:5: "kil" is no step/);
    expect(existsSync(out)).toBe(false);
  });

  test.each([
    [["nowhere.yaml"], "no such file"],
    [[], "name scenario files, or give --all"],
    [["a.yaml", "--peers", "0"], "--peers"],
    [["a.yaml", "--keep"], "--keep goes with"],
    [["a.yaml", "--image", "other"], "--image goes with --on docker"],
  ])("does not understand %j", async (args, message) => {
    const { code, err } = await chaos(...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test("runs with other numbers, repeatedly, and puts all runs together", async () => {
    const out = join(folder, "repeated");
    const { code, out: said } = await chaos(
      path("crash-of-one.yaml"),
      "--peers",
      "7",
      "--seed",
      "3",
      "--repeat",
      "3",
      "--out",
      out,
      "--json",
    );
    expect(code).toBe(0);
    const result = JSON.parse(said) as { runs: { seed: number }[]; distributions: { kind: string; count: number }[] };
    expect(result.runs.map(({ seed }) => seed)).toEqual([3, 4, 5]);
    expect(result.distributions).toContainEqual(expect.objectContaining({ kind: "crash", count: 3 }));
    const html = readFileSync(join(out, "report.html"), "utf8");
    expect(html).toContain('<a href="run-2/report.html">seed 4</a>');
    expect(html).toContain("npm run chaos -- ");
    expect(readdirSync(join(out, "run-3"))).toContain("journal.jsonl");
  });
});
