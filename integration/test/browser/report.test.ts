import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@jest/globals";
import { openBrowser, openPage } from "../support/browser.js";
import { run } from "../support/command.js";
import { keeper } from "../support/keep.js";
import { flawsOf } from "../support/readable.js";

const CHAOS = "integration/dist/program/chaos/cli.js";
const SCENARIO = "integration/scenarios/crash-of-one.yaml";

const keep = keeper();

test("the report of an experiment can be read, and a cell tells what is believed since when", async () => {
  const folder = await mkdtemp(join(tmpdir(), "gossip-"));
  keep({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) });
  const { code, err } = await run(process.execPath, [CHAOS, SCENARIO, "--on", "simulator", "--out", folder]);
  expect([code, err]).toEqual([0, ""]);
  const report = (await readdir(folder, { recursive: true })).find((name) => name.endsWith("report.html")) ?? "";
  const browser = await openBrowser();
  keep({ [Symbol.asyncDispose]: () => browser.close() });
  const { page, complaints } = keep(await openPage(browser, pathToFileURL(join(folder, report)).href));
  expect(await flawsOf(page)).toEqual([]);

  const tips = (): Promise<(string | null)[]> =>
    page.$$eval("svg.matrix .cell.f title", (titles) => titles.map((title) => title.textContent));
  while ((await tips()).length === 0) await page.locator("#earlier").click();
  for (const tip of await tips())
    expect(tip).toMatch(/^peer \d of peer \d: failed since [\d.]+ m?s; peer \d is (down|running)$/);
  expect(complaints).toEqual([]);
});
