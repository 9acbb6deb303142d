import type { Knowledge } from "../experiment/judge.js";
import { atLine, duration } from "../lib/text.js";
import { el, type Content, type Markup } from "./markup.js";
import { scale, tick } from "./scale.js";

const WIDTH = 520;
const HEIGHT = 220;
const BOX = { left: 46, right: 505, top: 14, bottom: 186 };
/**
 * A budget more than so many times as long as the longest curve would squeeze the curves; the edge then only names it.
 */
const FAR = 4;
/** Charts with more curves than this draw all in one colour, since no reader tells more colours apart. */
export const COLOURS = 6;

const KINDS = {
  join: "Who is new becomes known",
  update: "New metadata become known",
  crash: "A crash becomes known",
  silence: "Silence becomes known",
  leave: "A goodbye becomes known",
  heal: "Who is back becomes known",
} as const satisfies Record<Knowledge["kind"], string>;

/** The share of peers that knew a fact over time, as it is drawn; `Knowledge` has all of it. */
export interface Curve extends Pick<
  Knowledge,
  "what" | "budgetMs" | "atMs" | "untilMs" | "knew" | "viewers" | "curve"
> {
  readonly fullMs?: number | undefined;
}

/** One chart for each kind of fact: the share of peers that know, over the time since the fault, against the budget. */
export function curves(knowledge: readonly Knowledge[]): Markup[] {
  const kinds = Object.keys(KINDS) as Knowledge["kind"][];
  return kinds.flatMap((kind) => {
    const of = knowledge.filter((each) => each.kind === kind && each.viewers > 0);
    return of.length === 0 ? [] : [figure(kind, of)];
  });
}

function figure(kind: Knowledge["kind"], all: readonly Knowledge[]): Markup {
  const few = all.length <= COLOURS;
  const legend = few
    ? el("ul", { class: "legend" }, all.map(legendLine))
    : el("p", {}, `${all.length} times; the table below has each.`);
  const svg = chart(KINDS[kind], all, (index) => (few ? `c${index + 1}` : "many"));
  return el("figure", {}, el("figcaption", {}, KINDS[kind]), svg, legend);
}

/** The curves in one picture, against the budget. `classOf` gives the class of each by its index. */
export function chart(caption: string, all: readonly Curve[], classOf: (index: number) => string): Markup {
  const budgetMs = Math.max(...all.map((each) => each.budgetMs));
  const longest = Math.max(1, ...all.map(({ curve }) => curve.at(-1)?.[0] ?? 0));
  const isFar = budgetMs > FAR * longest;
  const endMs = isFar ? longest * 1.5 : Math.max(longest, budgetMs) * 1.05;
  const x = scale(0, endMs, BOX.left, BOX.right, 6);
  const y = scale(0, 1, BOX.bottom, BOX.top, 2);
  return el(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `${caption}: share of peers that know, over time`,
    },
    [0, 0.5, 1].map((share) => [
      el("line", { class: "grid", x1: BOX.left, x2: BOX.right, y1: y(share), y2: y(share) }),
      el("text", { class: "name", x: BOX.left - 6, y: y(share) + 4 }, `${share * 100}%`),
    ]),
    x.ticks.map((ms) => el("text", { class: "tick", x: x(ms), y: BOX.bottom + 16 }, tick(ms))),
    budgetMark(budgetMs, x, { isFar }),
    all.map((each, index) =>
      el(
        "path",
        { class: `curve ${classOf(index)}`, d: path(each, endMs, x, y) },
        el("title", {}, `${each.what}: ${summary(each)}`),
      ),
    ),
    el("text", { class: "tick", x: (BOX.left + BOX.right) / 2, y: HEIGHT - 3 }, "since it was done"),
  );
}

function budgetMark(budgetMs: number, x: (ms: number) => number, { isFar }: { readonly isFar: boolean }): Content {
  if (isFar)
    return el(
      "text",
      { class: "budget", x: BOX.right, y: BOX.top + 14, "text-anchor": "end" },
      `budget ${duration(budgetMs)} →`,
    );
  const at = x(budgetMs);
  return [
    el("line", { class: "budget", x1: at, x2: at, y1: BOX.top, y2: BOX.bottom }),
    el("text", { class: "budget", x: at - 5, y: BOX.bottom - 6, "text-anchor": "end" }, `budget ${duration(budgetMs)}`),
  ];
}

function path(
  { curve, atMs, untilMs }: Curve,
  endMs: number,
  x: (ms: number) => number,
  y: (share: number) => number,
): string {
  const steps = curve.map(([ms, share], index) => (index === 0 ? `M${x(ms)} ${y(share)}` : `H${x(ms)}V${y(share)}`));
  return `${steps.join("")}H${x(Math.min(endMs, Math.max(curve.at(-1)?.[0] ?? 0, untilMs - atMs)))}`;
}

function legendLine(each: Knowledge, index: number): Markup {
  return el("li", {}, el("span", { class: `key c${index + 1}` }), `${atLine(each)}: `, el("b", {}, summary(each)));
}

/** How far a fact got: the time until all peers knew, or how many did. */
export function summary({ fullMs, knew, viewers }: Curve): string {
  return fullMs === undefined ? `${knew} of ${viewers} knew` : `all ${viewers} in ${duration(fullMs)}`;
}
