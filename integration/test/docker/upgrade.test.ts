import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { releaseObstacle } from "../../../scripts/released.mjs";
import { engine, expectImage, IMAGE } from "../../src/cluster/docker/engine.js";
import { ownRun, RUN_LABEL } from "../../src/cluster/docker/owner.js";
import { poll } from "../../src/cluster/until.js";
import { ROOT, WITHIN_MS } from "../support/command.js";

/** The image that scripts/released.mjs makes: the program of the last release. */
const RELEASED = "gossip-peer:released";
const LABEL = `${RUN_LABEL}=${ownRun()}`;
const PEERS = 3;

const exec = promisify(execFile);
let network = "";
const running: string[] = [];

async function docker(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await exec("docker", args, { timeout: WITHIN_MS });
  return (stdout + stderr).trim();
}

const obstacle = await releaseObstacle();
if (obstacle !== undefined) console.warn(`The upgrade was not tried: ${obstacle}.`);

beforeAll(async () => {
  if (obstacle !== undefined) return;
  await expectImage(await engine());
  await exec(process.execPath, ["scripts/released.mjs", "--image"], { cwd: ROOT, timeout: WITHIN_MS });
}, WITHIN_MS);

beforeEach(async () => {
  network = await docker("network", "create", "--label", LABEL, `gossip-upgrade-${process.pid}`);
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((container) => docker("rm", "--force", container)));
  await docker("network", "rm", network);
});

(obstacle === undefined ? test : test.skip)(
  "a cluster of the last release is upgraded one peer after the other, and taken back, and nobody is taken for dead",
  async () => {
    for (let peer = 0; peer < PEERS; peer++) await start(RELEASED);
    await agree();
    const logs: string[] = [];
    for (const image of [IMAGE, RELEASED])
      for (let peer = 0; peer < PEERS; peer++) {
        await start(image);
        const [oldest = ""] = running;
        await docker("stop", oldest);
        logs.push(await docker("logs", oldest));
        await docker("rm", running.shift() ?? "");
        await agree();
      }
    for (const container of running) logs.push(await docker("logs", container));
    expect(logs.join("\n").match(/"event":"joined"/g)?.length).toBeGreaterThan(PEERS);
    expect(logs.join("\n")).not.toContain('"event":"failed"');
  },
  5 * WITHIN_MS,
);

/** Starts one more peer, which finds the others by the name that all have in the network. */
async function start(image: string): Promise<void> {
  const seeds = ["--network", network, "--network-alias", "peer", "--env", "GOSSIP_SEEDS=peer:7946"];
  running.push(await docker("run", "--detach", "--init", "--label", LABEL, ...seeds, image));
}

/** Waits until all list as many as there are, and the same. */
async function agree(): Promise<void> {
  const lists = (): Promise<string[]> =>
    Promise.all(
      running.map((container) => docker("exec", container, "gossip", "members", "--format", "json").catch(String)),
    );
  const addressesIn = (list: string): string[] =>
    [...list.matchAll(/"address": "([^"]+)"/g)].map(([, address = ""]) => address);
  await poll(
    `${running.length} list each other`,
    WITHIN_MS,
    async () => {
      const all = (await lists()).map(addressesIn);
      return all.every((list) => list.length === running.length && list.join() === all[0]?.join());
    },
    async () => (await lists()).join("\n"),
  );
}
