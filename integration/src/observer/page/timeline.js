// What happened when: a lane for each peer, and the moment that is shown.
import { byId, setAttribute, svg, widthOf } from "./dom.js";
import { byName } from "./order.js";
import { sentence } from "./sentences.js";
import { COMMAND, SHAPES } from "./shapes.js";
import { clock, fineClock, nameOf } from "./words.js";

/** @import { Model } from "./model.js" */

/** Where the lanes end. */
const RIGHT = 16;
/** Below this width there is less room for names. */
const NARROW = 560;
/** The width of a time, with the space to the next one. */
const LABEL = 64;
const TOP = 22;
/** How tall a lane is, by how many there are. @type {[most: number, pixels: number][]} */
const HEIGHTS = [
  [12, 22],
  [30, 14],
  [Infinity, 8],
];
/** Lanes of this height have no room for names, and little for shapes. */
const LOWEST = 8;
/** The width of a character of a name, with its share of the space around names. */
const CHARACTER = 7.4;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 3600].map((seconds) => seconds * 1000);

/**
 * @typedef {object} Scale Where things are in the picture.
 * @property {number} from
 * @property {number} until
 * @property {number} height
 * @property {number} left Where the lanes begin.
 * @property {number} lane How tall a lane is.
 * @property {(at: number) => number} x
 * @property {ReadonlyMap<string, number>} middle By address: the middle of the lane.
 */

export class Timeline {
  #svg = byId("lanes", SVGSVGElement);
  #card = byId("timeline", HTMLElement);
  #size = widthOf(this.#svg);

  /** @param {(share: number) => void} seek Called with a share, from 0 to 1, of the time that is shown. */
  constructor(seek) {
    this.#svg.addEventListener("click", (event) => {
      const { left, width } = this.#svg.getBoundingClientRect();
      const begin = beginOf(width);
      const share = (event.clientX - left - begin) / (width - begin - RIGHT);
      if (share >= 0) seek(Math.min(1, share));
    });
  }

  /**
   * Draws what happened as it is known now, including what happened after the moment that is shown.
   * @param {Model} model @param {{ from: number, until: number, cursor: number }} span
   */
  draw(model, { from, until, cursor }) {
    const width = Math.max(240, this.#size.width);
    const scale = scaleOf(lanesOf(model, from), width, from, until);
    const { height, left, middle, x } = scale;
    // The scrubber's thumb, half outside its track, has the same edges as the lanes.
    this.#card.style.setProperty("--lanes", `${left}px`);
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#svg.style.height = `${height}px`;
    const span = `from ${clock(from)} to ${clock(until)}`;
    const about = `Timeline of ${middle.size} peers ${span}. The list of changes tells the same in words, up to the moment shown.`;
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
  const left = beginOf(width);
  return {
    from,
    until,
    left,
    lane,
    height: TOP + lane * Math.max(1, addresses.length) + 4,
    x: (at) => left + ((Math.max(from, at) - from) / Math.max(1, until - from)) * (width - left - RIGHT),
    middle: new Map(addresses.map((address, at) => [address, TOP + lane * (at + 0.5)])),
  };
}

/** The lines of the clock. @param {Scale} scale @returns {SVGElement[]} */
function ticks({ from, until, height, x }) {
  const most = Math.min(8, Math.floor((x(until) - x(from)) / LABEL));
  const step = STEPS.find((each) => (until - from) / each <= most) ?? until - from + 1;
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
function lanes(model, { from, until, left, lane, x, middle }) {
  const stretches = stretchesOf(model, until);
  return [...middle].flatMap(([address, y]) => {
    const name = clip(nameOf(model, address), left / CHARACTER);
    const label = svg("text", { class: "lane", x: left - 12, y: y + 4, "text-anchor": "end" }, name);
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

/** Where the lanes begin: what is before them is for the names. @param {number} width */
const beginOf = (width) => (width < NARROW ? 92 : 148);

/** @param {string} name @param {number} longest */
const clip = (name, longest) => (name.length > longest ? `${name.slice(0, longest - 1)}…` : name);
