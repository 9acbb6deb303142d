import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = {
  desk: { width: 1280, height: 900 },
  telephone: { width: 390, height: 844 },
} as const;

type Colours = "light" | "dark";

/** What axe reports of a page: rules that it breaks, with the elements that do. */
interface Report {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

/**
 * What keeps people from reading or using the page as it is now, in light and dark, on a desk and on a telephone: what
 * axe finds, a page that is wider than the screen, controls beyond its edge, times on the timeline that overlap. Empty
 * where there is nothing. The page is in light colours and as wide as on a desk afterwards.
 */
export async function flawsOf(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const flaws: string[] = [];
  for (const [size, colours] of [
    ["telephone", "light"],
    ["desk", "dark"],
    ["desk", "light"],
  ] as const) {
    await page.setViewportSize(SIZES[size]);
    await page.emulateMedia({ colorScheme: colours });
    await page.evaluate(drawn);
    const found = [...(await page.evaluate(axeFinds)), ...(await page.evaluate(layoutFlaws))];
    flaws.push(...found.map((flaw) => described(size, colours, flaw)));
  }
  return flaws;
}

const described = (size: string, colours: Colours, flaw: string): string => `${size}, ${colours}: ${flaw}`;

/** Resolves when the page has measured itself and drawn what follows from that. */
async function drawn(): Promise<void> {
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
}

async function axeFinds(): Promise<string[]> {
  const { axe } = window as unknown as { axe: { run(): Promise<Report> } };
  const { violations } = await axe.run();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

function layoutFlaws(): string[] {
  const flaws: string[] = [];
  if (document.documentElement.scrollWidth > innerWidth) flaws.push("the page is wider than the screen");
  for (const control of document.querySelectorAll("button, input, select, a.button")) {
    const { left, right } = control.getBoundingClientRect();
    if ((left < 0 || right > innerWidth) && control.closest(".scroll, .skip") === null)
      flaws.push(`beyond the edge: ${control.outerHTML}`);
  }
  const times = [...document.querySelectorAll("#lanes .tick")].map((time) => time.getBoundingClientRect());
  times.forEach(({ left }, at) => {
    if (left < (times[at - 1]?.right ?? -Infinity)) flaws.push(`times overlap on the timeline, the ${at + 1}th too`);
  });
  return flaws;
}
