// How news travels: how many know of a change, by the time since the first did, beside what no protocol can beat.
import { byId, setAttribute, setText, svg, widthOf } from "./dom.js";
import { spreadMs } from "./news.js";
import { ms, reach, sentence } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { NewsItem } from "./types.js" */

/** What no protocol of the kind can beat: each tells as many as the default says and nobody waits, on a good network. */
const FANOUT = 4;
const HOP_MS = 1;
/** So many of the latest changes stand faintly behind the chosen one. */
const BEHIND = 5;
const HEIGHT = 230;
const EDGE = { left: 44, right: 16, top: 14, bottom: 30 };
const TICKS = [1, 10, 100, 1000, 10_000, 60_000];

export class Curve {
  #svg = byId("curve", SVGSVGElement);
  #title = byId("curve-title", HTMLElement);
  #size = widthOf(this.#svg);
  /** What is drawn, to draw it once. */
  #drawn = "";

  /** @param {Model} model @param {NewsItem | undefined} chosen */
  draw(model, chosen) {
    setText(this.#title, chosen === undefined ? "no change seen yet" : `${sentence(model, chosen)}: ${reach(chosen)}`);
    setAttribute(this.#svg, "aria-label", `How many peers know, over time. ${this.#title.textContent}`);
    const width = Math.max(240, this.#size.width);
    const items = model.news.items
      .slice(-BEHIND - 1)
      .filter((item) => item.key !== chosen?.key && item.known.length > 1);
    const drawn = [
      width,
      ...[...items, chosen].map((item) => `${item?.key} ${item?.known.length} ${item?.waiting.size}`),
    ].join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const all = chosen === undefined ? 0 : chosen.known.length + chosen.waiting.size;
    const floor = floorOf(all);
    const longest =
      Math.max(20, floor.at(-1)?.afterMs ?? 0, ...[...items, chosen].map((item) => (item ? spreadMs(item) : 0))) * 1.2;
    const x = (/** @type {number} */ after) =>
      EDGE.left + (Math.log1p(after) / Math.log1p(longest)) * (width - EDGE.left - EDGE.right);
    const y = (/** @type {number} */ share) => HEIGHT - EDGE.bottom - share * (HEIGHT - EDGE.top - EDGE.bottom);
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    const steps = (/** @type {readonly { afterMs: number, share: number }[]} */ points, /** @type {string} */ kind) =>
      svg("path", {
        class: kind,
        d: `M${x(0)} ${y(0)}${points.map(({ afterMs, share }) => `H${x(afterMs).toFixed(1)}V${y(share).toFixed(1)}`).join("")}`,
      });
    const curves = items.map((item) => steps(points(item), `behind ${item.kind}`));
    if (chosen !== undefined && all > 0) {
      curves.push(
        steps(
          floor.map(({ afterMs, known }) => ({ afterMs, share: known / all })),
          "floor",
        ),
      );
      curves.push(steps(points(chosen), `chosen ${chosen.kind}`));
    }
    const dots =
      chosen === undefined
        ? []
        : points(chosen).map(({ afterMs, share }) =>
            svg("circle", { class: `dot ${chosen.kind}`, cx: x(afterMs), cy: y(share), r: all > 30 ? 2 : 3.5 }),
          );
    this.#svg.replaceChildren(...grid(width, longest, x, y), ...curves, ...dots);
  }
}

/** @param {NewsItem} item */
function points(item) {
  const all = item.known.length + item.waiting.size;
  return item.known.map(({ afterMs }, at) => ({ afterMs, share: (at + 1) / all }));
}

/** Each who knows tells some, who each tell some: the least time in which so many can know. @param {number} all */
function floorOf(all) {
  const hops = [];
  let known = 0;
  for (let told = FANOUT, hop = 1; known < all; told *= FANOUT, hop++) {
    known = Math.min(all, known + told);
    hops.push({ afterMs: hop * HOP_MS, known });
  }
  return hops;
}

/** @param {number} width @param {number} longest @param {(after: number) => number} x @param {(share: number) => number} y */
function grid(width, longest, x, y) {
  const lines = [0, 0.5, 1].flatMap((share) => [
    svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(share), y2: y(share) }),
    svg("text", { class: "tick", x: EDGE.left - 8, y: y(share) + 4, "text-anchor": "end" }, `${share * 100} %`),
  ]);
  const ticks = TICKS.filter((tick) => tick < longest).flatMap((tick) => [
    svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: y(0), y2: y(1) }),
    svg(
      "text",
      { class: "tick", x: x(tick), y: HEIGHT - 10, "text-anchor": "middle" },
      tick < 1000 ? `${tick} ms` : ms(tick).replace(/\.0+ s/, " s"),
    ),
  ]);
  return [...lines, ...ticks];
}
