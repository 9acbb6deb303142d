import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "@jest/globals";
import { chromium, type Browser, type Page } from "playwright-core";
import { smallPng } from "./small-png.js";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const SHOTS = fileURLToPath(new URL("../../screenshots/", import.meta.url));

/** A README with pictures is to load quickly. */
const MOST_BYTES = 60_000;
const MOST_PIXELS = 1400;

/** Above what a page on a busy machine takes, below what a test may. */
export const WITHIN_MS = 30_000;

/** A browser of this machine, or the one that CHROMIUM names. */
export function openBrowser(): Promise<Browser> {
  // Its own sandbox refuses to run as root, and the only pages it opens are ours.
  return chromium.launch({ executablePath: executable(), args: ["--no-sandbox", "--disable-gpu"] });
}

function executable(): string {
  const named = process.env["CHROMIUM"];
  if (named) return named;
  for (const name of NAMES) {
    try {
      return execFileSync("which", [name], { encoding: "utf8", timeout: 5000 }).trim();
    } catch {
      // The next one, then.
    }
  }
  throw new Error(`none of ${NAMES.join(", ")} is installed: \`npm test\` installs it, or set CHROMIUM to its path`);
}

export interface Opened extends AsyncDisposable {
  readonly page: Page;
  /** What the page complained of. */
  readonly complaints: string[];
}

/** A page in a profile of its own. */
export async function openPage(browser: Browser, url: string): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
  context.setDefaultTimeout(WITHIN_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
}

/** What the matrix shows: for each row its name, how the observer stands to it, its group and its cells. */
export function matrixOf(page: Page): Promise<string[]> {
  return page.$$eval("#matrix tbody tr", (rows) =>
    rows.map((row) => {
      const cells = [...row.querySelectorAll("td")].map((cell) => cell.className.replace(" self", ""));
      const { link, group = "-" } = (row as HTMLElement).dataset;
      return [row.querySelector(".name")?.textContent, link, group, ...cells].join(" ");
    }),
  );
}

/** A picture for the README, where SCREENSHOTS is set. */
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
