// What happened when: a lane for each peer, and the moment that is shown.
import { byId, setAttribute, svg, widthOf } from "./dom.js";
import { byName } from "./order.js";
import { sentence } from "./sentences.js";
import { COMMAND, SHAPES } from "./shapes.js";
import { clock, fineClock, nameOf } from "./words.js";

/** @import { Model } from "./model.js" */

/** Where the lanes begin and end; the scrubber's thumb, half outside its track, has the same edges. */
const EDGE = { left: 148, right: 16 };
const TOP = 22;
/** How tall a lane is, by how many there are. @type {[most: number, pixels: number][]} */
const HEIGHTS = [
  [12, 22],
  [30, 14],
  [Infinity, 8],
];
/** Lanes of this height have no room for names, and little for shapes. */
const LOWEST = 8;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600].map((seconds) => seconds * 1000);
const LONGEST_NAME = 20;

/**
 * @typedef {object} Scale Where things are in the picture.
 * @property {number} from
 * @property {number} until
 * @property {number} height
 * @property {number} lane How tall a lane is.
 * @property {(at: number) => number} x
 * @property {ReadonlyMap<string, number>} middle By address: the middle of the lane.
 */

export class Timeline {
  #svg = byId("lanes", SVGSVGElement);
  #size = widthOf(this.#svg);

  /** @param {(share: number) => void} seek Called with a share, from 0 to 1, of the time that is shown. */
  constructor(seek) {
    this.#svg.addEventListener("click", (event) => {
      const { left, width } = this.#svg.getBoundingClientRect();
      const share = (event.clientX - left - EDGE.left) / (width - EDGE.left - EDGE.right);
      if (share >= 0) seek(Math.min(1, share));
    });
  }

  /**
   * Draws what happened as it is known now, including what happened after the moment that is shown.
   * @param {Model} model @param {{ from: number, until: number, cursor: number }} span
   */
  draw(model, { from, until, cursor }) {
    const width = Math.max(320, this.#size.width);
    const scale = scaleOf(lanesOf(model, from), width, from, until);
    const { height, middle, x } = scale;
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#svg.style.height = `${height}px`;
    const span = `from ${clock(from)} to ${clock(until)}`;
    const about = `Timeline of ${middle.size} peers ${span}. The list of changes has the same in words.`;
    setAttribute(this.#svg, "aria-label", about);
    this.#svg.replaceChildren(
      ...ticks(scale),
      ...lanes(model, scale),
      ...changes(model, scale),
      ...commands(model, scale),
      svg("line", { class: "cursor", x1: x(cursor), x2: x(cursor), y1: 0, y2: height }),
    );
  }
}

/** The peers that are there, or were within the time that is shown. @param {Model} model @param {number} from */
function lanesOf(model, from) {
  const recent = model.news.items.filter(({ at }) => at >= from).map(({ subject }) => subject);
  const names = new Map([...model.peers.keys(), ...recent].map((address) => [address, nameOf(model, address)]));
  return [...names.keys()].sort(byName(names));
}

/**
 * @param {readonly string[]} addresses @param {number} width @param {number} from @param {number} until
 * @returns {Scale}
 */
function scaleOf(addresses, width, from, until) {
  const lane = HEIGHTS.find(([most]) => addresses.length <= most)?.[1] ?? LOWEST;
  return {
    from,
    until,
    lane,
    height: TOP + lane * Math.max(1, addresses.length) + 4,
    x: (at) => EDGE.left + ((Math.max(from, at) - from) / Math.max(1, until - from)) * (width - EDGE.left - EDGE.right),
    middle: new Map(addresses.map((address, at) => [address, TOP + lane * (at + 0.5)])),
  };
}

/** The lines of the clock. @param {Scale} scale @returns {SVGElement[]} */
function ticks({ from, until, height, x }) {
  const step = STEPS.find((each) => (until - from) / each <= 8) ?? 3_600_000;
  const parts = [];
  for (let at = Math.ceil(from / step) * step; at <= until; at += step) {
    parts.push(svg("line", { class: "grid", x1: x(at), x2: x(at), y1: 16, y2: height }));
    if (x(until) - x(at) > 24)
      parts.push(svg("text", { class: "tick", x: x(at), y: 11, "text-anchor": "middle" }, clock(at)));
  }
  return parts;
}

/**
 * The names of the peers, and how the observer stood to each.
 * @param {Model} model @param {Scale} scale @returns {SVGElement[]}
 */
function lanes(model, { from, until, lane, x, middle }) {
  const stretches = stretchesOf(model, until);
  return [...middle].flatMap(([address, y]) => {
    const name = clip(nameOf(model, address));
    const label = svg("text", { class: "lane", x: EDGE.left - 12, y: y + 4, "text-anchor": "end" }, name);
    const shown = (stretches.get(address) ?? []).filter(({ end }) => end > from);
    const lines = shown.map(({ link, begin, end }) =>
      svg("line", { class: `stretch ${link}`, x1: x(begin), x2: x(end), y1: y, y2: y }),
    );
    return lane > LOWEST ? [label, ...lines] : lines;
  });
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

/** @param {Model} model @param {Scale} scale @returns {SVGElement[]} */
function changes(model, { from, until, lane, x, middle }) {
  return model.news.items.flatMap((item) => {
    const y = middle.get(item.subject);
    if (y === undefined || item.at < from || item.at > until) return [];
    const transform = `translate(${x(item.at).toFixed(1)} ${y}) scale(${lane > LOWEST ? 1 : 0.7})`;
    const title = svg("title", {}, `${fineClock(item.at)} ${sentence(model, item)}`);
    return svg("path", { class: `shape ${item.kind}`, d: SHAPES[item.kind], transform }, title);
  });
}

/** @param {Model} model @param {Scale} scale @returns {SVGElement[]} */
function commands(model, { from, until, height, x }) {
  const shown = model.commands.filter(({ since }) => since >= from && since <= until);
  return shown.map(({ since, what, problem }) =>
    svg(
      "g",
      {
        class: problem === undefined ? "command" : "command failed",
        transform: `translate(${x(since).toFixed(1)} 15)`,
      },
      svg("path", { d: COMMAND }),
      svg("line", { y2: height }),
      svg("title", {}, `${fineClock(since)} ${what}${problem === undefined ? "" : `: ${problem}`}`),
    ),
  );
}

/** @param {string} name */
const clip = (name) => (name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name);
