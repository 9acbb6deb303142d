import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { engine, expectImage } from "../../src/cluster/docker/engine.js";
import { openDocker } from "../../src/cluster/docker/open.js";
import { runBatch } from "../../src/program/chaos/batch.js";
import { parseScenario } from "../../src/scenario/load.js";
import { PING_PERIOD_MS } from "../support/parameters.js";

/**
 * What is run on containers with every change, and what of the acceptance criteria it holds to: together these do all that real
 * sockets, processes and walls can do to a peer, and the other container tests do not. The others run in the simulator
 * each time, and on containers with: npm run chaos -- --all
 */
const CHOSEN = [
  ["every-end", "7, 8, 9, 15, 16, 17, 20, 22"],
  ["majority-and-minority", "7, 19"],
  ["one-way-cut", "19"],
  ["two-groups-merge", "14"],
];

/** How many run at a time: they mostly wait, and have few peers each. */
const AT_ONCE = 2;

let folder = "";
/** What went wrong in each, by its name; nothing where it holds. */
const told = new Map<string, Promise<string>>();
beforeAll(async () => {
  await expectImage(await engine());
  folder = mkdtempSync(join(tmpdir(), "chaos-"));
  // Each waits for the one that began so many before it.
  CHOSEN.forEach(([name = ""], at) => {
    const before = told.get(CHOSEN[at - AT_ONCE]?.[0] ?? "") ?? Promise.resolve();
    const own = before.then(() => problemOf(name));
    own.catch(() => undefined); // told where it is waited for
    told.set(name, own);
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test.each(CHOSEN)("%s holds on containers (%s)", async (name) => {
  expect(await told.get(name)).toBe("");
});

/** The whole story, so that whoever reads a failure need not run it again to know what happened; "" for none. */
async function problemOf(name: string): Promise<string> {
  const text = readFileSync(new URL(`../../scenarios/${name}.yaml`, import.meta.url), "utf8");
  const said: string[] = [];
  const { verdict } = await runBatch({
    scenario: { ...parseScenario(text, `${name}.yaml`), timing: { pingPeriodMs: PING_PERIOD_MS } },
    text,
    on: "docker",
    strict: true,
    open: openDocker,
    seed: 1,
    repeat: 1,
    folder: join(folder, name),
    commandOf: (seed) => `npm run chaos -- integration/scenarios/${name}.yaml --seed ${seed}`,
    signal: new AbortController().signal,
    display: () => ({ step: () => undefined, views: () => undefined, stepEnded: () => undefined }),
    say: (line) => said.push(line),
  });
  return verdict === "true" ? "" : said.join("\n");
}
