// What happened when: a lane for each peer, and the moment that is shown.
import { byId, setAttribute, svg, widthOf } from "./dom.js";
import { clock, fineClock, nameOf, sentence } from "./words.js";

/** @import { Model } from "./model.js" */
/** @import { Kind } from "./types.js" */

/** Where the lanes begin and end; the scrubber's thumb, half outside its track, has the same edges. */
export const EDGE = { left: 148, right: 16 };
const TOP = 22;
/** How tall a lane is, by how many there are. @type {[most: number, pixels: number][]} */
const HEIGHTS = [
  [12, 22],
  [30, 14],
  [Infinity, 8],
];
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600].map((seconds) => seconds * 1000);

/** Shapes as well as colours, in a box of 10 round the middle. @type {Record<Kind, string>} */
export const SHAPES = {
  joined: "M0-5L5 4H-5Z",
  updated: "M0-5L5 0L0 5L-5 0Z",
  suspected: "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0-4.5 0Z",
  recovered: "M-4.5-1.5H-1.5V-4.5H1.5V-1.5H4.5V1.5H1.5V4.5H-1.5V1.5H-4.5Z",
  failed: "M-5-3L-3-5L0-2L3-5L5-3L2 0L5 3L3 5L0 2L-3 5L-5 3L-2 0Z",
  left: "M-5 0L3-5V5Z",
};

/** The head of the line across all lanes that says when something was done to the peers. */
export const COMMAND = "M0 4L-4-3H4Z";

export class Timeline {
  #svg = byId("lanes", SVGSVGElement);
  #size = widthOf(this.#svg);

  /** @param {(share: number) => void} seek Called with how far, from 0 to 1, into what is shown. */
  constructor(seek) {
    this.#svg.addEventListener("click", (event) => {
      const { left, width } = this.#svg.getBoundingClientRect();
      const share = (event.clientX - left - EDGE.left) / (width - EDGE.left - EDGE.right);
      if (share >= 0) seek(Math.min(1, share));
    });
  }

  /**
   * What happened is drawn as it is known now, also beyond the moment that is shown.
   * @param {Model} model @param {{ from: number, until: number, cursor: number }} span
   */
  draw(model, { from, until, cursor }) {
    const width = Math.max(320, this.#size.width);
    const lanes = lanesOf(model, from);
    const lane = HEIGHTS.find(([most]) => lanes.length <= most)?.[1] ?? 8;
    const height = TOP + lane * Math.max(1, lanes.length) + 4;
    const x = (/** @type {number} */ at) =>
      EDGE.left + ((Math.max(from, at) - from) / Math.max(1, until - from)) * (width - EDGE.left - EDGE.right);
    const middle = new Map(lanes.map((address, at) => [address, TOP + lane * (at + 0.5)]));
    const parts = ticks(from, until, x, height);
    const stretches = stretchesOf(model, until);
    for (const [address, y] of middle) {
      if (lane > 8)
        parts.push(
          svg(
            "text",
            { class: "lane", x: EDGE.left - 12, y: y + 4, "text-anchor": "end" },
            clip(nameOf(model, address)),
          ),
        );
      for (const { link, begin, end } of stretches.get(address) ?? []) {
        if (end > from) parts.push(svg("line", { class: `stretch ${link}`, x1: x(begin), x2: x(end), y1: y, y2: y }));
      }
    }
    for (const item of model.news.items) {
      const y = middle.get(item.subject);
      if (y === undefined || item.at < from || item.at > until) continue;
      const mark = svg("path", {
        class: `shape ${item.kind}`,
        d: SHAPES[item.kind],
        transform: `translate(${x(item.at).toFixed(1)} ${y}) scale(${lane > 8 ? 1 : 0.7})`,
      });
      mark.append(svg("title", {}, `${fineClock(item.at)} ${sentence(model, item)}`));
      parts.push(mark);
    }
    for (const { since, what, problem } of model.commands) {
      if (since < from || since > until) continue;
      const mark = svg(
        "g",
        {
          class: problem === undefined ? "command" : "command failed",
          transform: `translate(${x(since).toFixed(1)} 15)`,
        },
        svg("path", { d: COMMAND }),
        svg("line", { y2: height }),
      );
      mark.append(svg("title", {}, `${fineClock(since)} ${what}${problem === undefined ? "" : `: ${problem}`}`));
      parts.push(mark);
    }
    parts.push(svg("line", { class: "cursor", x1: x(cursor), x2: x(cursor), y1: 0, y2: height }));
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#svg.style.height = `${height}px`;
    setAttribute(
      this.#svg,
      "aria-label",
      `Timeline of ${lanes.length} peers from ${clock(from)} to ${clock(until)}. The list of changes has the same in words.`,
    );
    this.#svg.replaceChildren(...parts);
  }
}

/** Who is there, or was within the time that is shown. @param {Model} model @param {number} from */
function lanesOf(model, from) {
  const recent = model.news.items.filter(({ at }) => at >= from).map(({ subject }) => subject);
  const names = new Map([...model.peers.keys(), ...recent].map((address) => [address, nameOf(model, address)]));
  const collator = new Intl.Collator("en", { numeric: true });
  return [...names]
    .sort(([a, nameA], [b, nameB]) => collator.compare(nameA, nameB) || collator.compare(a, b))
    .map(([address]) => address);
}

/** How the observer stood to each peer, and from when to when. @param {Model} model @param {number} until */
function stretchesOf(model, until) {
  /** @type {Map<string, { link: string, begin: number, end: number }[]>} */
  const all = new Map();
  for (const { at, peer, link } of model.links) {
    const own = all.get(peer) ?? [];
    const last = own.at(-1);
    if (last !== undefined) last.end = at;
    own.push({ link, begin: at, end: until });
    all.set(peer, own);
  }
  return all;
}

/** @param {number} from @param {number} until @param {(at: number) => number} x @param {number} height @returns {SVGElement[]} */
function ticks(from, until, x, height) {
  const step = STEPS.find((each) => (until - from) / each <= 8) ?? 3_600_000;
  const parts = [];
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) {
    parts.push(svg("line", { class: "grid", x1: x(at), x2: x(at), y1: 16, y2: height }));
    if (x(until) - x(at) > 24)
      parts.push(svg("text", { class: "tick", x: x(at), y: 11, "text-anchor": "middle" }, clock(at)));
  }
  return parts;
}

/** @param {string} name */
const clip = (name) => (name.length > 20 ? `${name.slice(0, 19)}…` : name);
