import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { engine, expectImage, IMAGE } from "../../src/cluster/docker/engine.js";
import { openDocker } from "../../src/cluster/docker/open.js";
import { ownRun, RUN_LABEL } from "../../src/cluster/docker/owner.js";
import { runExperiment } from "../../src/experiment/experiment.js";
import type { Entry } from "../../src/fault/journal.js";
import { parseScenario } from "../../src/scenario/load.js";
import { run } from "../support/command.js";
import { PING_PERIOD_MS } from "../support/parameters.js";

const exec = promisify(execFile);
const UNRULY = "gossip-peer:unruly";
const RUNS = "and a peer must run until it is ended";

let folder = "";
beforeAll(async () => {
  await expectImage(await engine());
  folder = mkdtempSync(join(tmpdir(), "misbehaviour-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await exec("docker", ["image", "rm", "--force", UNRULY]);
});

test.each([
  ["ends by itself", ["kill"], `peer 2 (${IMAGE}) ended by itself, with code 137, ${RUNS}`],
  ["is gone with its container", ["rm", "--force"], `peer 2 is gone with its container, ${RUNS}`],
])("a peer that %s makes the verdict false, and all others are healed", async (_how, command, sentence) => {
  const text = `title: t\nwhy: w\npeers: 3\ntiming: { pingPeriodMs: ${PING_PERIOD_MS} }\nsteps:
  - { expect: everyone sees everyone, within: join }
  - { partition: [1, the rest] }
  - { pause: 2 }
  - { wait: 2 s }\n`;
  const entries: Entry[] = [];
  let ended: Promise<void> | undefined;
  const { verdict, reason } = await runExperiment({
    scenario: parseScenario(text, "unruly.yaml"),
    seed: 1,
    on: "docker",
    open: openDocker,
    journal: { write: (entry: Entry) => void entries.push(entry) },
    signal: new AbortController().signal,
    display: {
      step: ({ what }) => {
        if (what.startsWith("wait")) ended = end(2);
      },
      views: () => undefined,
      stepEnded: () => undefined,
    },
  });
  await ended;
  expect([verdict, reason]).toEqual(["false", expect.stringContaining(`unruly.yaml:9: ${sentence}`)]);
  const heal = entries.find((entry) => entry.type === "fault" && entry.fault.kind === "heal");
  expect(entries).toContainEqual(
    expect.objectContaining({ type: "applied", id: heal?.type === "fault" ? heal.id : 0 }),
  );

  async function end(number: number): Promise<void> {
    const docker = await engine();
    const filters = { name: [`peer-${number}`], label: [`${RUN_LABEL}=${ownRun()}`] };
    for (const { Id } of await docker.listContainers({ filters })) await exec("docker", [...command, Id]);
  }
});

// The peers of this image do not take the time for a goodbye, and do not come back: a volume, which survives the end of
// a container, says that they have lived before.
describe("an image that does not keep its promises", () => {
  beforeAll(async () => {
    const again = "test -e /lives/one && exit 3; touch /lives/one; exec node --single-threaded /app/main.js";
    const lines = [
      `FROM ${IMAGE}`,
      "USER root",
      "RUN mkdir /lives && chmod 777 /lives",
      "USER node",
      "VOLUME /lives",
      "STOPSIGNAL SIGKILL",
      `CMD ["sh", "-c", "${again}"]`,
    ];
    writeFileSync(join(folder, "Dockerfile"), `${lines.join("\n")}\n`);
    await exec("docker", ["build", "--quiet", "--tag", UNRULY, folder]);
  });

  test.each([
    [
      "ends without a goodbye",
      "  - { stop: 2 }",
      `{file}:6: peer 2 (${UNRULY}) ended with code 137, and not with a goodbye and code 0 within 5 s, as a stopped peer must`,
    ],
    [
      "does not come back",
      "  - { kill: 2 }\n  - { start: 2 }",
      `{file}:7: peer 2 (${UNRULY}) ended with code 3, and not within 60 s that it has started, as a peer must`,
    ],
    [
      "does not come back when it is healed",
      "  - { kill: 2 }\n  - { expect: { gone: 2 }, within: crash }",
      `healing failed: peer 2 (${UNRULY}) ended with code 3, and not within 60 s that it has started, as a peer must`,
    ],
  ])("%s: the verdict is false, and names it and the promise", async (name, steps, promise) => {
    const scenario = join(folder, `${name}.yaml`);
    const head = `title: t\nwhy: w\npeers: 2\ntiming: { pingPeriodMs: ${PING_PERIOD_MS} }`;
    writeFileSync(scenario, `${head}\nsteps:\n${steps}\n`);
    const chaos = ["integration/dist/program/chaos/cli.js", scenario, "--image", UNRULY, "--out", join(folder, name)];
    const { code, out } = await run(process.execPath, [...chaos, "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      verdict: "false",
      reason: expect.stringContaining(promise.replace("{file}", scenario)),
    });
  });
});
