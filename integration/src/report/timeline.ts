import type { Judgement, Point } from "../experiment/judge.js";
import { rowOf } from "../fault/kinds.js";
import type { RecordedFault, RecordedStep, RunRecord } from "../experiment/run-record.js";
import { duration, peers as peersText, plural } from "../lib/text.js";
import { el, type Content, type Markup } from "./markup.js";
import { round, scale, tick, type Scale } from "./scale.js";
import { listedShares } from "./shares.js";

const WIDTH = 1080;
const LEFT = 84;
const RIGHT = 16;
const CHARACTER = 6;
const LABEL_ROWS = 3;
const LABEL_HEIGHT = 15;
const VIEWS_HEIGHT = 46;
/**
 * The share of a lane's height that is filled when all peers list this one. A fault's band stays visible above that.
 */
const LISTED = 0.6;
/** The most lanes that are drawn, since more cannot be read. Peers that a fault concerned are preferred. */
const MOST_LANES = 100;

/**
 * The course of a run over time: its steps, a lane for each peer with bands for faults, the number of different views.
 */
export function timeline(record: RunRecord, judgement: Judgement): Markup {
  const { fromMs, toMs, steps, faults } = record;
  const x = scale(fromMs, Math.max(toMs, fromMs + 1), LEFT, WIDTH - RIGHT, 12);
  const shown = lanesShown(record);
  const height = shown.length <= 12 ? 26 : shown.length <= 30 ? 16 : 11;
  const stepsTop = 6;
  const marksTop = stepsTop + 26;
  const lanesTop = marksTop + LABEL_ROWS * LABEL_HEIGHT + 4;
  const lanesBottom = lanesTop + shown.length * height;
  const viewsTop = lanesBottom + 14;
  const bottom = viewsTop + VIEWS_HEIGHT;
  return el(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${bottom + 24}`,
      role: "img",
      "aria-label": "Timeline: steps, a lane for each peer with its faults, number of different views",
      class: "timeline",
      "data-left": LEFT,
      "data-right": WIDTH - RIGHT,
    },
    axis(x, lanesTop, bottom),
    el("text", { x: LEFT - 8, y: stepsTop + 14, class: "name" }, "steps"),
    steps.map((step) => stepMark(step, x, stepsTop, toMs)),
    faultMarks(faults, x, marksTop, bottom),
    lanes(shown, record, x, lanesTop, height),
    views(judgement.distinctViews, toMs, x, viewsTop),
    el("line", { class: "cursor", x1: LEFT, x2: LEFT, y1: stepsTop, y2: bottom }),
  );
}

/** How many peers have no lane, for the text below. */
export function lanesLeftOut(record: RunRecord): number {
  return record.peers.length - lanesShown(record).length;
}

function lanesShown({ peers, faults }: RunRecord): number[] {
  const all = peers.map(({ number }) => number);
  if (all.length <= MOST_LANES) return all;
  const touched = new Set(faults.flatMap((fault) => (fault.peers.length < all.length ? fault.peers : [])));
  return [...all.filter((each) => touched.has(each)), ...all.filter((each) => !touched.has(each))]
    .slice(0, MOST_LANES)
    .sort((a, b) => a - b);
}

function axis(x: Scale, top: number, bottom: number): Content {
  return x.ticks.map((ms) => [
    el("line", { class: "grid", x1: x(ms), x2: x(ms), y1: top, y2: bottom }),
    el("text", { class: "tick", x: x(ms), y: bottom + 15 }, tick(ms)),
  ]);
}

function stepMark(step: RecordedStep, x: Scale, top: number, endMs: number): Content {
  if (step.kind === "fault") return undefined; // faults have marks of their own
  const from = x(step.fromMs);
  const width = Math.max(2, round(x(step.toMs ?? step.failedMs ?? endMs) - from));
  const label = step.what.replace(/^expect: /, "");
  const isUnmet = step.toMs === undefined;
  return el(
    "g",
    { class: `step ${step.kind}${isUnmet ? " unmet" : ""}` },
    el("rect", { x: from, y: top, width, height: 20, rx: 3 }),
    label.length * CHARACTER + 12 < width ? el("text", { x: from + 6, y: top + 14 }, label) : undefined,
    el("title", {}, `${step.what}: ${took(step)}`),
  );
}

/** The time that a step took, and its limit if there is one, as text. */
export function took({ fromMs, toMs, failedMs, limitMs }: RecordedStep): string {
  const endMs = toMs ?? failedMs;
  const time = endMs === undefined ? "" : duration(endMs - fromMs);
  const all = limitMs === undefined || limitMs === 0 ? time : `${time} of ${duration(limitMs)}`;
  return toMs === undefined ? `failed after ${all}` : all;
}

/**
 * A line where each fault begins, with its name where there is room. The tooltip and the table of faults have every
 * name.
 */
function faultMarks(faults: readonly RecordedFault[], x: Scale, top: number, bottom: number): Content {
  const ends = Array.from({ length: LABEL_ROWS }, () => 0);
  return faults.map((fault) => {
    const at = x(fault.begunMs);
    const label = nameOf(fault);
    const width = label.length * CHARACTER + 10;
    const left = at + width > WIDTH ? at - width : at;
    const row = ends.findIndex((end) => end <= left);
    if (row >= 0) ends[row] = left + width;
    const y = top + (row + 1) * LABEL_HEIGHT - 4;
    return el(
      "g",
      { class: "mark" },
      el("line", { x1: at, x2: at, y1: row < 0 ? top + LABEL_ROWS * LABEL_HEIGHT : y - 9, y2: bottom }),
      row < 0
        ? undefined
        : el("text", { x: left === at ? at + 4 : at - 4, y, "text-anchor": left === at ? "start" : "end" }, label),
      el("title", {}, `${duration(fault.begunMs)}: ${fault.what}`),
    );
  });
}

/** A short name of a fault, with the peers it concerns. */
export function nameOf({ kind, peers, what }: RecordedFault): string {
  const { of } = rowOf(kind);
  if (of === "way") return what.replace(/: .*/, "");
  if (of === "network" || of === "all networks") return what;
  return peers.length === 0 ? kind : `${kind} ${peersText(peers).replace(/^peers? /, "")}`;
}

function lanes(shown: readonly number[], record: RunRecord, x: Scale, top: number, height: number): Content {
  const shares = listedShares(record);
  return shown.map((peer, index) => {
    const y = top + index * height;
    const line = shares.get(peer) ?? [];
    return el(
      "g",
      { class: "lane" },
      el("text", { x: LEFT - 8, y: y + height / 2 + 3.5, class: "name" }, height > 12 ? `peer ${peer}` : peer),
      bands(peer, record, x, y, height - 1),
      el("path", { class: "listed", d: area(line, record.toMs, x, y + height - 1, height * LISTED) }),
      record.faults.map((fault) => moment(fault, peer, x, y, height)),
    );
  });
}

function bands(peer: number, { faults, lives, toMs }: RunRecord, x: Scale, y: number, height: number): Content {
  const drawn = faults.flatMap((fault) => {
    const { band } = rowOf(fault.kind);
    if (band === undefined || !fault.lasts || !fault.peers.includes(peer)) return [];
    const endMs = fault.ends.find((end) => end.peer === peer)?.atMs ?? toMs;
    return [{ kind: fault.kind, fromMs: fault.begunMs, endMs, what: `${band.text}: ${fault.what}` }];
  });
  // A peer that does not run from the beginning has a band as well, although no fault stopped it.
  const own = lives.filter((life) => life.peer === peer);
  const [first, second] = own;
  if (first?.state === "down") {
    const endMs = second?.atMs ?? toMs;
    drawn.push({ kind: "stop", fromMs: first.atMs, endMs, what: "not started yet" });
  }
  return drawn.map(({ kind, fromMs, endMs, what }) =>
    el(
      "rect",
      { class: `band ${kind}`, x: x(fromMs), y, width: Math.max(1.5, round(x(endMs) - x(fromMs))), height },
      el("title", {}, `peer ${peer} ${what}, ${duration(fromMs)} to ${duration(endMs)}`),
    ),
  );
}

/** A dot for a fault that happens in a moment and so has no band. */
function moment(fault: RecordedFault, peer: number, x: Scale, y: number, height: number): Content {
  const { band, of } = rowOf(fault.kind);
  const isDrawn = band === undefined && of !== "all networks" && fault.peers.includes(peer);
  return isDrawn
    ? el("circle", { class: "moment", cx: x(fault.begunMs), cy: y + height / 2, r: height > 12 ? 3.5 : 2.2 })
    : undefined;
}

function views(points: readonly Point[], endMs: number, x: Scale, top: number): Content {
  const most = Math.max(1, ...points.map(([, value]) => value));
  const base = top + VIEWS_HEIGHT;
  const shares = points.map(([atMs, value]): Point => [atMs, value / most]);
  return [
    el("text", { class: "name", x: LEFT - 8, y: top + 12 }, plural(most, "view")),
    el("text", { class: "name", x: LEFT - 8, y: base - 2 }, "0"),
    el("path", { class: "views", d: area(shares, endMs, x, base, VIEWS_HEIGHT) }),
    el("line", { class: "base", x1: LEFT, x2: WIDTH - RIGHT, y1: base, y2: base }),
  ];
}

/** The area below shares from 0 to 1 that each hold until the next. */
function area(points: readonly Point[], endMs: number, x: Scale, base: number, height: number): string {
  const path = points.map(([atMs, share], index) => {
    const y = round(base - share * height);
    return index === 0 ? `M${x(atMs)} ${base}V${y}` : `H${x(atMs)}V${y}`;
  });
  return path.length === 0 ? "" : `${path.join("")}H${x(endMs)}V${base}Z`;
}
