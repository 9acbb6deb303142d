import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { budgets, resolveTiming } from "gossip-peer";
import { ComposeProject } from "../../src/cluster/compose/compose-project.js";
import { engine, expectImage } from "../../src/cluster/docker/engine.js";
import { ownRun } from "../../src/cluster/docker/owner.js";
import { sweep } from "../../src/cluster/docker/sweep.js";
import type { Entry } from "../../src/fault/journal.js";
import { optionsOf } from "../../src/scenario/interpreter.js";
import { parseScenario } from "../../src/scenario/load.js";
import { misfitOf } from "../../src/cluster/compose/open.js";
import type { Condition } from "../../src/control/status.js";
import { poll, until } from "../../src/cluster/until.js";
import { everyoneSees, lists, running, type PeerView, type Views } from "../../src/view/views.js";
import { ROOT, run, WITHIN_MS, type Ended } from "../support/command.js";

const CLI = "integration/dist/program/cli.js";
const CHAOS = "integration/dist/program/chaos/cli.js";
const PEERS = 4;
const PING_PERIOD_MS = 500;
const USUAL_PERIOD_MS = resolveTiming().pingPeriodMs;
/** What docker-compose.yml and labels.compose.yml are filled with. */
const VARIABLES = { GOSSIP_TESTBED_RUN: ownRun(), GOSSIP_PING_PERIOD_MS: String(PING_PERIOD_MS) };

test.each([
  ["timing: { pingPeriodMs: 200 }", `it wants pingPeriodMs 200, and the project has ${USUAL_PERIOD_MS}`],
  ["network: { loss: 0.1 }", "it wants a network that is never well"],
  ["start: [1, 2]", "it begins with some of its peers only"],
  ["seeds: chain", "it wants seeds of its own"],
  [`timing: { pingPeriodMs: ${USUAL_PERIOD_MS} }`, undefined],
])("a scenario with %s fits a project as it is, or the misfit is named", (head, misfit) => {
  const text = `title: t\nwhy: w\npeers: 3\n${head}\nsteps: [{ wait: 1 s }]\n`;
  const wanted = optionsOf(parseScenario(text, "made-up.yaml"), 1);
  const found = misfitOf({ timing: resolveTiming(), peers: 3 }, wanted);
  expect(found).toEqual(misfit === undefined ? undefined : expect.stringContaining(misfit));
});

// Each command is a process of its own and ends: what it did is in the containers and nowhere else.
describe("testbed, against a Compose project that runs", () => {
  const name = `testbed-compose-${randomBytes(4).toString("hex")}`;
  const budget = budgets(resolveTiming({ pingPeriodMs: PING_PERIOD_MS }), PEERS);
  const folder = mkdtempSync(join(tmpdir(), "testbed-"));
  let project: ComposeProject;

  beforeAll(async () => {
    const docker = await engine();
    await expectImage(docker);
    await sweep(docker);
    project = await ComposeProject.open(name);
    await compose("up", "--detach", "--no-build", "--scale", `peer=${PEERS}`, "peer");
    await until(project, "all list all", budget.joinMs, whole);
  });

  afterAll(async () => {
    project[Symbol.dispose]();
    await compose("down", "--timeout", "1", "--volumes");
    rmSync(folder, { recursive: true });
  });

  test("live says of a project without peers how to get some, and ends with code 1", async () => {
    const { code, err } = await run(process.execPath, [CLI, "live", "--project", "testbed-nobody"]);
    expect(code).toBe(1);
    expect(err).toContain(
      'testbed: the Compose project "testbed-nobody" has no peers; start some with: docker compose up',
    );
  });

  test("partition parts the sides, a later status shows them, a restarted peer is back on its side, and heal heals", async () => {
    expect(await testbed("partition", "--side", "1,2", "--side", "the rest")).toMatchObject({
      code: 0,
      out: "done: partition 1-2 | 3-4\n",
    });
    await until(project, "the sides see only themselves", budget.silenceMs, parted);
    expect((await testbed("restart", "--peers", "2")).code).toBe(0);
    await until(project, "peer 2 is back on its side", budget.healMs, parted);
    const rows = await status();
    expect(rows.map(({ side, deafTo, faults, sees }) => ({ side, deafTo, faults, sees }))).toEqual([
      { side: "A", deafTo: [3, 4], faults: [], sees: 2 },
      { side: "A", deafTo: [3, 4], faults: [], sees: 2 },
      { side: "B", deafTo: [1, 2], faults: [], sees: 2 },
      { side: "B", deafTo: [1, 2], faults: [], sees: 2 },
    ]);
    // While it is down its address is nobody's, and the rules that are written meanwhile do not know it.
    await docker("stop", "--time", "1", `${name}-peer-2`);
    expect((await testbed("loss", "1%", "--peers", "1")).code).toBe(0);
    const fromMs = Date.now();
    expect((await testbed("start", "--peers", "2")).code).toBe(0);
    expect(across(await project.views())).toBe(false);
    expect(await happened(`${name}-peer-2`, fromMs)).toEqual(["start", "pause", "unpause"]);
    await until(project, "peer 2 is back on its side", budget.healMs, parted);
    expect((await testbed("heal")).code).toBe(0);
    await until(project, "all list all", budget.healMs, whole);
    expect((await status()).every(isWell)).toBe(true);
  });

  test("several faults on one peer are all there until heal, a frozen peer and one that Docker restarted included", async () => {
    expect((await testbed("loss", "25%", "--peers", "3")).code).toBe(0);
    expect((await testbed("cpu", "50%", "--peers", "3")).code).toBe(0);
    expect((await testbed("cut", "--from", "1", "--to", "4")).code).toBe(0);
    expect((await testbed("pause", "--peers", "2")).code).toBe(0);
    const rows = await status();
    expect(rows.map(({ state, deafTo, faults }) => [state, deafTo, faults])).toEqual([
      ["running", [], []],
      ["paused", [], []],
      ["running", [], ["loss 25%", "cpu 50%"]],
      ["running", [1], []],
    ]);
    await docker("restart", "--time", "1", `${name}-peer-3`);
    expect((await status())[2]?.faults).toEqual(["loss 25%", "cpu 50%", "not in force since a restart"]);
    expect(await testbed("heal")).toMatchObject({ code: 0, out: "done: heal\nresumed peer 2\n" });
    expect((await status()).every(isWell)).toBe(true);
    await until(project, "all list all", budget.healMs, whole);
  });

  test("several that are down start again at the addresses they had", async () => {
    const addresses = async (): Promise<unknown[]> => (await project.peers()).map(({ address }) => address);
    const [two, three] = [`${name}-peer-2`, `${name}-peer-3`];
    await docker("stop", "--time", "0", two, three);
    // The engine gives the lowest address that is free: from now on peer 3 has a lower one than peer 2.
    await docker("start", three, two);
    await until(project, "all list all", budget.settleMs, whole);
    const before = await addresses();
    await docker("stop", "--time", "0", two, three);
    expect((await testbed("start", "--peers", "2,3")).code).toBe(0);
    expect(await addresses()).toEqual(before);
    await until(project, "all list all", budget.settleMs, whole);
  });

  test("what is wrong is refused by name, and changes nothing", async () => {
    const before = await states();
    const wrong: [string[], number, string][] = [
      [["kill", "--peers", "9"], 2, "9 stands for nobody"],
      [["kill", "--peers", "1,nobody"], 2, '"nobody" stands for nobody'],
      [["partition", "--side", "1,2", "--side", "2,3"], 2, "peer 2 is on two sides"],
      [["partition", "--side", "1,2"], 2, "a partition needs at least two sides"],
      [["loss", "lots", "--peers", "1"], 2, "It must be a share below 100%, as 20%"],
      [["kill"], 2, "required option '--peers <peers>' not specified"],
      [["resume", "--peers", "1"], 1, "cannot resume peer 1: it is running"],
    ];
    const ended = await Promise.all(wrong.map(([args]) => testbed(...args)));
    expect(ended.map(({ code, err }) => [code, err])).toEqual(
      wrong.map(([, code, complaint]) => [code, expect.stringContaining(complaint)]),
    );
    expect(await testbed("start", "--peers", "2,3")).toMatchObject({
      code: 1,
      err: expect.stringContaining("cannot start peer 2: it is running"),
    });
    expect(await states()).toEqual(before);
  });

  test("with --dry-run says what it would do, and does nothing", async () => {
    const before = await states();
    const [killing, isolating, again] = await Promise.all([
      testbed("kill", "--peers", "2,3", "--dry-run"),
      testbed("isolate", "--peers", "any", "--dry-run", "--json"),
      testbed("isolate", "--peers", "any", "--dry-run", "--seed", "7"),
    ]);
    expect(killing).toMatchObject({ code: 0, out: "would: kill peers 2-3\n" });
    expect(JSON.parse(isolating.out)).toMatchObject({
      done: false,
      what: expect.stringMatching(/^isolate peer \d$/),
      seed: expect.any(Number),
    });
    expect(again.out).toMatch(/^would: isolate peer \d \(drawn with --seed 7\)\n$/);
    expect(await states()).toEqual(before);
  });

  test("chaos runs a scenario on it, with as many peers as there are, and gives it back as it was", async () => {
    const before = await names();
    const ended = await chaos(
      "peers: 6",
      "  - { set-meta: 3, name: told }",
      "  - { add: 1, as: newcomer }",
      "  - { expect: { listed: newcomer }, within: join }",
      "  - { isolate: 4 }",
      "  - { pause: 2 }",
      "  - { kill: 1 }",
      "  - { expect: { gone: 1, at: [3, newcomer] }, within: crash }",
    );
    expect([ended.code, ended.err]).toEqual([0, ""]);
    expect(ended.out).toContain(`asks for 6 peers; the project ${name} has ${PEERS}, and it runs with those`);
    expect((await status()).every(isWell)).toBe(true);
    await until(project, "all list all", budget.settleMs, whole);
    expect(await names()).toEqual(before);
  });

  test("while chaos runs on it nothing else changes it; once that was killed, heal undoes what its journal says", async () => {
    const before = await names();
    const args = chaosArgs(
      `peers: ${PEERS}`,
      "  - { set-meta: 3, name: told }",
      "  - { add: 1 }",
      "  - { kill: 2 }",
      "  - { isolate: 4 }",
      "  - { pause: 3 }",
      "  - { wait: 60 s }",
    );
    const journal = join(args.out, "journal.jsonl");
    const runner = spawn(process.execPath, args.all, {
      cwd: ROOT,
      stdio: "ignore",
      env: { ...process.env, ...VARIABLES },
    });
    const isPaused = (): Promise<boolean> => Promise.resolve(existsSync(journal) && isApplied(journal, "pause"));
    await poll("all is broken", WITHIN_MS, isPaused);
    expect(await testbed("heal", "--journal", journal)).toMatchObject({
      code: 2,
      err: expect.stringContaining("goes on"),
    });
    const holder = `process ${runner.pid} of ${hostname()} is at it: the experiment "made up", since 2`;
    const second = await chaos(`peers: ${PEERS}`, "  - { wait: 1 s }");
    expect([second.code, second.out]).toEqual([2, expect.stringContaining(holder)]);
    for (const command of [["heal"], ["loss", "5%", "--peers", "1"]])
      expect(await testbed(...command)).toMatchObject({ code: 1, err: expect.stringContaining(holder) });
    const rows = await status();
    expect(rows.map(({ state, side, faults }) => [state, side, faults])).toEqual([
      ["running", "A", []],
      ["down", undefined, []],
      ["paused", "A", []],
      ["running", "B", []],
      ["running", "A", []],
    ]);
    const ended = once(runner, "exit");
    runner.kill("SIGKILL");
    await ended;
    expect(await testbed("heal", "--journal", journal)).toMatchObject({
      code: 0,
      out: "done: heal\nresumed peer 3\nstarted peer 2\nended peer 5\ngave back the metadata of peer 3\n",
    });
    expect((await status()).every(isWell)).toBe(true);
    await until(project, "all list all", budget.settleMs, whole);
    expect(await names()).toEqual(before);
  });

  const parted = (views: Views): boolean =>
    running(views).length === PEERS &&
    everyoneSees(views, (view) => views.filter((other) => isLeft(other) === isLeft(view)));
  const across = (views: Views): boolean =>
    views.some((view) => views.some((other) => isLeft(view) !== isLeft(other) && lists(view, other.address ?? "")));
  const whole = (views: Views): boolean => running(views).length === PEERS && everyoneSees(views);
  const isLeft = ({ number }: PeerView): boolean => number <= 2;
  const isWell = ({ state, side, deafTo, faults }: Condition): boolean =>
    state === "running" && side === undefined && deafTo.length === 0 && faults.length === 0;

  /** Since when each runs, in which state. */
  async function states(): Promise<unknown[]> {
    const client = await engine();
    return Promise.all(
      (await project.peers()).map(async ({ container }) => {
        const { State } = await client.getContainer(container).inspect();
        return [State.Status, State.StartedAt];
      }),
    );
  }

  /** What each says it is called. */
  async function names(): Promise<(string | undefined)[]> {
    return (await project.views()).map(({ address = "", members }) => members?.get(address)?.meta.name);
  }

  /** Whether that is the case by now, as the journal has it so far. */
  function isApplied(journal: string, kind: string): boolean {
    const lines = readFileSync(journal, "utf8").split("\n").slice(0, -1);
    const entries = lines.map((line) => JSON.parse(line) as Entry);
    const found = entries.find((entry) => entry.type === "fault" && entry.fault.kind === kind);
    return entries.some((entry) => entry.type === "applied" && found?.type === "fault" && entry.id === found.id);
  }

  function chaosArgs(head: string, ...steps: string[]): { all: string[]; out: string } {
    const out = mkdtempSync(join(folder, "run-"));
    const file = join(out, "made-up.yaml");
    writeFileSync(file, `title: made up\nwhy: to be judged\n${head}\nsteps:\n${steps.join("\n")}\n`);
    return { all: [CHAOS, file, "--on", "compose", "--project", name, "--out", out], out };
  }

  function chaos(head: string, ...steps: string[]): Promise<Ended> {
    return run(process.execPath, chaosArgs(head, ...steps).all, VARIABLES);
  }

  async function status(): Promise<Condition[]> {
    return JSON.parse((await testbed("status", "--json")).out) as Condition[];
  }

  function testbed(...args: string[]): Promise<Ended> {
    return run(process.execPath, [CLI, ...args, "--project", name], VARIABLES);
  }

  async function compose(...args: string[]): Promise<void> {
    const files = ["docker-compose.yml", "integration/test/support/labels.compose.yml"].flatMap((file) => [
      "--file",
      file,
    ]);
    await docker("compose", "--project-name", name, ...files, ...args);
  }

  /** What became of a container since then, as the engine tells it. */
  async function happened(container: string, fromMs: number): Promise<string[]> {
    const times = ["--since", String(fromMs / 1000), "--until", String(Date.now() / 1000)];
    const { out } = await run("docker", [
      "events",
      ...times,
      "--filter",
      `container=${container}`,
      "--format",
      "{{.Action}}",
    ]);
    return out.split("\n").filter((action) => ["start", "pause", "unpause", "die"].includes(action));
  }

  async function docker(...args: string[]): Promise<void> {
    const { code, err } = await run("docker", args, VARIABLES);
    if (code !== 0) throw new Error(err);
  }
});
