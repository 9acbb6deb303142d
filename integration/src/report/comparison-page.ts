import type { Comparison, Curves, Row } from "./comparison.js";
import { runsText, titleOf, totalsText, valuesOf } from "./comparison-text.js";
import { chart } from "./curves.js";
import { htmlOf, section } from "./html.js";
import { el, type Content, type Markup } from "./markup.js";
import { round } from "./scale.js";
import { table } from "./tables.js";

const BAR = { width: 160, height: 9 };
/** So many curves of each report are drawn of a change; nobody tells more apart. */
const MOST_CURVES = 50;

/** Two reports side by side: bars for each number, and for each change the curves of both in one picture. */
export function comparisonPage(comparisons: readonly Comparison[], isWorse: boolean): string {
  const title = isWorse ? "worse" : "not worse";
  return htmlOf(
    `${title}: two reports compared`,
    el("span", { class: `verdict ${isWorse ? "false" : "true"}` }, title),
    el("h1", {}, "Two reports compared"),
    el("p", {}, totalsText(comparisons)),
    el("ul", { class: "legend" }, key("c1", "before"), key("c2", "after")),
    comparisons.map(comparisonPart),
  );
}

function comparisonPart({ before, after, rows, curves }: Comparison): Content {
  return [
    section(
      titleOf(after),
      el("p", { class: "soft" }, `before: ${runsText(before)}`),
      el("p", { class: "soft" }, `after: ${runsText(after)}`),
    ),
    table<Row>(
      titleOf(after),
      [
        { head: "", cell: ({ what }) => what },
        { head: "before", number: true, cell: (row) => valuesOf(row)[0] },
        { head: "after", number: true, cell: (row) => valuesOf(row)[1] },
        { head: "", number: true, cell: (row) => valuesOf(row)[2] },
        { head: "", cell: bars },
        { head: "", cell: ({ change }) => change ?? "in one only", bad: ({ change }) => change === "worse" },
      ],
      rows,
    ),
    el("div", { class: "figures" }, curves.map(figure)),
  ];
}

/** A bar for the number before and one for that after, the larger of which has the whole width. */
function bars({ before = 0, after = 0 }: Row): Markup {
  const most = Math.max(before, after);
  const bar = (value: number, y: number, colour: string): Markup =>
    el("rect", {
      class: `bar ${colour}`,
      x: 0,
      y,
      width: most === 0 ? 0 : round((value / most) * BAR.width),
      height: BAR.height,
    });
  return el(
    "svg",
    { class: "bars", viewBox: `0 0 ${BAR.width} ${2 * BAR.height + 2}`, "aria-hidden": "true" },
    bar(before, 0, "c1"),
    bar(after, BAR.height + 2, "c2"),
  );
}

function figure({ what, before, after }: Curves): Content {
  const [first, second] = [before.slice(0, MOST_CURVES), after.slice(0, MOST_CURVES)];
  const left = before.length + after.length - first.length - second.length;
  if (first.length + second.length === 0) return undefined;
  return el(
    "figure",
    {},
    el("figcaption", {}, what),
    chart(what, [...first, ...second], (index) => (index < first.length ? "c1" : "c2")),
    el(
      "ul",
      { class: "legend" },
      key("c1", `before, ${first.length} times`),
      key("c2", `after, ${second.length} times`),
    ),
    left === 0 ? undefined : el("p", { class: "soft" }, `${left} more are not drawn.`),
  );
}

function key(colour: string, text: string): Markup {
  return el("li", {}, el("span", { class: `key ${colour}` }), text);
}
