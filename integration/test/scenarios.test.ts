import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { PLAIN_RULE } from "gossip-peer";
import { Simulation, stream } from "gossip-peer/simulator";
import { SimulatedCluster, viewOf } from "../src/cluster/simulated/simulated-cluster.js";
import { matrix } from "../src/view/matrix.js";
import type { OpenCluster } from "../src/scenario/cluster.js";
import { runScenario, type Verdict } from "../src/scenario/interpreter.js";
import { parseScenario } from "../src/scenario/load.js";
import { jsonSchema } from "../src/scenario/schema.js";
import { select, type Choice } from "../src/scenario/selectors.js";

const simulated: OpenCluster = (options) => SimulatedCluster.open(options);
const FOLDER = new URL("../scenarios/", import.meta.url);

const read = (file: string): string => readFileSync(new URL(file, FOLDER), "utf8");

/** Runs steps on three peers; the first of them is on line 5 of the file. */
function run(steps: string, { seed = 1, head = "" } = {}): Promise<Verdict> {
  const text = `title: made up\nwhy: to be judged\npeers: 3${head}\nsteps:\n${steps}`;
  return runScenario(parseScenario(text, "made-up.yaml"), seed, simulated);
}

const MET = "  - { expect: everyone sees everyone, within: join }\n";

test("what the peers of a simulation believe is shown as that of real ones is", () => {
  const simulation = new Simulation({ seed: 1, timing: PLAIN_RULE });
  const first = simulation.addPeer({ meta: { name: "a" } });
  const second = simulation.addPeer({ meta: { name: "b" }, seeds: [first.address] });
  const third = simulation.addPeer({ meta: { name: "c" }, seeds: [first.address] });
  for (const peer of [first, second, third]) simulation.start(peer);
  simulation.pass(20_000);
  simulation.kill(second);
  simulation.addPeer();
  simulation.pass(20_000);
  expect(matrix(simulation.peers.map(viewOf))).toEqual([
    "                       1  2  3  4",
    " 1  10.0.0.1:7946  a   ●  ✗  ●  ·",
    " 2  10.0.0.2:7946  b   down",
    " 3  10.0.0.3:7946  c   ●  ✗  ●  ·",
    " 4  10.0.0.4:7946      down",
  ]);
});

describe("a verdict", () => {
  test("is false, with step, budget, what was found and who saw whom, when an expectation is not met in time", async () => {
    const verdict = await run(`${MET}  - { kill: 2 }\n  - { expect: { gone: 2 }, within: 100 ms }\n`);
    expect(verdict).toMatchObject({ verdict: "false", seed: 1, failedStep: { file: "made-up.yaml", line: 7 } });
    expect(verdict.message).toMatch(
      /^made-up\.yaml:7: seed 1: expected within 100 ms \(100 ms\): \{"gone":2\}; then peer [13] holds peer 2 as (alive|suspect)$/,
    );
    expect(verdict.matrix).toContain("down");
  });

  test("is false where nobody is left who could see anybody", async () => {
    const verdict = await run(`${MET}  - { kill: everyone }\n  - { expect: everyone sees everyone, within: settle }\n`);
    expect(verdict).toMatchObject({ verdict: "false", message: expect.stringMatching(/nobody who runs can be asked/) });
  });

  test("is false where nobody is left to whom anything could happen", async () => {
    const verdict = await run(`${MET}  - { kill: everyone }\n  - { expect: nothing happens, for: 3 s }\n`);
    expect(verdict).toMatchObject({ verdict: "false", message: expect.stringMatching(/nobody who runs can be asked/) });
  });

  test.each([
    ["a delay of nothing, where there is none", "{ delay: 0 ms }", /no delay that this would end: no effect/],
    ["no CPU at all", "{ cpu: 1, limit: 0% }", /the limit must be above 0%/],
    ["a loss of nothing, where there is none", "{ loss: 0% }", /no loss that this would end: no effect/],
    ["metadata that a peer has already", "{ set-meta: 2, name: peer-2 }", /peer 2 says that of itself already/],
    [
      "the delay that there is",
      "{ delay: 20 ms }\n  - { delay: 20 ms }",
      /:7: the network has delay 20 ms ± 0 ms already/,
    ],
    ["a loss that ends before anybody met it", "{ loss: 20% }\n  - { loss: 0% }", /:7: .* no message met it/],
    ["the CPU that a peer has", "{ cpu: 2, limit: 50% }\n  - { cpu: 2, limit: 50% }", /:7: peer 2 has that already/],
    ["a limit of the CPU that is none, where there is none", "{ cpu: 2, limit: none }", /peer 2 has that already/],
    [
      "a limit of the memory that is none, where there is none",
      "{ memory: 2, limit: none }",
      /peer 2 has that already/,
    ],
    ["a clock that is right, set right", "{ clock: 2, ahead: 0 s }", /peer 2 has that already/],
    ["a twin for no time", "{ twin: 2, for: 0 s }", /0 s is no time/],
    ["the CA that all have at first", "{ ca: 2, trusts: first }", /peer 2 has that already/],
    ["a peer as its own seed", "{ add-seed: 2, seed: 2 }", /peer 2 is no seed of its own/],
    ["no time to wait", "{ wait: 0 s }", /0 s is no time/],
    ["no time in which something holds", "{ expect: everyone sees everyone, for: 0 periods }", /0 periods is no time/],
    ["everyone, where nobody runs", "{ kill: everyone }\n  - { kill: everyone }", /:7: "everyone" stands for nobody/],
    ["a fault of nobody", "{ kill: victims }", /stands for nobody/],
    ["a fault of those that are down", "{ kill: 2 }\n  - { kill: 2 }", /peer 2 is down/],
  ])("is none, but a complaint, for what can have no effect: %s", async (_, step, complaint) => {
    await expect(run(`${MET}  - ${step}\n`)).rejects.toThrow(complaint);
  });

  test.each([
    ["goes on while other steps are carried out, and is waited for at the end", "10 s", 20_000],
    ["is over before the end", "30 s", 30_000],
  ])("comes of a fault for a time that %s", async (_, wait, tookMs) => {
    for (const fault of ["starve: 2, asleep: 1 s, awake: 1 s", "pause: 2", "partition: [1, the rest]", "loss: 20%"]) {
      const verdict = await run(`${MET}  - { ${fault}, for: 20 s }\n  - { wait: ${wait} }\n`);
      expect([fault, verdict.verdict]).toEqual([fault, "true"]);
      expect(verdict.tookMs).toBeGreaterThanOrEqual(tookMs);
      expect(verdict.tookMs).toBeLessThan(tookMs + 3000);
    }
  });

  test("comes of a starving that wakes its peers when its time is over, whatever else goes on then", async () => {
    // Of the second sleep of 3 s only a part lies within the time.
    const steps = "  - { starve: 2, asleep: 3 s, awake: 20 ms, for: 3200 ms }\n  - { wait: 30 s }\n";
    const { message } = await run(`${MET}${steps}  - { expect: everyone sees everyone }\n`);
    expect(message).toBe("made up");
  });

  test("comes of faults that overlap: what another still wants stays, and the earlier is in force again", async () => {
    const steps = [
      "{ partition: [1, [2, 3]], for: 20 s }",
      "{ wait: 1 s }",
      "{ partition: [[1, 2], 3], for: 60 s }",
      "{ wait: 20 s }",
      "{ expect: sides see only themselves, within: heal }",
      "{ expect: sides see only themselves, for: 5 s }",
      "{ wait: 40 s }",
      "{ loss: 20%, for: 20 s }",
      "{ loss: 10%, for: 10 s }",
      "{ expect: everyone sees everyone, within: heal }",
      "{ kill: 3, for: 10 s }",
      "{ start: 3 }",
      "{ kill: 3 }",
      "{ expect: { gone: 3 }, for: 20 s }",
    ];
    const { verdict, message } = await run(`${MET}${steps.map((step) => `  - ${step}\n`).join("")}`);
    expect([verdict, message]).toEqual(["false", expect.stringContaining("made-up.yaml:19")]);
    const less = steps.with(-1, "{ expect: { gone: 3 }, within: crash }");
    expect(await run(`${MET}${less.map((step) => `  - ${step}\n`).join("")}`)).toMatchObject({ verdict: "true" });
  });

  test.each([
    ["that run meanwhile", "{ expect: { gone: 3 }, within: 2 s }", "{ wait: 9 s }", 7],
    ["that they run beside", "{ wait: 9 s }", "{ expect: { gone: 3 }, within: 2 s }", 8],
  ])("is false when an expectation among the steps %s is not met", async (_, meanwhile, beside, line) => {
    const verdict = await run(`${MET}  - meanwhile:\n      - ${meanwhile}\n  - ${beside}\n  - { wait: 9 s }\n`);
    expect(verdict).toMatchObject({ verdict: "false", failedStep: { line } });
  });

  test("comes when both lists are over, and is the same each time", async () => {
    const steps = `${MET}  - meanwhile:\n      - { wait: 30 s }\n      - { kill: any }\n  - { set-meta: any, name: new }\n`;
    const verdict = await run(steps);
    expect(verdict).toMatchObject({ verdict: "true", matrix: expect.stringContaining("down") });
    expect(verdict.tookMs).toBeGreaterThanOrEqual(30_000);
    expect(await run(steps)).toEqual(verdict);
  });

  test("is none, but a complaint, where too much goes on at once", async () => {
    await expect(run(`${MET}  - repeat: 300\n    steps:\n      - meanwhile: [{ wait: 9 s }]\n`)).rejects.toThrow(
      "made-up.yaml:8: in round 200 of 300: more than 200 steps and faults go on at once",
    );
  });

  test.each([
    ["for no time", "{ pause: 2, for: 0 s }", "0 s is no time: no effect"],
    [
      "that ends others",
      "{ cpu: 2, limit: none, for: 9 s }",
      'it ends a fault, and has no end of its own: leave out "for"',
    ],
    ["that nobody notices", "{ dns: 2, for: 1 s }", "the fault ended before any message met it"],
  ])("is none, but a complaint, for a fault %s", async (_, step, complaint) => {
    await expect(run(`${MET}  - ${step}\n`)).rejects.toThrow(`made-up.yaml:6: ${complaint}`);
  });

  test("comes of a time that counts from an earlier step, and is none where that is over already", async () => {
    const since = (wait: string): string =>
      `${MET}  - { partition: [1, the rest], as: split }\n  - { wait: ${wait} }\n` +
      "  - { expect: sides see only themselves, within: silence, since: split }\n";
    expect(await run(since("5 s"))).toMatchObject({ verdict: "true" });
    await expect(run(since("60 s"))).rejects.toThrow(
      /^made-up\.yaml:8: "split" was 60\.0 s ago, and silence is [\d.]+ s: this step comes too late to tell$/,
    );
    expect(await run(since("1 s").replace("silence", "1.1 s"))).toMatchObject({
      verdict: "false",
      message: expect.stringContaining("expected within 1.1 s since split (100 ms)"),
    });
  });

  test("is false when what must last does not", async () => {
    const verdict = await run(`${MET}  - { pause: 2 }\n  - { expect: { listed: 2 }, for: 60 periods }\n`);
    expect(verdict.message).toMatch(
      /^made-up\.yaml:7: seed 1: expected for 60 periods: .* after \d+ ms peer [13] holds peer 2 as failed/,
    );
  });

  test("is false when a scenario that holds has its fault taken away", async () => {
    const mutated = read("leave.yaml").replace("stop: any", "pick: any");
    const { verdict, message } = await runScenario(parseScenario(mutated, "leave.yaml"), 1, simulated);
    expect([verdict, message]).toEqual(["false", expect.stringContaining("within leave")]);
  });

  test("is the same for the same seed, and the seed draws the peers", async () => {
    const steps = `${MET}  - { kill: any, as: victim }\n  - { expect: { gone: victim }, within: crash }\n`;
    expect(await run(steps)).toEqual(await run(steps));
    const matrices = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map(async (seed) => (await run(steps, { seed })).matrix),
    );
    expect(new Set(matrices).size).toBeGreaterThan(1);
  });
});

test.each(["first", "chain", "first by name", "chain by name", "groups of 3 by name"])(
  "peers whose seeds are %s find each other",
  async (seeds) => {
    expect(await run(MET, { head: `\nseeds: ${seeds}` })).toMatchObject({ verdict: "true" });
  },
);

describe("a scenario proves nothing, and says at which line, when", () => {
  test.each([
    [
      "the dead are killed",
      "  - { kill: 2 }\n  - { kill: 2 }\n",
      ":6: peer 2 is down and would have to be running or paused",
    ],
    ["who runs is started", "  - { start: 2 }\n", ":5: peer 2 is running and would have to be down"],
    ["nothing is there to be healed", "  - { heal: network }\n", ":5: nothing is wrong with the network"],
    [
      "a wall fell before anybody met it",
      `${MET}  - { isolate: 2 }\n  - { heal: network }\n`,
      ":7: the network was broken and no message met it",
    ],
    [
      "a cut is cut again",
      "  - { cut: { from: 1, to: 2 } }\n  - { cut: { from: 1, to: 2 } }\n",
      ":6: all ways of this cut are closed already",
    ],
    ["nobody has a connection to close", "  - { close: 2 }\n", ":5: peer 2 has no connection that could close"],
    ["a peer is on two sides", "  - { partition: [[1, 2], [2, 3]] }\n", ":5: peer 2 is on two sides"],
    [
      "a label was never given",
      "  - { kill: victim }\n",
      ':5: "victim" stands for nobody; there are peers 1 to 3 and no labels yet',
    ],
    ["sides are expected that never were", "  - { expect: sides see only themselves }\n", ":5: there are no sides"],
    ["groups are expected that never were", "  - { expect: groups see only themselves }\n", ":5: there are no groups"],
  ])("%s", async (_when, steps, message) => {
    await expect(run(steps)).rejects.toThrow(`made-up.yaml${message}`);
  });

  test.each([
    ["an alias is a step, at its use", "  - &kill { kill: 2 }\n  - *kill\n", ":6: peer 2 is down"],
    [
      "an alias is a list of steps, at its anchor",
      "  - repeat: 1\n    steps: &both\n      - stop: 2\n      - wait: 1 s\n  - repeat: 1\n    steps: *both\n",
      ":7: peer 2 is down",
    ],
  ])("%s", async (_when, steps, message) => {
    await expect(run(steps)).rejects.toThrow(`made-up.yaml${message}`);
  });

  test("a step within a repetition is named, not the repetition", async () => {
    await expect(run("  - repeat: 2\n    steps:\n      - kill: 2\n")).rejects.toThrow(
      "made-up.yaml:7: in round 2 of 2: peer 2 is down",
    );
  });
});

describe("a file that is wrong names line and column, and what would be right:", () => {
  /** Steps of which each is a list of as many of the one before. */
  const manyAliases = (count: number): string => {
    const list = (inner: string): string => `[${Array.from({ length: count }, () => inner).join()}]`;
    return `  - &a ${list("{ wait: 1 s }")}\n  - &b ${list("*a")}\n  - ${list("*b")}\n`;
  };
  const HEAD = "title: t\nwhy: w\npeers: 3\nsteps:\n";
  test.each([
    ["no YAML", "title: [\n", "bad.yaml:2:1: is not YAML"],
    ["a key twice", "title: a\ntitle: b\n", "bad.yaml:2:1: is not YAML: Map keys must be unique"],
    ["a title that is missing", "why: w\npeers: 3\nsteps: [{ wait: 3 s }]\n", 'bad.yaml:1:1: "title" is missing'],
    ["a key that is not known", `${HEAD}  - { wait: 3 s }\nsise: 3\n`, 'bad.yaml:6:1: "sise" is not known here'],
    ["a step that is not known", `${HEAD}  - kil: 2\n`, 'bad.yaml:5:5: "kil" is no step; a step is one of kill, stop'],
    ["two steps in one", `${HEAD}  - kill: 2\n    stop: 3\n`, "bad.yaml:5:5: is more than one step: kill, stop"],
    ["an option that is not known", `${HEAD}  - kill: 2\n    ass: victim\n`, 'bad.yaml:6:5: "ass" is not known here'],
    [
      "a budget that is not known",
      `${HEAD}  - expect: nothing happens\n    within: cras\n`,
      'bad.yaml:6:5: "within" is "cras"; it must be a budget (join, update',
    ],
    ["a duration without a unit", `${HEAD}  - wait: 3\n`, 'bad.yaml:5:5: "wait" is 3'],
    [
      "an expectation that is not known",
      `${HEAD}  - expect: all is well\n`,
      'bad.yaml:5:5: "expect" is "all is well"; it must be one of "everyone sees everyone"',
    ],
    [
      "that nothing happens, at once",
      `${HEAD}  - expect: nothing happens\n`,
      'bad.yaml:5:5: needs "for": at once nothing can have happened',
    ],
    [
      "both within and for",
      `${HEAD}  - expect: nothing happens\n    within: join\n    for: 3 s\n`,
      'bad.yaml:5:5: has "within" and "for"',
    ],
    [
      "a step within a step",
      `${HEAD}  - repeat: 2\n    steps:\n      - pause: 2\n      - resum: 2\n`,
      'bad.yaml:8:9: "resum" is no step',
    ],
    [
      "a time since a step that was not before",
      `${HEAD}  - { kill: 2, as: victim }\n  - { expect: { gone: 2 }, within: crash, since: victims }\n`,
      'bad.yaml:6:43: "since" is no label of an earlier step, "victims"; there are victim',
    ],
    [
      "a time since a step that runs meanwhile",
      `${HEAD}  - meanwhile: [{ kill: 2, as: victim }]\n  - { expect: { gone: 2 }, within: crash, since: victim }\n`,
      '"victim"; none is given',
    ],
    [
      "since without within",
      `${HEAD}  - { kill: 2, as: victim }\n  - { expect: { gone: 2 }, since: victim }\n`,
      'bad.yaml:6:5: has "since", which goes with "within"',
    ],
    ["an alias without an anchor", `${HEAD}  - *break\n`, "bad.yaml:5:5: *break has no anchor &break above it"],
    ["an alias within its anchor", `${HEAD}  - &a { repeat: 2, steps: [*a] }\n`, "bad.yaml:5:29: *a contains itself"],
    ["aliases without end", `${HEAD}${manyAliases(40)}`, "bad.yaml:1:1: its aliases stand for too much"],
  ])("%s", (_what, text, message) => {
    expect(() => parseScenario(text, "bad.yaml")).toThrow(message);
  });

  test("what an alias stands for is named once, at its anchor, where it is wrong", () => {
    const wrong = `${HEAD}  - repeat: 2\n    steps: &steps\n      - wait: 3 s\n      - wait: 3\n`;
    const used = `${wrong}  - repeat: 3\n    steps: *steps\n`;
    expect(() => parseScenario(used, "bad.yaml")).toThrow(/^bad\.yaml:8:9: "wait" is 3;.*$/);
  });

  test("everything that is wrong is named at once", () => {
    expect(() => parseScenario(`${HEAD}  - kil: 2\n  - hael: network\n`, "bad.yaml")).toThrow(/:5:5: .*\n.*:6:5: /);
  });
});

describe("a selector", () => {
  const choice = (seed = 1): Choice => ({
    all: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    running: [1, 2, 3, 4, 5, 6],
    labels: new Map([["victim", [9]]]),
    chance: stream(seed, "test"),
  });

  test.each([
    [3, [3]],
    [
      [2, "victim"],
      [2, 9],
    ],
    ["the seed", [1]],
    ["everyone", [1, 2, 3, 4, 5, 6]],
    ["victim", [9]],
  ])("%j stands for %j", (selector, expected) => {
    expect(select(selector, choice())).toEqual(expected);
  });

  test("the rest are all that the step has not named before, running or not", () => {
    expect(select("the rest", choice(), [1, 2, 3])).toEqual([4, 5, 6, 7, 8, 9, 10]);
  });

  test("the rest of nobody is nobody, and says what would be right", () => {
    expect(() => select("the rest", choice())).toThrow(
      'it has named nobody; say "everyone", or "everyone but" a label',
    );
    expect(() => select("50% of the rest", choice())).toThrow("it has named nobody");
    expect(() => select("the rest", choice(), choice().all)).toThrow('"the rest" stands for nobody');
  });

  test.each([
    ["everyone but 3", [1, 2, 4, 5, 6]],
    ["everyone but victim", [1, 2, 3, 4, 5, 6]],
    ["everyone but nobody", '"nobody" stands for nobody'],
    ["everyone but everyone", '"everyone but everyone" stands for nobody'],
    ["2 of victim", "more than the 0 that run and can be drawn"],
    ["2 of few", [4, 5]],
    ["50% of nobody", '"50% of nobody" stands for nobody'],
  ] as const)("%s stands for %j", (selector, expected) => {
    const few = { ...choice(), labels: new Map([...choice().labels, ["few", [4, 5, 9]]]) };
    const selected = (): number[] => select(selector, few).sort();
    if (typeof expected === "string") expect(selected).toThrow(expected);
    else expect(selected()).toEqual(expected);
  });

  test.each([
    ["any", 1],
    ["3 of", 3],
    ["50%", 3],
    ["any of the rest", 1],
    ["4 of the rest", 4],
    ["40% of the rest", 2],
    ["60% of everyone but 3", 2],
  ] as const)("%s draws from those that run and are not named", (selector, count) => {
    for (let seed = 1; seed <= 50; seed++) {
      const drawn = select(selector, choice(seed), [1]);
      expect(new Set(drawn).size).toBe(count);
      for (const number of drawn) expect([2, 3, 4, 5, 6]).toContain(number);
    }
  });

  test.each([11, "nobody", "7 of", "0 of", "1%"])("%j, which stands for nobody or too few, is named", (selector) => {
    expect(() => select(selector, choice())).toThrow(JSON.stringify(selector));
  });
});

test("the schema for editors is up to date: node integration/dist/scenario/write-schema.js && npm run format", () => {
  expect(JSON.parse(read("scenario.schema.json"))).toEqual(JSON.parse(jsonSchema()));
});
