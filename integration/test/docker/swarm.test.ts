import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { budgets, resolveTiming } from "gossip-peer";
import { engine, expectImage, IMAGE } from "../../src/cluster/docker/engine.js";
import { ownRun, RUN_LABEL } from "../../src/cluster/docker/owner.js";
import { sweep } from "../../src/cluster/docker/sweep.js";
import { poll } from "../../src/cluster/until.js";
import { readRecording } from "../../src/observer/page/read-recording.js";
import { ROOT, run as runHere } from "../support/command.js";
import { blocksOf, sectionOf } from "../support/documents.js";
import { ENGINES, PEERS } from "../support/parameters.js";
import { ITS_ADDRESS, OWN_ADDRESS, SecondEngine } from "../support/second-engine.js";
import { OwnSwarm } from "../support/swarm.js";

const FEWEST = 3;
/** How long a node of few processors takes at most to start or to end all tasks. */
const TASKS_WITHIN_MS = PEERS * 5_000;
const COMMAND_WITHIN_MS = 60_000 + TASKS_WITHIN_MS;

/** Of what the observer saw at the peers, what the tests look at: a change of a view, or a view as it was at first. */
interface Sighting {
  readonly kind?: string;
  readonly member?: { readonly address: string };
  readonly members?: readonly { readonly status: string }[];
}

const docker = await engine();
const obstacle = await OwnSwarm.obstacle(docker);

if (obstacle === undefined) describe("docker stack deploy", ofStack);
else {
  console.warn(`The tests of the stack did not run: ${obstacle}.`);
  describe.skip("docker stack deploy", ofStack);
}

function ofStack(): void {
  const name = `testbed-stack-${randomBytes(4).toString("hex")}`;
  const budget = budgets(resolveTiming(), PEERS + 1);
  /** What undoes what was begun, the latest last. */
  const undoing: (() => Promise<unknown>)[] = [];
  let page = "";
  /** The engine that is there beside the machine's own, and its node, where one was asked for. */
  let second: SecondEngine | undefined;
  let node: string | undefined;

  beforeAll(async () => {
    await expectImage(docker);
    await sweep(docker);
    if (ENGINES === 2) {
      const other = await SecondEngine.start();
      undoing.push(() => other[Symbol.asyncDispose]());
      await other.copyImage(IMAGE);
      second = other;
    }
    const swarm = await OwnSwarm.init(docker, second === undefined ? "127.0.0.1" : OWN_ADDRESS);
    undoing.push(() => swarm[Symbol.asyncDispose]());
    node = second && (await swarm.join(second, ITS_ADDRESS));
    await command(documented("docker stack deploy"));
    undoing.push(async () => {
      await command(documented("docker stack rm"));
      const filters = { label: [`com.docker.stack.namespace=${name}`] };
      const haveEnded = async (): Promise<boolean> => (await docker.listContainers({ filters })).length === 0;
      await poll("all tasks have ended", TASKS_WITHIN_MS, haveEnded);
    });
    page = await observe();
    await poll("the page is there", COMMAND_WITHIN_MS, () =>
      recording().then(
        () => true,
        () => false,
      ),
    );
  });

  afterAll(async () => {
    for (const undo of undoing.reverse()) await undo();
  });

  test("the tasks find each other by the name that stands for all of them", async () => {
    await everybody(FEWEST);
  });

  test("scaled up the newcomers are in", async () => {
    await scale(PEERS);
    await everybody(PEERS);
  });

  test("all are replaced, one after the other: the newcomers are in, those of before have left", async () => {
    const before = await listed();
    // With less time between the tasks than the file gives them.
    const said = await command(
      documented("docker service update").replace("--force", "--force --update-delay 0s --update-monitor 1s"),
    );
    expect(said).toContain("converged");
    await everybody(PEERS);
    expect((await listed()).filter((address) => before.includes(address))).toEqual([]);
  });

  if (ENGINES === 2)
    test("a node is drained: its tasks have left, and others are in instead", async () => {
      const before = await listed();
      expect(await second?.docker("ps --quiet")).not.toBe("");
      await command(`docker node update --availability drain ${node ?? ""}`);
      const areAllHere = async (): Promise<boolean> => {
        const now = await listed();
        return now.length === PEERS && now.join() !== before.join() && (await second?.docker("ps --quiet")) === "";
      };
      await poll("all run on the node that is left", TASKS_WITHIN_MS + budget.joinMs, areAllHere);
    });

  test("scaled down those that were ended have left", async () => {
    await scale(FEWEST);
    await everybody(FEWEST);
  });

  test("meanwhile nobody took anybody for failed", async () => {
    const { sightings } = await recording();
    const left = sightings.flatMap((each) => (each.kind === "left" ? (each.member?.address ?? []) : []));
    expect(new Set(left).size).toBeGreaterThanOrEqual(PEERS + PEERS - FEWEST);
    const isFailed = ({ kind, members = [] }: Sighting): boolean =>
      kind === "failed" || members.some(({ status }) => status === "failed");
    expect(sightings.filter(isFailed)).toEqual([]);
  });

  test("the testbed, which breaks containers of Compose, finds none there, and says so", async () => {
    const status = ["integration/dist/program/cli.js", "status", "--project", name];
    const { code, err } = await runHere(process.execPath, status);
    expect([code, err]).toEqual([1, expect.stringContaining(`the Compose project "${name}" has no peers`)]);
  });

  /** So many tasks run, and each lists exactly those. */
  async function everybody(count: number): Promise<void> {
    const isWhole = async (): Promise<boolean> => (await listed()).length === count;
    await poll(`${count} list each other and nobody else`, TASKS_WITHIN_MS + budget.joinMs, isWhole);
  }

  /** The addresses that the observer sees all peers list; none as long as they do not list exactly themselves. */
  async function listed(): Promise<readonly string[]> {
    const { groups } = readRecording(await recording()).at(Infinity).model;
    const [group] = groups;
    return group !== undefined && groups.length === 1 && group.key === group.peers.join() ? group.peers : [];
  }

  async function recording(): Promise<{ sightings: readonly Sighting[] }> {
    const answer = await fetch(`${page}/recording.json`, { signal: AbortSignal.timeout(5000) });
    return (await answer.json()) as { sightings: readonly Sighting[] };
  }

  async function scale(count: number): Promise<void> {
    await command(documented("docker service scale").replace(/=\d+/, `=${count}`));
  }

  /** Looks on from within the network of the stack, which lets in containers that are no tasks. Resolves to the page. */
  async function observe(): Promise<string> {
    const line = documented("docker run").replace("--rm", `--detach --init --label ${RUN_LABEL}=${ownRun()}`);
    const observer = docker.getContainer((await command(line.replace("127.0.0.1:8080", "127.0.0.1:"))).trim());
    undoing.push(() => observer.remove({ force: true }));
    const { Ports } = (await observer.inspect()).NetworkSettings;
    return `http://127.0.0.1:${Ports["8080/tcp"]?.[0]?.HostPort ?? ""}`;
  }

  /** The command in the document that begins so, for the stack of the test. */
  function documented(start: string): string {
    const [block = ""] = blocksOf(sectionOf("deploy/README.md", "Swarm"), "sh");
    const [line = ""] = block.split("\n").filter((each) => each.startsWith(start));
    return line.replace(/ +#.*$/, "").replace(/ gossip(?=$|_)/, ` ${name}`);
  }
}

/** What a command printed. Its words have blanks between them. */
async function command(line: string): Promise<string> {
  const [program = "", ...args] = line.split(" ");
  const { stdout } = await promisify(execFile)(program, args, { cwd: ROOT, timeout: COMMAND_WITHIN_MS });
  return stdout;
}
