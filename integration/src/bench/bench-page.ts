import { htmlOf, section } from "../report/html.js";
import { el, type Markup } from "../report/markup.js";
import { table } from "../report/tables.js";
import { FIGURES } from "./figures.js";
import { lanesOf, WIDTH } from "./plots.js";
import type { BenchResult, Size } from "./result.js";
import { lacksOf, linesOf, loadText, ratioText, summaryText, type Line } from "./summary.js";

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

function sizePart(size: Size): readonly Markup[] {
  const lines = linesOf(size);
  const lacks = lacksOf(size).map((lack) => el("li", {}, lack));
  return [
    section(
      `${size.peers} peers`,
      table("What was measured", columnsOf(size), lines),
      lacks.length === 0 ? undefined : el("ul", {}, lacks),
    ),
    section(
      `Every value with ${size.peers} peers`,
      el(
        "div",
        { class: "figures" },
        lines.map((line) => plot(line, size)),
      ),
    ),
  ];
}

function columnsOf({ contenders }: Size): Parameters<typeof table<Line>>[1] {
  const own = contenders.flatMap(({ title }, at) => [
    {
      head: title,
      number: true,
      cell: ({ figure, cells }: Line) => summaryText(cells[at]?.summary, FIGURES[figure].unit),
    },
    ...(at === 0
      ? []
      : [
          {
            head: `to ${contenders[0]?.title ?? ""}`,
            number: true,
            cell: ({ cells }: Line) => ratioText(cells[at]?.ratio),
          },
        ]),
  ]);
  return [{ head: "what", cell: ({ figure }: Line) => FIGURES[figure].what }, ...own];
}

function plot(line: Line, size: Size): Markup {
  const { what } = FIGURES[line.figure];
  const { height, content } = lanesOf(line, size);
  const label = `${what}: every value, and the medians`;
  const svg = el("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label }, content);
  return el("figure", {}, el("figcaption", {}, what), svg);
}
