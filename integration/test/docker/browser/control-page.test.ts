import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { budgets, resolveTiming } from "gossip-peer";
import type { Locator, Page } from "playwright-core";
import { ComposeProject } from "../../../src/cluster/compose/compose-project.js";
import { engine, expectImage } from "../../../src/cluster/docker/engine.js";
import { ownRun } from "../../../src/cluster/docker/owner.js";
import { sweep } from "../../../src/cluster/docker/sweep.js";
import { openProjectPage } from "../../../src/control/pages.js";
import { until } from "../../../src/cluster/until.js";
import { everyoneSees } from "../../../src/view/views.js";
import { run } from "../../support/command.js";
import { flawsOf } from "../../support/readable.js";
import { matrixOf, openBrowser, openPage, shoot, type Opened } from "../../support/browser.js";

const CLI = "integration/dist/program/cli.js";
const PEERS = 4;
const PING_PERIOD_MS = 200;

// The page in a real browser, its server on this machine and the peers in containers, as after `npm start`.
describe("a page that can break a Compose project", () => {
  const name = process.env["SCREENSHOTS"] ? "demo" : `testbed-compose-${randomBytes(4).toString("hex")}`;
  const budget = budgets(resolveTiming({ pingPeriodMs: PING_PERIOD_MS }), PEERS + 1);
  /** What ends whatever was opened; run backwards, also when not everything could be opened. */
  const endings: (() => PromiseLike<void>)[] = [];
  let opened: Opened;
  let page: Page;

  beforeAll(async () => {
    const browser = await openBrowser();
    endings.push(() => browser.close());
    const client = await engine();
    await expectImage(client);
    await sweep(client);
    endings.push(() => compose("down", "--timeout", "1", "--volumes"));
    await compose("up", "--detach", "--no-build", "--scale", `peer=${PEERS}`, "peer");
    using project = await ComposeProject.open(name);
    await until(project, "all list all", budget.joinMs, (views) => everyoneSees(views));
    const served = await openProjectPage(name, 0);
    endings.push(() => served[Symbol.asyncDispose]());
    opened = await openPage(browser, served.url);
    ({ page } = opened);
    await shows("alive alive alive alive");
  });

  afterAll(async () => {
    for (const end of endings.reverse()) await end();
  });

  afterEach(() => {
    expect(opened.complaints).toEqual([]);
  });

  test("with the keyboard alone a peer is killed, which all rows show, and started again", async () => {
    await page.locator("#matrix-heading").focus();
    await tabTo("peer 1, ", { back: true });
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Space");
    await page.locator('.board [data-peer="2"][aria-selected="true"]').waitFor();
    await tabTo("Kill");
    await page.keyboard.press("Enter");
    await said(/^Done: kill peer 2, /);
    await shows("alive failed alive alive", { but: 2 });
    await page.locator('#matrix tr[data-state="down"]', { hasText: `${name}-peer-2` }).waitFor();
    await page.keyboard.press("Enter");
    await said("Kill: peer 2 is down");
    await tabTo("Start");
    await page.keyboard.press("Enter");
    await said(/^Done: start peer 2, /);
    await shows("alive alive alive alive");
    for (const command of [/ kill peer 2$/, / start peer 2$/]) await text("#lanes .command title", command);
  });

  test("the selected are parted from the rest, which two blocks and two sides show, and heal makes it whole", async () => {
    await button("None").click();
    await row(1).locator("th").click();
    await row(2)
      .locator("th")
      .click({ modifiers: ["Shift"] });
    await button("Part from the rest").click();
    await said(/^Done: partition 1-2 \| 3-4, /);
    await text("#agreement", "2 views: 2 + 2 peers");
    await shows("alive alive failed failed", { of: [1, 2] });
    await shows("failed failed alive alive", { of: [3, 4] });
    await sides(["1", "2"], ["3", "4"]);
    await shoot(page, "control");
    await row(3).locator('.note[data-marks="side B"]').waitFor();
    expect(await colour(row(3).locator(".name"), "color")).toBe(
      await colour(page.locator(".side").nth(1), "border-left-color"),
    );
    expect(await flawsOf(page)).toEqual([]);
    await button("Heal").click();
    await said(/^Done: heal, /);
    await shows("alive alive alive alive");
    await sides(["1", "2", "3", "4"]);
  });

  test("peers are dragged onto sides, one is moved back with the keyboard, and the heal of another terminal is shown", async () => {
    await button("None").click();
    await chip(4).dragTo(page.locator(".side.empty"));
    await sides(["1", "2", "3"], ["4"]);
    await page.getByText("These sides are not in force yet.").waitFor();
    await chip(3).focus();
    await page.keyboard.press("Space");
    await tabTo("Move here, to side B");
    await page.keyboard.press("Enter");
    await sides(["1", "2"], ["3", "4"]);
    await button("Part these sides").click();
    await said(/^Done: partition 1-2 \| 3-4, /);
    await page.getByText("These sides are not in force yet.").waitFor({ state: "hidden" });
    await testbed("heal");
    await shows("alive alive alive alive");
    await sides(["1", "2", "3", "4"]);
  });

  test("what is frozen, added and called otherwise is shown, and what is impossible says why", async () => {
    await button("None").click();
    await refuses("Pause", "nobody is selected");
    await chip(3).click();
    await button("Pause").click();
    await said(/^Done: pause peer 3, /);
    await page.locator('#matrix tr[data-state="paused"]', { hasText: `${name}-peer-3` }).waitFor();
    await refuses("Stop", "peer 3 is paused");
    await button("Resume").click();
    await said(/^Done: resume peer 3, /);
    await page.locator("#meta-name").fill("<b>alice</b>");
    await page.locator("#meta-tags").fill("zone=a, role");
    await refuses("Set", 'a tag is key=value, which "role" is not');
    await page.locator("#meta-tags").fill("zone=a");
    await page.keyboard.press("Enter");
    await said(/^Done: set the metadata of peer 3, /);
    await row(3).locator(".note", { hasText: "<b>alice</b>" }).waitFor();
    await page.locator("#scrubber").press("Home");
    await refuses("Heal", "the past is shown; go back to Live first");
    await page.locator("#live").click();
    await button("Add a peer").click();
    await said(/^Done: scale from 4 to 5 peers, /);
    await chip(5).waitFor();
    await text("#peers", "5");
    await shows("alive alive alive alive alive");
  });

  const chip = (peer: number): Locator => page.locator(`.board [data-peer="${peer}"]`);
  const row = (peer: number): Locator => page.locator("#matrix tbody tr", { hasText: `${name}-peer-${peer}` });
  const button = (words: string): Locator => page.locator(".control").getByRole("button", { name: words, exact: true });

  function colour(of: Locator, property: string): Promise<string> {
    return of.evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
  }

  async function said(wanted: string | RegExp): Promise<void> {
    await text(".outcome", wanted);
  }

  /** Resolves when the button says that it is of no use, and why. */
  async function refuses(words: string, why: string): Promise<void> {
    await button(words)
      .and(page.getByTitle(`not now: ${why}`, { exact: true }))
      .waitFor();
  }

  async function text(selector: string, wanted: string | RegExp): Promise<void> {
    await page.locator(selector).filter({ hasText: wanted }).waitFor({ state: "attached" });
  }

  /** Resolves when these peers' rows, or all but one, show these cells. */
  async function shows(cells: string, { of, but }: { of?: readonly number[]; but?: number } = {}): Promise<void> {
    const numbers = of ?? cells.split(" ").map((_, at) => at + 1);
    const wanted = numbers
      .filter((number) => number !== but)
      .map((number) => `${name}-peer-${number} followed ${cells}`);
    const lines = async (): Promise<string[]> =>
      byNumber((await matrixOf(page)).map((line) => line.replace(/ (-|\d) /, " "))).filter((line) =>
        wanted.includes(line),
      );
    const deadline = performance.now() + budget.silenceMs + budget.healMs;
    while ((await lines()).length < wanted.length) {
      if (performance.now() > deadline) expect(await matrixOf(page)).toEqual(wanted);
      await page.waitForTimeout(50);
    }
  }

  /** Resolves when these peers are on these sides. */
  async function sides(...wanted: string[][]): Promise<void> {
    await page.waitForFunction(
      (text) =>
        [...document.querySelectorAll(".side:not(.empty)")]
          .map((side) => [...side.querySelectorAll("li")].map((chip) => chip.dataset["peer"]).join())
          .join("|") === text,
      wanted.map(String).join("|"),
    );
  }

  /** Presses the tab key until the focus is on what is called so. */
  async function tabTo(label: string, { back = false } = {}): Promise<void> {
    for (let presses = 0; presses < 40; presses++) {
      await page.keyboard.press(back ? "Shift+Tab" : "Tab");
      const called = await page.evaluate(() => {
        const active = document.activeElement;
        return active?.getAttribute("aria-label") ?? active?.textContent ?? "";
      });
      if (called.startsWith(label)) return;
    }
    throw new Error(`the tab key does not lead to ${label}`);
  }

  async function testbed(...args: string[]): Promise<void> {
    const { code, err } = await run(process.execPath, [CLI, ...args, "--project", name]);
    expect([code, err]).toEqual([0, ""]);
  }

  async function compose(...args: string[]): Promise<void> {
    const files = ["docker-compose.yml", "integration/test/support/labels.compose.yml"].flatMap((file) => [
      "--file",
      file,
    ]);
    Object.assign(process.env, { GOSSIP_TESTBED_RUN: ownRun(), GOSSIP_PING_PERIOD_MS: String(PING_PERIOD_MS) });
    const { code, err } = await run("docker", ["compose", "--project-name", name, ...files, ...args]);
    if (code !== 0) throw new Error(err);
  }
});

/** The matrix with its columns in the order of the peers' numbers: which of two blocks of one size comes first is left to chance. */
function byNumber(rows: readonly string[]): string[] {
  const numbers = rows.map((row) => Number(/-peer-(\d+) /.exec(row)?.[1]));
  const places = numbers.map((_, at) => at).sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
  return rows.map((row) => {
    const [peer = "", link = "", ...cells] = row.split(" ");
    return [peer, link, ...places.map((place) => cells[place]), ...cells.slice(rows.length)].join(" ");
  });
}
