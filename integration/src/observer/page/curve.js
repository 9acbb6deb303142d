// How news travels: how many peers know of a change, over the time since the first did, beside what no protocol can
// beat.
import { byId, setAttribute, setText, svg, widthOf } from "./dom.js";
import { spreadMs } from "./news-history.js";
import { reach, sentence } from "./sentences.js";
import { ms } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { NewsItem } from "./types.js" */

/**
 * The floor, which no protocol of this kind can beat: each peer tells as many as the default says, on a good network,
 * and nobody waits. The floor is no bound for failures, which several peers find out at once.
 */
const FANOUT = 4;
const HOP_MS = 1;
/** How many of the latest changes are drawn faintly behind the chosen one. */
const BEHIND = 5;
const HEIGHT = 230;
const EDGE = { left: 44, right: 16, top: 14, bottom: 30 };
const TICKS = [1, 10, 100, 1000, 10_000, 60_000];

/**
 * @typedef {object} Scale Where things are in the picture.
 * @property {number} width
 * @property {number} longestMs The time at the right edge.
 * @property {(afterMs: number) => number} x
 * @property {(share: number) => number} y
 */

/** @typedef {{ afterMs: number, share: number }} Point Which share of the peers knew after how long. */

export class Curve {
  #svg = byId("curve", SVGSVGElement);
  #title = byId("curve-title", HTMLElement);
  #size = widthOf(this.#svg);
  /** The present picture as text, so that the same one is not drawn twice. */
  #drawn = "";

  /** @param {Model} model @param {NewsItem | undefined} chosen */
  draw(model, chosen) {
    setText(this.#title, chosen === undefined ? "no change seen yet" : `${sentence(model, chosen)}: ${reach(chosen)}`);
    setAttribute(this.#svg, "aria-label", `How many peers know, over time. ${this.#title.textContent}`);
    const width = Math.max(240, this.#size.width);
    const latest = model.news.items.slice(-BEHIND - 1);
    const behind = latest.filter(({ key, known }) => key !== chosen?.key && known.length > 1);
    const keys = [...behind, chosen].map((item) => `${item?.key} ${item?.known.length} ${item?.waiting.size}`);
    const drawn = [width, ...keys].join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const floor = floorOf(chosen);
    const ends = [...behind, ...(chosen === undefined ? [] : [chosen])].map(spreadMs);
    const scale = scaleOf(width, Math.max(20, floor.at(-1)?.afterMs ?? 0, ...ends) * 1.2);
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.#svg.replaceChildren(
      ...grid(scale),
      ...behind.map((item) => steps(pointsOf(item), `behind ${item.kind}`, scale)),
      ...(chosen === undefined ? [] : chosenParts(chosen, floor, scale)),
    );
  }
}

/** @param {number} width @param {number} longestMs @returns {Scale} */
function scaleOf(width, longestMs) {
  return {
    width,
    longestMs,
    x: (afterMs) => EDGE.left + (Math.log1p(afterMs) / Math.log1p(longestMs)) * (width - EDGE.left - EDGE.right),
    y: (share) => HEIGHT - EDGE.bottom - share * (HEIGHT - EDGE.top - EDGE.bottom),
  };
}

/** How many peers know of a change, or could know. @param {NewsItem} item */
const audienceOf = (item) => item.known.length + item.waiting.size;

/** @param {NewsItem} item @returns {Point[]} */
function pointsOf(item) {
  return item.known.map(({ afterMs }, at) => ({ afterMs, share: (at + 1) / audienceOf(item) }));
}

/**
 * The least time in which so many peers can know, where each that knows tells some, who each tell some.
 * @param {NewsItem | undefined} item @returns {Point[]}
 */
function floorOf(item) {
  const all = item === undefined ? 0 : audienceOf(item);
  const hops = [];
  let known = 0;
  for (let told = FANOUT, hop = 1; known < all; told *= FANOUT, hop++) {
    known = Math.min(all, known + told);
    hops.push({ afterMs: hop * HOP_MS, share: known / all });
  }
  return hops;
}

/**
 * The floor, the curve of the chosen change, and a dot for each peer that knows.
 * @param {NewsItem} item @param {readonly Point[]} floor @param {Scale} scale @returns {SVGElement[]}
 */
function chosenParts(item, floor, scale) {
  const points = pointsOf(item);
  const all = audienceOf(item);
  const curves = all > 0 ? [steps(floor, "floor", scale), steps(points, `chosen ${item.kind}`, scale)] : [];
  const dots = points.map(({ afterMs, share }) =>
    svg("circle", { class: `dot ${item.kind}`, cx: scale.x(afterMs), cy: scale.y(share), r: all > 30 ? 2 : 3.5 }),
  );
  return [...curves, ...dots];
}

/** @param {readonly Point[]} points @param {string} name @param {Scale} scale */
function steps(points, name, { x, y }) {
  const path = points.map(({ afterMs, share }) => `H${x(afterMs).toFixed(1)}V${y(share).toFixed(1)}`).join("");
  return svg("path", { class: name, d: `M${x(0)} ${y(0)}${path}` });
}

/** @param {Scale} scale @returns {SVGElement[]} */
function grid({ width, longestMs, x, y }) {
  const lines = [0, 0.5, 1].flatMap((share) => [
    svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(share), y2: y(share) }),
    svg("text", { class: "tick", x: EDGE.left - 8, y: y(share) + 4, "text-anchor": "end" }, `${share * 100} %`),
  ]);
  const ticks = TICKS.filter((tick) => tick < longestMs).flatMap((tick) => [
    svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: y(0), y2: y(1) }),
    svg(
      "text",
      { class: "tick", x: x(tick), y: HEIGHT - 10, "text-anchor": "middle" },
      tick < 1000 ? `${tick} ms` : ms(tick).replace(/\.0+ s/, " s"),
    ),
  ]);
  return [...lines, ...ticks];
}
