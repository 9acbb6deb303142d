import { el } from "../report/markup.js";
import { scale } from "../report/scale.js";
import { fitText, GROWTH_FIGURES, GROWTH_NAMES, growthOf, type Grown, type GrowthFigure } from "./growth-figures.js";
import { picture, type Plot } from "./plots.js";
import { valueText } from "./summary.js";

/** The sizes over which a fit is drawn, the largest of them on paper only. */
export const DRAWN = { fewest: 100, most: 100_000 } as const;
const BOX = { left: 70, right: 490, top: 8, bottom: 100, below: 26 };
/** A fit is drawn through so many points. */
const POINTS = 40;

/** A plot for each figure, both axes logarithmic: dots where it was measured, and the line of its fit. */
export function growthPicture(sizes: readonly Grown[]): string {
  return picture(GROWTH_NAMES.map((figure) => plotOf(figure, sizes)));
}

function plotOf(figure: GrowthFigure, sizes: readonly Grown[]): Plot {
  const { what, unit } = GROWTH_FIGURES[figure];
  const fit = growthOf(figure, sizes);
  const [from, to] = [Math.log10(DRAWN.fewest), Math.log10(DRAWN.most)];
  const curve = Array.from({ length: POINTS + 1 }, (_, at) => 10 ** (from + (at / POINTS) * (to - from)));
  const drawn = [...curve.map((peers) => fit.at(peers)), ...sizes.map((size) => size[figure])].filter((y) => y > 0);
  const [lowest, highest] = [Math.min(...drawn), Math.max(...drawn)].map(Math.log10) as [number, number];
  const across = scale(from, to, BOX.left, BOX.right, 3);
  const up = scale(Math.floor(lowest), Math.max(Math.ceil(highest), Math.floor(lowest) + 1), BOX.bottom, BOX.top, 3);
  const [x, y] = [(peers: number) => across(Math.log10(peers)), (value: number) => up(Math.log10(value))];
  const whole = (ticks: readonly number[]): number[] => ticks.filter(Number.isInteger).map((power) => 10 ** power);
  const points = curve.filter((peers) => fit.at(peers) > 0).map((peers) => `${x(peers)},${y(fit.at(peers))}`);
  return {
    title: `${what}: ${fitText(fit, unit)}; at 100 000: ${valueText(fit.at(DRAWN.most), unit)}`,
    height: BOX.bottom + BOX.below,
    content: [
      whole(up.ticks).map((value) => [
        el("line", { class: "grid", x1: BOX.left, x2: BOX.right, y1: y(value), y2: y(value) }),
        el("text", { class: "name", x: BOX.left - 8, y: y(value) + 4 }, valueText(value, unit)),
      ]),
      whole(across.ticks).map((peers) => el("text", { class: "tick", x: x(peers), y: BOX.bottom + 16 }, peers)),
      el("polyline", { class: "fit", points: points.join(" ") }),
      sizes.map((size) => el("circle", { class: "dot", cx: x(size.peers), cy: y(size[figure]), r: 3.5 })),
    ],
  };
}
