import { card, htmlOf, section } from "../report/html.js";
import { el, type Content, type Markup } from "../report/markup.js";
import { scale } from "../report/scale.js";
import { table } from "../report/tables.js";
import { FIGURES } from "./figures.js";
import type { BenchResult, Size } from "./result.js";
import { lacksOf, linesOf, loadText, ratioText, summaryText, valueText, type Line } from "./summary.js";

const WIDTH = 520;
const LANE = 30;
const BOX = { left: 150, right: 500, top: 8 };

/** The result as one page, which needs no network and no other file. */
export function benchPage(result: BenchResult): string {
  const { machine, at, rounds, command, sizes } = result;
  const facts: [string, string][] = [
    ["machine", machine.cpus],
    ["memory", `${machine.memoryGiB} GiB`],
    ["system", machine.system],
    ["load", loadText(sizes)],
    ["rounds", String(rounds)],
    ["begun", `${at.slice(0, 19).replace("T", " ")} UTC`],
  ];
  return htmlOf(
    "Benchmark",
    el("h1", {}, "Benchmark"),
    el("p", {}, "Medians, with the lowest and the highest value in brackets. Of everything the less the better."),
    el(
      "dl",
      { class: "facts" },
      facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
    ),
    sizes.map(sizePart),
    section("Run it again", el("pre", { tabindex: 0 }, command)),
  );
}

function sizePart(size: Size): Markup {
  const lines = linesOf(size);
  const lacks = lacksOf(size);
  return section(
    `${size.peers} peers`,
    table("What was measured", columnsOf(size), lines),
    lacks.length === 0
      ? undefined
      : el(
          "ul",
          {},
          lacks.map((lack) => el("li", {}, lack)),
        ),
    el(
      "div",
      { class: "figures" },
      lines.map((line) => plot(line, size)),
    ),
  );
}

function columnsOf({ contenders }: Size): Parameters<typeof table<Line>>[1] {
  const own = contenders.flatMap(({ title }, at) => [
    {
      head: title,
      number: true,
      cell: ({ figure, cells }: Line) => summaryText(cells[at]?.summary, FIGURES[figure].unit),
    },
    ...(at === 0 ? [] : [{ head: "to ours", number: true, cell: ({ cells }: Line) => ratioText(cells[at]?.ratio) }]),
  ]);
  return [{ head: "what", cell: ({ figure }: Line) => FIGURES[figure].what }, ...own];
}

/** A lane for each contender with a dot for each value, and a bar at the median. */
function plot({ figure, cells }: Line, { contenders }: Size): Content {
  const { what, unit } = FIGURES[figure];
  const highest = Math.max(...cells.map(({ summary }) => summary?.highest ?? 0));
  const bottom = BOX.top + LANE * contenders.length;
  const x = scale(0, highest, BOX.left, BOX.right, 4);
  const lanes = contenders.map(({ title, figures }, at) => {
    const y = BOX.top + LANE * (at + 0.5);
    const median = cells[at]?.summary?.median;
    return [
      el("text", { class: "name", x: BOX.left - 8, y: y + 4 }, title),
      el("line", { class: "grid", x1: BOX.left, x2: BOX.right, y1: y, y2: y }),
      (figures[figure]?.values ?? []).map((value) => el("circle", { class: "dot", cx: x(value), cy: y, r: 3.5 })),
      median === undefined
        ? undefined
        : el("line", { class: "median", x1: x(median), x2: x(median), y1: y - 9, y2: y + 9 }),
    ];
  });
  const svg = el(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${bottom + 22}`, role: "img", "aria-label": `${what}: every value, and the medians` },
    lanes,
    x.ticks.map((value) => el("text", { class: "tick", x: x(value), y: bottom + 14 }, valueText(value, unit))),
  );
  return el("figure", {}, el("figcaption", {}, what), card(what, svg));
}
