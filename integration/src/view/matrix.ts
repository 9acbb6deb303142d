import { styleText } from "node:util";
import { printable, type Status } from "gossip-peer";
import { clip, peers } from "../lib/text.js";
import { distinctViews, listed, nameOf, statusAt, type PeerView, type Views } from "./views.js";

export interface MatrixOptions {
  /** Columns of text there is room for. Default: as many as it takes. */
  readonly width?: number;
  /** Lines there is room for. Default: as many as it takes. */
  readonly height?: number;
  /** Default false. */
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

type Detail = "name" | "address" | "number";

/** From roomy to tight: what stands before the cells, and how wide a cell is. */
const LAYOUTS: readonly (readonly [Detail, number])[] = [
  ["name", 3],
  ["name", 2],
  ["address", 2],
  ["number", 2],
  ["number", 1],
];

/** Who sees whom: a row for each peer, a column for what it says of each; where that is too large, who agrees with whom. */
export function matrix(views: Views, options: MatrixOptions = {}): string[] {
  const { width = Infinity, height = Infinity } = options;
  const digits = String(Math.max(0, ...views.map(({ number }) => number))).length;
  for (const [detail, cell] of LAYOUTS) {
    const head = header(views, cell, digits).slice(-Math.max(1, height - views.length));
    const labels = labelled(views, detail, digits);
    const indent = " ".repeat(labels[0]?.length ?? 0);
    const fits = indent.length + cell * views.length <= width && head.length + views.length <= height;
    if (!fits) continue;
    const rows = views.map(
      (view, at) => `${labels[at] ?? ""}${cells(view, views, cell, { ...options, width: width - indent.length })}`,
    );
    return [...head.map((line) => `${indent}${line}`), ...rows];
  }
  return groups(views)
    .slice(0, height)
    .map((line) => clip(line, width));
}

/** The columns' numbers, upright where a cell is too narrow for them; the last line, the units, says enough by itself. */
function header(views: Views, cell: number, digits: number): string[] {
  if (digits < cell) return [views.map(({ number }) => String(number).padStart(cell)).join("")];
  return Array.from({ length: digits }, (_, digit) =>
    views.map(({ number }) => (String(number).padStart(digits)[digit] ?? "").padStart(cell)).join(""),
  );
}

function labelled(views: Views, detail: Detail, digits: number): string[] {
  const parts: ((view: PeerView) => string)[] = [({ number }) => String(number).padStart(digits)];
  if (detail !== "number") parts.push(({ address }) => clip(address ?? "-", 21));
  if (detail === "name") parts.push((view) => clip(nameOf(view, views), 12));
  const columns = parts.map((part) => padded(views.map(part)));
  return views.map((_, at) => ` ${columns.map((column) => column[at]).join("  ")} `);
}

function padded(texts: string[]): string[] {
  const width = Math.max(...texts.map((text) => text.length));
  return texts.map((text) => text.padEnd(width));
}

function cells(
  view: PeerView,
  views: Views,
  cell: number,
  { width = Infinity, colour = false }: MatrixOptions,
): string {
  if (view.members === undefined) {
    const why = view.state === "running" ? `no answer: ${printable(view.problem ?? "not asked yet")}` : view.state;
    return paint(clip(`${" ".repeat(cell - 1)}${why}`, width), "yellow", colour);
  }
  const known = new Set(views.map(({ address }) => address));
  const others = listed(view).filter((address) => !known.has(address));
  const row = views.map(({ address }) => {
    const [symbol, ink] = SYMBOLS[statusAt(view, address) ?? "unknown"];
    return " ".repeat(cell - 1) + paint(symbol, ink, colour);
  });
  const rest = others.length === 0 ? "" : `  and ${others.join(", ")}`;
  return row.join("") + paint(clip(rest, width - cell * views.length), "yellow", colour);
}

function groups(views: Views): string[] {
  const agreeing = distinctViews(views).map((group) => {
    const [view] = group;
    if (view === undefined) return "";
    const suspects = views.filter(({ address }) => statusAt(view, address) === "suspect");
    const doubt =
      suspects.length === 0
        ? ""
        : `, ${suspects.length} of them suspect (${peers(suspects.map(({ number }) => number))})`;
    return ` ${peers(group.map(({ number }) => number))}: ${listed(view).length} listed${doubt}`;
  });
  const unheard = views.filter(({ members }) => members === undefined).map(({ number }) => number);
  return unheard.length === 0 ? agreeing : [...agreeing, ` ${peers(unheard)}: not running, or no answer`];
}

/**
 * The text in a colour or weight, or as it is unless `colour` is set. The environment has no say in it: `styleText` obeys it
 * on some versions of Node and not on others.
 */
export function paint(text: string, ink: Parameters<typeof styleText>[0], colour: boolean): string {
  return colour && text !== "" ? styleText(ink, text) : text;
}
