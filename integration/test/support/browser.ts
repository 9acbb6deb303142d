import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "@jest/globals";
import { chromium, type Browser, type Page } from "playwright-core";
import { smallPng } from "./small-png.js";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const SHOTS = fileURLToPath(new URL("../../screenshots/", import.meta.url));

/** The largest picture: a document with several of them is to load quickly. */
const MOST_BYTES = 70_000;
const MOST_PIXELS = 1400;

/** Longer than a page takes on a busy machine, shorter than a test may take. */
export const WITHIN_MS = 30_000;

/**
 * Opens the browser that CHROMIUM names, else the first that is installed. Rejects where there is none, and says what
 * to do.
 */
export function openBrowser(): Promise<Browser> {
  // Chromium's sandbox refuses to run as root, and the only pages opened are those of these tests.
  return chromium.launch({ executablePath: executable(), args: ["--no-sandbox", "--disable-gpu"] });
}

function executable(): string {
  const named = process.env["CHROMIUM"];
  if (named) return named;
  for (const name of NAMES) {
    try {
      return execFileSync("which", [name], { encoding: "utf8", timeout: 5000 }).trim();
    } catch {
      // Not installed: the next name is tried.
    }
  }
  throw new Error(`none of ${NAMES.join(", ")} is installed: \`npm test\` installs it, or set CHROMIUM to its path`);
}

export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** Errors, warnings and dialogs of the page so far. */
  readonly complaints: string[];
}

/** What Chromium says when an interface of this machine appears or goes, as one does with each container. */
const NETWORK_CHANGED = "net::ERR_NETWORK_CHANGED";
/** How often a page is loaded anew whose parts were lost so. */
const MOST_LOADS = 5;

/**
 * Opens a page in a profile of its own; disposing closes both. Requests that Chromium ends because the machine's network
 * has changed say nothing of the page: they are no complaints, and a page that was being loaded is loaded again.
 */
export async function openPage(browser: Browser, url: string): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
  context.setDefaultTimeout(WITHIN_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  let lost = 0;
  page.on("console", (message) => {
    if (message.text().includes(NETWORK_CHANGED)) lost++;
    else if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  for (let load = 0, before = -1; load < MOST_LOADS && lost !== before; load++) {
    before = lost;
    await page.goto(url).catch((error: unknown) => {
      if (!String(error).includes(NETWORK_CHANGED)) throw error;
      lost++;
    });
  }
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** What the matrix shows: for each row the name, the link to the peer, its group and its cells. */
export function matrixOf(page: Page): Promise<string[]> {
  return page.$$eval("#matrix tbody tr", (rows) =>
    rows.map((row) => {
      const cells = [...row.querySelectorAll("td")].map((cell) => cell.className.replace(" self", ""));
      const { link, group = "-" } = (row as HTMLElement).dataset;
      return [row.querySelector(".name")?.textContent, link, group, ...cells].join(" ");
    }),
  );
}

/** Takes a picture for the documents, where SCREENSHOTS is set. */
export async function shoot(page: Page, name: string, { isDark = false } = {}): Promise<void> {
  if (!process.env["SCREENSHOTS"]) return;
  if (isDark) await page.emulateMedia({ colorScheme: "dark" });
  await page.mouse.move(0, 0);
  const height = Math.min(MOST_PIXELS, await page.evaluate(() => document.body.offsetHeight));
  const clip = { x: 0, y: 0, width: 1280, height };
  const picture = smallPng(await page.screenshot({ animations: "disabled", fullPage: true, clip }));
  mkdirSync(SHOTS, { recursive: true });
  writeFileSync(join(SHOTS, `${name}.png`), picture);
  if (isDark) await page.emulateMedia({ colorScheme: "light" });
  expect(picture.length).toBeLessThanOrEqual(MOST_BYTES);
}
