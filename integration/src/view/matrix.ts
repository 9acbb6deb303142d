import { styleText } from "node:util";
import type { Status } from "gossip-peer";
import { columnsOf, padEnd, printable } from "gossip-peer/testbed";
import { clip, peers } from "../lib/text.js";
import { distinctViews, listed, nameOf, statusAt, type PeerView, type Views } from "./views.js";

export interface MatrixOptions {
  /** How many columns of text there is room for. Default: as many as are needed. */
  readonly width?: number;
  /** How many lines there is room for. Default: as many as are needed. */
  readonly height?: number;
  /** Whether the lines have colours, as escape sequences for a terminal. Default false. */
  readonly colour?: boolean;
}

const SYMBOLS = {
  alive: ["●", "green"],
  suspect: ["?", "yellow"],
  failed: ["✗", "red"],
  left: ["←", "cyan"],
  unknown: ["·", "gray"],
} as const satisfies Record<Status | "unknown", readonly [string, Parameters<typeof styleText>[0]]>;

export const LEGEND = "● alive  ? suspect  ✗ failed  ← left  · unknown";

/**
 * How much a row's label says of its peer. A label with the name also has the address, and every label has the number.
 */
type Detail = "name" | "address" | "number";

/** The layouts that are tried, from the widest to the narrowest: what the labels say, and the width of a cell. */
const LAYOUTS: readonly (readonly [Detail, number])[] = [
  ["name", 3],
  ["name", 2],
  ["address", 2],
  ["number", 2],
  ["number", 1],
];

/**
 * The lines of a table of who sees whom: a row for each peer, a column for what it says of each. Where that is too
 * large, a line for each group of peers that agree. Never more lines than `height`.
 */
export function matrix(views: Views, options: MatrixOptions = {}): string[] {
  const { width = Infinity, height = Infinity } = options;
  const digits = String(Math.max(0, ...views.map(({ number }) => number))).length;
  for (const [detail, cell] of LAYOUTS) {
    const head = header(views, cell, digits).slice(-Math.max(1, height - views.length));
    const labelColumn = labels(views, detail, digits);
    const indent = " ".repeat(columnsOf(labelColumn[0] ?? ""));
    const fits = indent.length + cell * views.length <= width && head.length + views.length <= height;
    if (!fits) continue;
    const rows = views.map(
      (view, at) => `${labelColumn[at] ?? ""}${cells(view, views, cell, { ...options, width: width - indent.length })}`,
    );
    return [...head.map((line) => `${indent}${line}`), ...rows];
  }
  return groupLines(views)
    .slice(0, height)
    .map((line) => clip(line, width));
}

/**
 * The numbers of the columns, written downwards where a cell is too narrow. When there is no room for all lines the
 * last one stays, with the units.
 */
function header(views: Views, cell: number, digits: number): string[] {
  if (digits < cell) return [views.map(({ number }) => String(number).padStart(cell)).join("")];
  return Array.from({ length: digits }, (_, digit) =>
    views.map(({ number }) => (String(number).padStart(digits)[digit] ?? "").padStart(cell)).join(""),
  );
}

/** The label of each row, all of one width. */
function labels(views: Views, detail: Detail, digits: number): string[] {
  const parts: ((view: PeerView) => string)[] = [({ number }) => String(number).padStart(digits)];
  if (detail !== "number") parts.push(({ address }) => clip(address ?? "-", 21));
  if (detail === "name") parts.push((view) => clip(nameOf(view, views), 12));
  const columns = parts.map((part) => padded(views.map(part)));
  return views.map((_, at) => ` ${columns.map((column) => column[at]).join("  ")} `);
}

function padded(texts: string[]): string[] {
  const width = Math.max(...texts.map(columnsOf));
  return texts.map((text) => padEnd(text, width));
}

function cells(
  view: PeerView,
  views: Views,
  cell: number,
  { width = Infinity, colour = false }: MatrixOptions,
): string {
  if (view.members === undefined) {
    const why = view.state === "running" ? `no answer: ${printable(view.problem ?? "not asked yet")}` : view.state;
    return paint(clip(`${" ".repeat(cell - 1)}${why}`, width), "yellow", { colour });
  }
  const known = new Set(views.map(({ address }) => address));
  const others = listed(view).filter((address) => !known.has(address));
  const row = views.map(({ address }) => {
    const [symbol, ink] = SYMBOLS[statusAt(view, address) ?? "unknown"];
    return " ".repeat(cell - 1) + paint(symbol, ink, { colour });
  });
  const more = others.length === 0 ? "" : `  and ${others.join(", ")}`;
  return row.join("") + paint(clip(more, width - cell * views.length), "yellow", { colour });
}

/** A line for each group of peers that list the same, and one for those that gave no answer. */
function groupLines(views: Views): string[] {
  const agreeing = distinctViews(views).map((group) => {
    const [view] = group;
    if (view === undefined) return "";
    const suspects = views.filter(({ address }) => statusAt(view, address) === "suspect");
    const suspected = suspects.length === 0 ? "" : `, ${suspects.length} of them suspect (${named(suspects)})`;
    return ` ${named(group)}: ${listed(view).length} listed${suspected}`;
  });
  const silent = views.filter(({ members }) => members === undefined);
  return silent.length === 0 ? agreeing : [...agreeing, ` ${named(silent)}: not running, or no answer`];
}

function named(views: Views): string {
  return peers(views.map(({ number }) => number));
}

/**
 * The text in a colour or weight, or as it is unless `colour` is set. The environment has no say in it: `styleText`
 * obeys it on some versions of Node and not on others.
 */
export function paint(
  text: string,
  ink: Parameters<typeof styleText>[0],
  { colour }: { readonly colour: boolean },
): string {
  return colour && text !== "" ? styleText(ink, text) : text;
}
