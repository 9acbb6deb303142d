import { beforeAll, expect, test } from "@jest/globals";
import { engine, expectImage, IMAGE } from "../../src/cluster/docker/engine.js";
import { ownRun, RUN_LABEL } from "../../src/cluster/docker/owner.js";
import { ROOT, run, SIMULATE } from "../support/command.js";

beforeAll(async () => {
  await expectImage(await engine());
});

/** The peer's image for its Node, with this project in the place of what it holds. */
async function inContainer(...args: string[]): Promise<string> {
  const fence = ["--network", "none", "--read-only", "--volume", `${ROOT}:/project:ro`, "--workdir", "/project"];
  const image = ["--rm", "--label", `${RUN_LABEL}=${ownRun()}`, ...fence, "--entrypoint", "node", IMAGE];
  return outputOf("docker", ["run", ...image, ...args]);
}

async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const { code, out, err } = await run(program, args);
  expect([code, err]).toEqual([0, ""]);
  return out;
}

function traceHash(report: string): string {
  const { traceHash: hash } = JSON.parse(report) as { traceHash: string };
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  return hash;
}

test.each([
  ["as it is", []],
  ["with chance at every turn", ["--faults", "random", "--loss", "10", "--jitter", "20"]],
])("a run %s is the same, event for event, on this machine's Node and on the container's", async (_, more) => {
  const theirs = (await inContainer("--version")).trim();
  const isSame = theirs.split(".")[0] === process.version.split(".")[0];
  if (isSame) console.warn(`both are Node ${theirs}: that they agree says little`);
  const args = [SIMULATE, "run", "--peers", "10", "--seconds", "30", "--seed", "7", "--json", ...more];
  expect(traceHash(await inContainer(...args))).toBe(traceHash(await outputOf(process.execPath, args)));
});
