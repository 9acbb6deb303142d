import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { engine, expectImage, IMAGE } from "../../src/cluster/docker/engine.js";
import { openDocker } from "../../src/cluster/docker/open.js";
import { ownRun, RUN_LABEL } from "../../src/cluster/docker/owner.js";
import { runExperiment } from "../../src/experiment/experiment.js";
import { parseScenario } from "../../src/scenario/load.js";
import { run } from "../support/command.js";
import { PING_PERIOD_MS } from "../support/parameters.js";

const exec = promisify(execFile);
const UNRULY = "gossip-peer:unruly";

let folder = "";
beforeAll(async () => {
  await expectImage(await engine());
  folder = mkdtempSync(join(tmpdir(), "misbehaviour-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await exec("docker", ["image", "rm", "--force", UNRULY]);
});

test("a peer that ends by itself makes the verdict false, and all that was broken is healed", async () => {
  const text = `title: t\nwhy: w\npeers: 3\ntiming: { pingPeriodMs: ${PING_PERIOD_MS} }\nsteps:
  - { expect: everyone sees everyone, within: join }
  - { partition: [1, the rest] }
  - { wait: 2 s }\n`;
  const docker = await engine();
  const { verdict, reason } = await runExperiment({
    scenario: parseScenario(text, "unruly.yaml"),
    seed: 1,
    on: "docker",
    open: openDocker,
    journal: { write: () => undefined },
    signal: new AbortController().signal,
    display: {
      step: ({ what }) => {
        if (what.startsWith("wait")) void killPeer(2);
      },
      views: () => undefined,
      stepEnded: () => undefined,
    },
  });
  expect([verdict, reason]).toEqual(["false", `peer 2 (${IMAGE}) ended by itself, with code 137`]);

  async function killPeer(number: number): Promise<void> {
    const filters = { name: [`peer-${number}`], label: [`${RUN_LABEL}=${ownRun()}`] };
    for (const { Id } of await docker.listContainers({ filters }))
      await docker.getContainer(Id).kill({ signal: "SIGKILL" });
  }
});

test("an image whose peers end without a goodbye is false, and the verdict names it, the line and the promise", async () => {
  writeFileSync(join(folder, "Dockerfile"), `FROM ${IMAGE}\nSTOPSIGNAL SIGKILL\n`);
  await exec("docker", ["build", "--quiet", "--tag", UNRULY, folder]);
  const scenario = join(folder, "leave.yaml");
  writeFileSync(scenario, "title: t\nwhy: w\npeers: 2\nsteps:\n  - { stop: 2 }\n");
  const chaos = ["integration/dist/program/chaos/cli.js", scenario, "--image", UNRULY, "--out", join(folder, "report")];
  const { code, out } = await run(process.execPath, [...chaos, "--json"]);
  expect(code).toBe(1);
  const promise = `${scenario}:5: peer 2 (${UNRULY}) did not end within 5 s of the stop, and not with a goodbye and code 0`;
  expect(JSON.parse(out)).toMatchObject({ verdict: "false", reason: promise });
});
