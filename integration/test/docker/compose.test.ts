import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { budgets, resolveTiming } from "gossip-peer";
import { ComposeProject } from "../../src/cluster/compose/compose-project.js";
import { engine, expectImage } from "../../src/cluster/docker/engine.js";
import { takeLock } from "../../src/cluster/docker/lock.js";
import { ownRun } from "../../src/cluster/docker/owner.js";
import { isHeld, sweep } from "../../src/cluster/docker/sweep.js";
import { readRecording } from "../../src/observer/page/read-recording.js";
import { poll, until } from "../../src/cluster/until.js";
import { everyoneHas, everyoneSees, running, type Views } from "../../src/view/views.js";
import { blocksOf, textOf } from "../support/documents.js";
import { PEERS, PING_PERIOD_MS } from "../support/parameters.js";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const COMMAND_WITHIN_MS = 120_000;
const run = promisify(execFile);

// The replicas' seed is their service's own name, so no peer is special and any may be stopped.
describe(`docker compose up --scale peer=${PEERS}`, () => {
  const name = `testbed-compose-${randomBytes(4).toString("hex")}`;
  const budget = budgets(resolveTiming({ pingPeriodMs: PING_PERIOD_MS }), PEERS + 1);
  let project: ComposeProject;

  beforeAll(async () => {
    const docker = await engine();
    await expectImage(docker);
    await sweep(docker);
    project = await ComposeProject.open(name);
    await scale(PEERS);
  });

  afterAll(async () => {
    project[Symbol.dispose]();
    try {
      await compose("down", "--timeout", "1", "--volumes");
    } catch (error) {
      if (!isHeld(error)) throw error;
    }
  });

  beforeEach(() => everybody(PEERS, budget.joinMs));

  test("the replicas find each other by the name of their own service (8, 13)", async () => {
    const views = await project.views();
    expect(views.map(({ number }) => number)).toEqual(Array.from({ length: PEERS }, (_, at) => at + 1));
    expect(views.map(({ members }) => members?.size)).toEqual(views.map(() => PEERS));
  });

  test("the observer's page is at the published port, and follows every one of them by its container's name", async () => {
    const url = `http://${(await compose("port", "observer", "8080")).trim()}`;
    const get = (path: string): Promise<Response> => fetch(`${url}${path}`, { signal: AbortSignal.timeout(5000) });
    expect(await (await get("/")).text()).toContain("<title>gossip: who believes what</title>");
    const named = async (): Promise<string[]> => {
      const recording = readRecording(await (await get("/recording.json")).json());
      const peers = [...recording.at(Infinity).model.peers.values()].filter((peer) => peer.link === "followed");
      return peers.map(({ label = "" }) => label).sort();
    };
    const wanted = Array.from({ length: PEERS }, (_, at) => container(at + 1)).sort();
    await poll("all are followed", budget.joinMs, async () => (await named()).join() === wanted.join());
  });

  test("gossip members is at hand inside the container, and its JSON is an array of members", async () => {
    const members: unknown = JSON.parse(await compose("exec", "-T", "peer", "gossip", "members", "--format", "json"));
    const addresses = (await project.views()).map(({ address }) => address).sort();
    expect(members).toHaveLength(PEERS);
    expect((members as { address: string }[]).map(({ address }) => address).sort()).toEqual(addresses);
    for (const member of members as unknown[]) {
      expect(member).toMatchObject({
        address: expect.any(String),
        status: "alive",
        meta: { name: expect.any(String), tags: {} },
      });
    }
  });

  test("what a peer is called by hand, all see (7)", async () => {
    await compose("exec", "-T", "peer", "gossip", "set-meta", "--name", "alice", "--tag", "zone=north");
    const address = await addressOf(1);
    await until(project, "everybody calls peer 1 alice", budget.updateMs, (views) =>
      everyoneHas(views, address, (member) => member?.meta.name === "alice" && member.meta.tags?.["zone"] === "north"),
    );
  });

  test("docker kill: the others remove it as failed; docker start: it is back (15, 18)", async () => {
    const address = await addressOf(2);
    await docker("kill", container(2));
    await everybody(PEERS - 1, budget.crashMs);
    expect(everyoneHas(await project.views(), address, (member) => member?.status === "failed")).toBe(true);
    await docker("start", container(2));
    await everybody(PEERS, budget.healMs);
  });

  test("docker pause: the others remove it, though its name still resolves; docker unpause: it is back (16)", async () => {
    await docker("pause", container(1));
    await everybody(PEERS - 1, budget.silenceMs);
    await docker("unpause", container(1));
    await everybody(PEERS, budget.healMs);
  });

  test("docker stop: it has left, the first replica like any other; docker start: it is back (22)", async () => {
    const address = await addressOf(1);
    await docker("stop", container(1));
    await everybody(PEERS - 1, budget.leaveMs);
    expect(everyoneHas(await project.views(), address, (member) => member?.status === "left")).toBe(true);
    await docker("start", container(1));
    await everybody(PEERS, budget.joinMs);
  });

  test("docker compose restart: all of them at once find each other again, whoever got whose address (13, 18)", async () => {
    await compose("restart");
    await everybody(PEERS, budget.healMs);
  });

  test("scaled up the newcomers are in, scaled down they have left (8, 22)", async () => {
    await scale(PEERS + 2);
    await everybody(PEERS + 2, budget.joinMs);
    await scale(PEERS - 2);
    await everybody(PEERS - 2, budget.leaveMs);
    await scale(PEERS);
    await everybody(PEERS, budget.joinMs); // what is taken down while it starts may leave its network held by the engine
  });

  /** The running replicas are so many, and each lists exactly those. */
  async function everybody(count: number, budgetMs: number): Promise<void> {
    const check = (views: Views): boolean => running(views).length === count && everyoneSees(views);
    await until(project, `${count} replicas list each other and nobody else`, budgetMs, check);
  }

  async function addressOf(number: number): Promise<string> {
    const view = (await project.views()).find((each) => each.number === number);
    if (view?.address === undefined) throw new Error(`replica ${number} has no address`);
    return view.address;
  }

  function container(number: number): string {
    return `${name}-peer-${number}`;
  }

  async function scale(peers: number): Promise<void> {
    await compose("up", "--detach", "--no-build", "--scale", `peer=${peers}`);
  }

  function compose(...args: string[]): Promise<string> {
    return docker(
      "compose",
      "--project-name",
      name,
      "--file",
      "docker-compose.yml",
      "--file",
      "integration/test/support/labels.compose.yml",
      ...args,
    );
  }

  /** What the command printed. Rejects with the command and what it complained of. */
  async function docker(...args: string[]): Promise<string> {
    const own = {
      GOSSIP_TESTBED_RUN: ownRun(),
      GOSSIP_PING_PERIOD_MS: String(PING_PERIOD_MS),
      GOSSIP_OBSERVER_PORT: "0",
    };
    const { stdout } = await run("docker", args, {
      cwd: ROOT,
      env: { ...process.env, ...own },
      timeout: COMMAND_WITHIN_MS,
    });
    return stdout;
  }
});

describe("the five lines of README.md that lead to a cluster with certificates", () => {
  const [lines = ""] = blocksOf(textOf("README.md"), "sh").filter((block) => block.includes("GOSSIP_TLS=1"));
  const commands = lines.trim().split("\n");
  const env = {
    ...process.env,
    COMPOSE_PROJECT_NAME: `testbed-compose-${randomBytes(4).toString("hex")}`,
    COMPOSE_FILE: "docker-compose.yml:integration/test/support/labels.compose.yml",
    GOSSIP_TESTBED_RUN: ownRun(),
    GOSSIP_OBSERVER_PORT: "0",
  };
  const sh = async (line: string): Promise<string> =>
    (await run("sh", ["-c", line], { cwd: ROOT, env, timeout: COMMAND_WITHIN_MS })).stdout;

  afterAll(async () => {
    await sh("docker compose down --timeout 1");
  });

  test("do so, and end it", async () => {
    const [setUp = "", up = "", members = "", state = "", down = ""] = commands;
    expect(commands).toHaveLength(5);
    await sh(setUp);
    await sh(up);
    const { joinMs } = budgets(resolveTiming(), 3);
    // A container runs before its peer listens.
    const listed = (): Promise<string> => sh(members).catch(String);
    await poll("three list three", joinMs, async () => (await listed()).match(/ alive /g)?.length === 3, listed);
    expect(await sh(state)).toBe("joined\npreset: lan\n");
    // Without a certificate nobody is answered.
    await expect(sh("docker compose exec -T --env GOSSIP_TLS_MODE=off peer gossip members")).rejects.toThrow(
      "UNAVAILABLE",
    );
    await sh(down);
    expect(await sh("docker compose ps --quiet")).toBe("");
  });
});

describe("npm stop, where COMPOSE_PROJECT_NAME and COMPOSE_FILE are of another project", () => {
  const name = `testbed-other-${randomBytes(4).toString("hex")}`;
  const folder = mkdtempSync(join(tmpdir(), "other-project-"));
  const file = join(folder, "docker-compose.yml");
  const env = { ...process.env, COMPOSE_PROJECT_NAME: name, COMPOSE_FILE: file };
  const inFolder = (...args: string[]): Promise<{ stdout: string }> =>
    run("docker", ["compose", ...args], { cwd: folder, env, timeout: COMMAND_WITHIN_MS });

  afterAll(async () => {
    await inFolder("down", "--timeout", "0");
    rmSync(folder, { recursive: true });
  });

  test("leaves that project alone, and says why", async () => {
    const labels = { "org.gossip-testbed.run": ownRun() };
    const database = { image: "gossip-peer:local", command: ["sleep", "600"], init: true, labels };
    writeFileSync(file, JSON.stringify({ services: { database } }));
    await inFolder("up", "--detach", "--no-build");
    const stopped = run(process.execPath, ["scripts/stop.mjs"], { cwd: ROOT, env, timeout: COMMAND_WITHIN_MS });
    await expect(stopped).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`The Compose project "${name}" was started from ${folder}`) as unknown,
    });
    expect((await inFolder("ps", "--quiet", "--status", "running")).stdout.trim()).not.toBe("");
  });
});

test("npm stop leaves a cluster alone on which an experiment is at work, and says whose; not with --force", async () => {
  const name = `testbed-busy-${randomBytes(4).toString("hex")}`;
  const env = { ...process.env, COMPOSE_PROJECT_NAME: name };
  const stop = (...args: string[]): Promise<{ stdout: string }> =>
    run(process.execPath, ["scripts/stop.mjs", ...args], { cwd: ROOT, env, timeout: COMMAND_WITHIN_MS });
  await using lock = await takeLock(await engine(), name, "an experiment", "gossip-peer:local");
  await expect(stop()).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      `left running: process ${process.pid} is at work on it \\(an experiment, since`,
    ) as unknown,
  });
  expect((await stop("--force")).stdout).toBe("No cluster was running.\n");
  expect(lock).toBeDefined();
});

test("Ctrl-C of npm start takes the cluster down, and leaves no container of it", async () => {
  const name = `testbed-start-${randomBytes(4).toString("hex")}`;
  const env = { ...process.env, COMPOSE_PROJECT_NAME: name, GOSSIP_OBSERVER_PORT: "0" };
  const started = spawn(process.execPath, ["scripts/start.mjs", "--scale", "peer=1"], {
    cwd: ROOT,
    env,
    detached: true,
  });
  const ended = once(started, "exit");
  let said = "";
  started.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await poll("the cluster runs", COMMAND_WITHIN_MS, () => Promise.resolve(said.includes("one view")));
  process.kill(-Number(started.pid), "SIGINT"); // the whole group, as a terminal does
  await ended;
  const docker = await engine();
  const filters = { label: [`com.docker.compose.project=${name}`] };
  expect(said).toContain("Taking the cluster down");
  expect(await docker.listContainers({ all: true, filters })).toEqual([]);
});

// Compose gives the labels of a project to the image that it builds for it: whoever runs that image by hand gets a
// container that has them.
test("a container that has a project's labels from its image is no peer of it, and npm stop leaves it alone", async () => {
  const name = `testbed-labels-${randomBytes(4).toString("hex")}`;
  const labels = {
    "com.docker.compose.project": name,
    "com.docker.compose.service": "peer",
    "org.gossip-testbed.run": ownRun(),
  };
  const docker = await engine();
  const stray = await docker.createContainer({ Image: "gossip-peer:local", Labels: labels });
  try {
    using project = await ComposeProject.open(name);
    expect(await project.peers()).toEqual([]);
    const env = { ...process.env, COMPOSE_PROJECT_NAME: name };
    const { stdout } = await run(process.execPath, ["scripts/stop.mjs"], {
      cwd: ROOT,
      env,
      timeout: COMMAND_WITHIN_MS,
    });
    expect(stdout).toBe("No cluster was running.\n");
    await expect(stray.inspect()).resolves.toMatchObject({ Name: expect.any(String) as unknown });
  } finally {
    await stray.remove({ force: true });
  }
});
