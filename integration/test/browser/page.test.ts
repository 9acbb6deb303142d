import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { PRESETS } from "gossip-peer";
import type { Browser, Page } from "playwright-core";
import { ProcessCluster } from "../../src/cluster/processes/process-cluster.js";
import { openProcessesPage } from "../../src/control/pages.js";
import { readRecording } from "../../src/observer/page/read-recording.js";
import { Sightings, type Source } from "../../src/observer/sightings.js";
import { Observer } from "../../src/observer/observer.js";
import { openReplay } from "../../src/observer/replay.js";
import { Web } from "../../src/observer/web.js";
import { matrixOf, openBrowser, openPage, shoot, type Opened } from "../support/browser.js";
import { flawsOf } from "../support/readable.js";
import { keeper } from "../support/keep.js";
import { SimulatedFeed } from "../support/simulated-feed.js";

const EVIL = '<img src="/icon.svg?x" onerror="alert(1)"><b>bold</b>';

let browser: Browser;
const keep = keeper();
const pages: Opened[] = [];

beforeAll(async () => {
  browser = await openBrowser();
});

afterEach(() => {
  expect(pages.splice(0).flatMap((page) => page.complaints)).toEqual([]);
});

afterAll(() => browser.close());

describe("the page, of five real peers", () => {
  test("shows them agree, one killed and failed in every row, its curve, a frozen one, and the past before all that", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 5, ...PRESETS.local }));
    const sightings = new Sightings();
    keep(new Observer(sightings, { at: [cluster.peer(1).address] }));
    const page = await show(sightings);

    await settles(
      page,
      names(5).map((name) => `${name} followed - ${"alive ".repeat(5)}`.trim()),
    );
    await text(page, "#views", "1");
    await text(page, "#peers", "5");
    await text(page, "#patience", "local");
    await text(page, "#patience-note", "for tests on one machine");
    // An observer without control over the peers has no buttons either.
    expect(await page.locator(".control, .board, button:text('Kill')").count()).toBe(0);
    const begun = await page.locator("#scrubber").inputValue();
    await shoot(page, "five-peers");

    await cluster.peer(2).kill();
    const killed = [1, 2, 3, 4, 5].map((row) =>
      row === 2
        ? "peer-2 unreachable - alive alive alive alive alive"
        : `peer-${row} followed - alive failed alive alive alive`,
    );
    await settles(page, killed);
    await text(page, "#last", "peer-2 failed");
    await page.locator("#last-at", { hasText: "all 4 know" }).waitFor();
    await text(page, "#curve-title", /^peer-2 failed: all 4 know, /);
    expect(await page.locator("#curve path.chosen.failed").getAttribute("d")).toMatch(
      /^M[\d.]+ [\d.]+(H[\d.]+V[\d.]+){4}$/,
    );
    expect(await page.locator("#curve path.floor").count()).toBe(1);
    await shoot(page, "killed");

    await page.locator("#traffic-total", { hasText: / k?B\/s$/ }).waitFor();
    const costs = page.locator("#traffic tbody tr");
    await costs
      .filter({ hasText: /^peer-[1345](\d+(\.\d)?)([\d.]+ k?B\/s){2}(≤ [\d.]+ ms){2}/ })
      .nth(3)
      .waitFor();
    expect(await costs.nth(1).innerText()).toMatch(/^peer-2\s*unreachable\s*–/);

    await cluster.peer(4).pause();
    await page.locator('tr[data-link="silent"] .note', { hasText: "silent for" }).waitFor();
    expect(await page.locator("tr", { hasText: "silent for" }).getAttribute("data-peer")).toBe(cluster.peer(4).address);

    await page.locator("#scrubber").fill(begun);
    await settles(
      page,
      names(5).map((name) => `${name} followed - ${"alive ".repeat(5)}`.trim()),
    );
    await text(page, "#state", "the past");
    // What came later is in the past not known yet.
    const failed = page.locator("#news button", { hasText: "peer-2 failed" });
    await failed.waitFor({ state: "detached" });
    await page.locator("#live").click();
    await failed.click();
    await text(page, "#state", "the past");
    await settles(page, killed);
    await text(page, "#curve-title", /^peer-2 failed: all 4 know, /);
    await shoot(page, "the-past", { isDark: true });
    await page.locator("#live").click();
    await text(page, "#state", "live");
    await cluster.peer(4).resume();
    await page.locator('tr[data-link="silent"]').waitFor({ state: "detached" });
  });

  test("shows a name with markup in it as the text it is", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 2, pingPeriodMs: 200 }));
    const sightings = new Sightings();
    keep(new Observer(sightings, { at: [cluster.peer(1).address] }));
    const page = await show(sightings);
    await cluster.peer(2).remote.updateMeta({ name: EVIL, tags: { [EVIL]: EVIL } });
    for (const table of ["#matrix", "#traffic"]) await page.locator(`${table} th .name`, { hasText: EVIL }).waitFor();
    await text(page, "#last", `${EVIL} changed what it says of itself`);
    await page.locator("td.alive").first().hover();
    await page.locator("#tip", { hasText: EVIL }).waitFor();
    expect(await page.locator("main img, main b, #tip img, #tip b").count()).toBe(0);
  });
});

describe("the page, of peers that can be broken", () => {
  test("shows the frozen in a colour of their own, and on the board what was at the moment that is shown", async () => {
    const cluster = keep(await ProcessCluster.start({ peers: 3, pingPeriodMs: 200 }));
    const { url } = keep(await openProcessesPage(cluster, 0));
    const page = await visit(url);
    await text(page, "#links", "3 live · 3 followed");
    await page.locator('.board [data-peer="2"]').waitFor();
    const begun = await page.locator("#scrubber").inputValue();
    await page.locator('.board [data-peer="2"]').click();
    await page.locator(".control button", { hasText: "Pause" }).click();
    const frozen = page.locator('.board [data-peer="2"][data-state="paused"]');
    await frozen.waitFor();
    await text(page, "#links", /^2 live · 2 followed, 1 silent$/);
    await page.locator("#matrix td.failed").first().hover();
    await text(page, "#tip dl", /because.*observedsilent for \d+ s.*conditionfrozen/);
    const colourOf = (selector: string): Promise<string> =>
      page.$eval(selector, (element) => getComputedStyle(element).backgroundColor);
    expect(await colourOf('[data-state="paused"]')).not.toBe(await colourOf(".legend .left"));
    expect(await flawsOf(page)).toEqual([]);

    await page.locator("#scrubber").fill(begun);
    await page.locator('.board [data-peer="2"][data-state="running"]').waitFor();
    await page.locator("#news button", { hasText: "failed" }).waitFor({ state: "detached" });
    await page.locator("#live").click();
    await frozen.waitFor();
  });
});

describe("the page, of simulated peers", () => {
  test("shows a partition as two blocks, and the heal as one view", async () => {
    const feed = new SimulatedFeed({ peers: 7 });
    const page = await show(feed.sightings);
    await text(page, "#views", "1");
    feed.partition(2, 4, 7);
    feed.pass(30_000);
    await text(page, "#agreement", "2 views: 4 + 3 peers");
    await settles(page, [
      ...[1, 3, 5, 6].map((row) => `peer-${row} followed 0 alive alive alive alive failed failed failed`),
      ...[2, 4, 7].map((row) => `peer-${row} followed 1 failed failed failed failed alive alive alive`),
    ]);
    await shoot(page, "partition");
    expect(await flawsOf(page)).toEqual([]);
    await page.locator("#blocks").uncheck();
    await settles(
      page,
      [1, 2, 3, 4, 5, 6, 7].map((row) => {
        const own = [2, 4, 7].includes(row);
        const cells = [1, 2, 3, 4, 5, 6, 7].map((of) => ([2, 4, 7].includes(of) === own ? "alive" : "failed"));
        return `peer-${row} followed ${own ? 1 : 0} ${cells.join(" ")}`;
      }),
    );
    feed.heal();
    feed.pass(60_000);
    await text(page, "#agreement", /^one view for /);
    expect(await page.locator("#matrix tbody td:not(.alive)").count()).toBe(0);
  });

  test("shows a recording that was saved as it showed it live, and plays it again from its beginning", async () => {
    const feed = new SimulatedFeed({ peers: 5 });
    const live = await show(feed.sightings);
    feed.setMeta(3, { name: "peer-3", tags: { zone: "north" } });
    feed.pass(1000);
    feed.kill(2);
    feed.pass(20_000);
    await text(live, "#last", "peer-2 failed");
    const saved = await (await fetch(new URL("/recording.json", live.url()))).text();
    const folder = await mkdtemp(join(tmpdir(), "gossip-"));
    keep({ [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) });
    await writeFile(join(folder, "saved.json"), saved);

    const replay = await show(await openReplay(join(folder, "saved.json")));
    await text(replay, "#state", "replay of a recording");
    await text(replay, "#last", "peer-2 failed");
    const look = async (page: Page): Promise<unknown> => [
      await matrixOf(page),
      await page.locator("#news").innerText(),
      await page.locator("#curve-title").innerText(),
      await page.$$eval("#curve path", (paths) => paths.map((path) => path.getAttribute("d"))),
      await page.$$eval("#lanes path.shape", (shapes) => shapes.map((shape) => shape.getAttribute("class"))),
    ];
    expect(await look(replay)).toEqual(await look(live));
    expect(await flawsOf(replay)).toEqual([]);

    await replay.locator("#speed").selectOption("10");
    await replay.locator("#play").click();
    await text(replay, "#peers", /^[1-5]$/);
    await text(replay, "#last", "peer-2 failed");
    await text(replay, "#play", "Play");
  });

  test("can be reached and used with the keyboard alone", async () => {
    const feed = new SimulatedFeed({ peers: 3 });
    feed.kill(3);
    feed.pass(20_000);
    const page = await show(feed.sightings);
    await text(page, "#last", "peer-3 failed");

    const reached = new Set<string>();
    for (let presses = 0; presses < 60 && !reached.has("scrubber"); presses++) {
      await page.keyboard.press("Tab");
      reached.add(
        await page.evaluate(() => {
          const active = document.activeElement;
          return active?.id || `${active?.closest("[id]")?.id ?? ""} ${active?.tagName ?? ""}`;
        }),
      );
    }
    const wanted = [
      "blocks",
      "matrix TD",
      "news BUTTON",
      "back",
      "play",
      "forward",
      "live",
      "speed",
      "span",
      "scrubber",
    ];
    expect([...reached]).toEqual(expect.arrayContaining(wanted));

    await page.keyboard.press("Home");
    await text(page, "#state", "the past");
    await page.locator("#live").focus();
    await page.keyboard.press("Enter");
    await text(page, "#state", "live");

    await page.locator("#matrix td[tabindex='0']").focus();
    await text(page, "#tip p >> nth=0", "peer-1 believes that itself is alive");
    for (const key of ["ArrowRight", "ArrowRight", "ArrowDown"]) await page.keyboard.press(key);
    await text(page, "#tip p >> nth=0", "peer-2 believes that peer-3 failed");
    const label = await page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    expect(label).toMatch(
      /^peer-2 believes that peer-3 failed, since [\d:]+, for \d+ s, because it neither answered nor denied the suspicion in time, observed unreachable for \d+ s, address 10\.0\.0\.3:7946, generation \d+, started at [\d:]+, incarnation 0, name peer-3$/,
    );
    await page.keyboard.press("Escape");
    await page.locator("#tip").waitFor({ state: "hidden" });
  });

  test("shows what the talk costs, in the order of what one asks for, and as it was in the past", async () => {
    const feed = new SimulatedFeed({ peers: 4 });
    const cost = (number: number, sent: number): void => {
      const rest = { exchanges: 20, unanswered: 0, received: sent, p50: 1.5, p99: 2000, total: 2_500_000 };
      feed.sightings.note({ type: "traffic", peer: feed.address(number), traffic: { forMs: 10_000, sent, ...rest } });
    };
    cost(1, 5000);
    feed.sightings.note({ type: "traffic", peer: feed.address(2), traffic: null });
    cost(3, 70_000);
    cost(4, 100_000);
    const page = await show(feed.sightings);
    const rows = (): Promise<string[]> =>
      page.$$eval("#traffic tbody tr", (all) =>
        all.map((row) => [...row.children].map((cell) => cell.textContent).join(" ")),
      );
    await text(page, "#traffic-total", "18 kB/s");
    await text(page, "#traffic-note", "6.0 exchanges/s, p99 ≤ 2 s, not published by 1");
    expect(await rows()).toEqual([
      "peer-1 2.0 500 B/s 500 B/s ≤ 1.5 ms ≤ 2 s 0 2.5 MB",
      "peer-2does not publish it – – – – – – –",
      "peer-3 2.0 7.0 kB/s 7.0 kB/s ≤ 1.5 ms ≤ 2 s 0 2.5 MB",
      "peer-4 2.0 10 kB/s 10 kB/s ≤ 1.5 ms ≤ 2 s 0 2.5 MB",
    ]);
    await page.locator("#traffic button", { hasText: "out" }).focus();
    await page.keyboard.press("Enter");
    await page.locator('#traffic th[aria-sort="descending"]', { hasText: "out" }).waitFor();
    await page.locator("#traffic tbody tr").first().filter({ hasText: "peer-4" }).waitFor();
    expect((await rows()).map((row) => row.slice(0, 6))).toEqual(["peer-4", "peer-3", "peer-1", "peer-2"]);
    await page.keyboard.press("Enter");
    await page.locator("#traffic tbody tr").first().filter({ hasText: "peer-1" }).waitFor();

    const before = await page.locator("#scrubber").inputValue();
    feed.pass(5000);
    cost(4, 1_000_000);
    await page.locator("#traffic tbody tr", { hasText: "100 kB/s" }).waitFor();
    await page.locator("#scrubber").fill(before);
    await page.locator("#traffic tbody tr", { hasText: "10 kB/s" }).waitFor();
    await text(page, "#traffic-total", "18 kB/s");
  });

  test("says the patience of the cluster, in plain words where it is pointed at, and when it is replayed", async () => {
    const feed = new SimulatedFeed({ peers: 3 });
    const live = await show(feed.sightings);
    await text(live, "#patience", "lan");
    await text(live, "#patience-note", "for a local network");
    expect(await live.locator("#patience").getAttribute("title")).toMatch(/^lan, .* frozen for up to 2 s keeps its/);
    const state = { type: "state", state: "joined", reason: "", preset: "quick" } as const;
    feed.sightings.note({ ...state, peer: feed.address(2) });
    await text(live, "#patience", "lan, quick");
    await text(live, "#patience-note", "2 lan · 1 quick");

    const saved: unknown = await (await fetch(new URL("/recording.json", live.url()))).json();
    const recording = readRecording(saved);
    const replay = await show({
      recording,
      isReplay: true,
      now: () => recording.until,
      subscribe: () => () => undefined,
    });
    await text(replay, "#patience", "lan, quick");
    expect(await flawsOf(replay)).toEqual([]);
  });

  test("shows a hundred, and one of them fail", async () => {
    const feed = new SimulatedFeed({ peers: 100 });
    const page = await show(feed.sightings);
    await text(page, "#views", "1");
    expect(await page.locator("#matrix td.alive").count()).toBe(10_000);
    const measured = process.env["MEASURE"] ? await measuring(page) : (work: () => Promise<void>) => work();
    feed.kill(42);
    feed.pass(10_000);
    await measured(async () => {
      await page.waitForFunction(() => document.querySelectorAll("#matrix td.failed").length === 99);
    });
    await text(page, "#last-at", /all 99 know/);
    await shoot(page, "hundred-peers");
  });

  test("is shown to ten browsers at once, and all of them follow", async () => {
    const feed = new SimulatedFeed({ peers: 4 });
    const web = keep(await Web.open({ source: feed.sightings, port: 0, host: "127.0.0.1" }));
    const ten = await Promise.all(Array.from({ length: 10 }, () => visit(web.url)));
    for (const page of ten) await text(page, "#peers", "4");
    feed.kill(2);
    feed.pass(20_000);
    for (const page of ten) await text(page, "#last", "peer-2 failed");
  });

  test("says that the observer is gone, and goes on when it is back", async () => {
    const feed = new SimulatedFeed({ peers: 3 });
    const first = await Web.open({ source: feed.sightings, port: 0, host: "127.0.0.1" });
    const { url } = first;
    const { page, complaints } = await openPage(browser, url);
    try {
      await text(page, "#state", "live");
      await first[Symbol.asyncDispose]();
      await text(page, "#state", "the observer does not answer");
      keep(await Web.open({ source: feed.sightings, port: Number(new URL(url).port), host: "127.0.0.1" }));
      await text(page, "#state", "live");
      expect(complaints.filter((complaint) => !complaint.includes("net::ERR_"))).toEqual([]);
    } finally {
      await page.context().close();
    }
  });
});

async function show(source: Source): Promise<Page> {
  const web = keep(await Web.open({ source, port: 0, host: "127.0.0.1" }));
  return visit(web.url);
}

async function visit(url: string): Promise<Page> {
  const opened = keep(await openPage(browser, url));
  pages.push(opened);
  return opened.page;
}

/**
 * Prints how long the page takes to show the last sighting, which `shows` waits for, the processor time that this
 * costs, and what the page costs when nothing happens.
 */
async function measuring(page: Page): Promise<(shows: () => Promise<void>) => Promise<void>> {
  const workMs = await workOf(page);
  return async (shows) => {
    const [seen, before] = [performance.now(), await workMs()];
    await shows();
    await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
    const [shown, after] = [performance.now(), await workMs()];
    const elapsedMs = await page.evaluate(async () => {
      const begun = performance.now();
      for (let frame = 0; frame < 120; frame++) await new Promise(requestAnimationFrame);
      return performance.now() - begun;
    });
    const idleMs = ((await workMs()) - after) / (elapsedMs / 1000);
    process.stdout.write(
      `  a hundred peers: the page showed the failure ${Math.round(shown - seen)} ms after the last sighting, ` +
        `with ${Math.round(after - before)} ms of processor time; ${Math.round(idleMs)} ms in each second when nothing happens\n`,
    );
  };
}

/**
 * Resolves to a function that tells how many ms of processor time the page's main thread has taken so far; the figure
 * does not depend on how busy the machine is.
 */
async function workOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.disable");
  await session.send("Performance.setTimeDomain", { timeDomain: "threadTicks" });
  await session.send("Performance.enable");
  return async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? NaN);
  };
}

/** Resolves when the text of the element is as wanted. */
async function text(page: Page, selector: string, wanted: string | RegExp): Promise<void> {
  const exactly =
    typeof wanted === "string" ? new RegExp(`^${wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`) : wanted;
  await page.locator(selector).filter({ hasText: exactly }).waitFor({ state: "attached" });
}

/** Resolves when the matrix is as wanted; rejects after 15 s with what it shows instead. */
async function settles(page: Page, wanted: readonly string[]): Promise<void> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const shown = await matrixOf(page);
    if (shown.join("\n") === wanted.join("\n")) return;
    if (performance.now() > deadline) expect(shown).toEqual(wanted);
    await page.waitForTimeout(50);
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `peer-${at + 1}`);
}
