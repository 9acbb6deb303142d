import { el, Markup, type Content } from "../report/markup.js";
import { scale } from "../report/scale.js";
import { FIGURES } from "./figures.js";
import type { BenchResult, Size } from "./result.js";
import { linesOf, valueText, type Line } from "./summary.js";

export const WIDTH = 520;
const LANE = 26;
const BOX = { left: 170, right: 500, top: 6, bottom: 20 };
/** The height of a title in a picture of several plots. */
const TITLE = 22;
/** A picture stands alone, so that it has its colours with it; on a page the style sheet has them. */
const STYLE =
  "text { font: 11px sans-serif; fill: #1c1f24 } .name { text-anchor: end } .tick { text-anchor: middle; fill: #5c6470 } " +
  ".title { font-weight: 600 } .grid { stroke: #e3e6ea } .dot { fill: #2563b8; opacity: .45 } " +
  ".median { stroke: #1c1f24; stroke-width: 2.5 } .fit { fill: none; stroke: #1c1f24 }";

/** The content of a plot: a lane for each contender with a dot for each value, and a bar at the median. */
export function lanesOf({ figure, cells }: Line, { contenders }: Size): { height: number; content: Content } {
  const { unit } = FIGURES[figure];
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
        : el("line", { class: "median", x1: x(median), x2: x(median), y1: y - 8, y2: y + 8 }),
    ];
  });
  const ticks = x.ticks.map((value) =>
    el("text", { class: "tick", x: x(value), y: bottom + 12 }, valueText(value, unit)),
  );
  return { height: bottom + BOX.bottom, content: [lanes, ticks] };
}

/** A plot of a picture, and how high it is below its title. */
export interface Plot {
  readonly title: string;
  readonly height: number;
  readonly content: Content;
}

/** All plots of a result as one SVG file. */
export function benchPicture({ sizes }: BenchResult): string {
  return picture(
    sizes.flatMap((size) =>
      linesOf(size).map((line) => ({
        title: `${FIGURES[line.figure].what} (${size.peers} peers)`,
        ...lanesOf(line, size),
      })),
    ),
  );
}

/** Plots, one below the other, as one SVG file. */
export function picture(plots: readonly Plot[]): string {
  let height = 0;
  const placed = plots.map((plot) => {
    const at = height;
    height += TITLE + plot.height;
    return el(
      "g",
      { transform: `translate(0 ${at})` },
      el("text", { class: "title", x: 8, y: 15 }, plot.title),
      el("g", { transform: `translate(0 ${TITLE})` }, plot.content),
    );
  });
  const ground = el("rect", { width: WIDTH, height, fill: "#ffffff" });
  const attributes = { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${WIDTH} ${height}` };
  return `${el("svg", attributes, el("style", {}, new Markup(STYLE)), ground, placed).text}\n`;
}
