import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { budgets, resolveTiming } from "gossip-peer";
import { ComposeProject } from "../src/cluster/compose.js";
import { engine, expectImage } from "../src/cluster/docker/engine.js";
import { ownRun } from "../src/cluster/docker/owner.js";
import { sweep } from "../src/cluster/docker/sweep.js";
import type { Row } from "../src/testbed/status.js";
import { until } from "../src/until.js";
import { everyoneSees, running, type View, type Views } from "../src/views.js";
import { run, type Ended } from "./command.js";

const CLI = "integration/dist/cli.js";
const PEERS = 4;
const PING_PERIOD_MS = 500;

// Each command is a process of its own and ends: what it did is in the containers and nowhere else.
describe("testbed, against a Compose project that runs", () => {
  const name = `testbed-compose-${randomBytes(4).toString("hex")}`;
  const budget = budgets(resolveTiming({ pingPeriodMs: PING_PERIOD_MS }), PEERS);
  let project: ComposeProject;

  beforeAll(async () => {
    const docker = await engine();
    await expectImage(docker);
    await sweep(docker);
    project = await ComposeProject.open(name);
    await compose("up", "--detach", "--no-build", "--scale", `peer=${PEERS}`);
    await until(project, "all list all", budget.joinMs, whole);
  });

  afterAll(async () => {
    project[Symbol.dispose]();
    await compose("down", "--timeout", "1", "--volumes");
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

  test.each([
    [["kill", "--peers", "9"], 2, "9 stands for nobody"],
    [["kill", "--peers", "1,nobody"], 2, '"nobody" stands for nobody'],
    [["partition", "--side", "1,2", "--side", "2,3"], 2, "peer 2 is on two sides"],
    [["partition", "--side", "1,2"], 2, "a partition needs at least two sides"],
    [["loss", "lots", "--peers", "1"], 2, "It must be a share below 100%, as 20%"],
    [["kill"], 2, "required option '--peers <peers>' not specified"],
    [["resume", "--peers", "1"], 1, "cannot resume peer 1: it is running"],
    [["start", "--peers", "2,3"], 1, "cannot start peer 2: it is running"],
  ])("%j is refused, and changes nothing", async (args, code, complaint) => {
    const before = await states();
    const ended = await testbed(...args);
    expect(ended.err).toContain(complaint);
    expect(ended.code).toBe(code);
    expect(await states()).toEqual(before);
  });

  test("with --dry-run says what it would do, and does nothing", async () => {
    const before = await states();
    expect(await testbed("kill", "--peers", "2,3", "--dry-run")).toMatchObject({
      code: 0,
      out: "would: kill peers 2-3\n",
    });
    const { out } = await testbed("isolate", "--peers", "any", "--dry-run", "--json");
    expect(JSON.parse(out)).toMatchObject({ done: false, what: expect.stringMatching(/^isolate peer \d$/) });
    expect(await states()).toEqual(before);
  });

  const parted = (views: Views): boolean =>
    running(views).length === PEERS &&
    everyoneSees(views, (view) => views.filter((other) => isLeft(other) === isLeft(view)));
  const whole = (views: Views): boolean => running(views).length === PEERS && everyoneSees(views);
  const isLeft = ({ number }: View): boolean => number <= 2;
  const isWell = ({ state, side, deafTo, faults }: Row): boolean =>
    state === "running" && side === undefined && deafTo.length === 0 && faults.length === 0;

  /** Since when each runs, in which state. */
  async function states(): Promise<unknown[]> {
    const client = await engine();
    return Promise.all(
      (await project.replicas()).map(async ({ container }) => {
        const { State } = await client.getContainer(container).inspect();
        return [State.Status, State.StartedAt];
      }),
    );
  }

  async function status(): Promise<Row[]> {
    return JSON.parse((await testbed("status", "--json")).out) as Row[];
  }

  function testbed(...args: string[]): Promise<Ended> {
    return run(process.execPath, [CLI, ...args, "--project", name]);
  }

  async function compose(...args: string[]): Promise<void> {
    const files = ["docker-compose.yml", "integration/test/labels.compose.yml"].flatMap((file) => ["--file", file]);
    await docker("compose", "--project-name", name, ...files, ...args);
  }

  async function docker(...args: string[]): Promise<void> {
    Object.assign(process.env, { GOSSIP_TESTBED_RUN: ownRun(), GOSSIP_PING_PERIOD_MS: String(PING_PERIOD_MS) });
    const { code, err } = await run("docker", args);
    if (code !== 0) throw new Error(err);
  }
});
