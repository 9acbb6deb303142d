import type { Distribution } from "../experiment/distributions.js";
import { isMissed, type Judgement, type Knowledge, type Load } from "../experiment/judge.js";
import { rowsOf, type BeliefChange, type RunRecord } from "../experiment/run-record.js";
import { chosenText } from "../experiment/steady.js";
import { bytes, duration, peers as peersText } from "../lib/text.js";
import { card } from "./html.js";
import { el, type Content, type Markup } from "./markup.js";
import { took } from "./timeline.js";

export interface Column<T> {
  readonly head: string;
  readonly cell: (row: T) => Content;
  /** Whether the cells are numbers, which are aligned to the right so that they can be compared. */
  readonly number?: boolean;
  /** Whether the cell of this row shows a problem, and is highlighted. */
  readonly bad?: (row: T) => boolean;
}

/** A table with a row for each of `rows`; `caption` is what a screen reader says. */
export function table<T>(caption: string, columns: readonly Column<T>[], rows: readonly T[]): Markup {
  const classOf = ({ number = false }: Column<T>, { isBad = false } = {}): string | undefined =>
    [number ? "n" : "", isBad ? "bad" : ""].filter(Boolean).join(" ") || undefined;
  return card(
    caption,
    el(
      "table",
      { "aria-label": caption },
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          columns.map((column) =>
            column.head === "" ? el("td") : el("th", { scope: "col", class: classOf(column) }, column.head),
          ),
        ),
      ),
      el(
        "tbody",
        {},
        rows.map((row) =>
          el(
            "tr",
            {},
            columns.map((column) =>
              el("td", { class: classOf(column, { isBad: column.bad?.(row) ?? false }) }, column.cell(row)),
            ),
          ),
        ),
      ),
    ),
  );
}

const time = (ms: number | undefined): string => (ms === undefined ? "–" : duration(ms));
const place = (line: number | undefined): Content => line ?? "–";

export function knowledgeTable(knowledge: readonly Knowledge[]): Markup {
  return table(
    "How fast each change became known",
    [
      { head: "at", number: true, cell: ({ atMs }) => duration(atMs) },
      { head: "line", number: true, cell: ({ line }) => place(line) },
      { head: "what", cell: ({ what }) => el("code", {}, what) },
      { head: "first knew", number: true, cell: ({ firstMs }) => time(firstMs) },
      { head: "all knew", number: true, cell: ({ fullMs }) => time(fullMs), bad: isMissed },
      { head: "budget", number: true, cell: ({ kind, budgetMs }) => `${kind} ${duration(budgetMs)}` },
      { head: "knew", number: true, cell: ({ knew, viewers }) => `${knew} of ${viewers}` },
      { head: "meanwhile", cell: ({ during }) => during.join("; ") },
    ],
    knowledge,
  );
}

export function stepsTable({ steps }: RunRecord): Markup {
  const phases = { before: "steady state", steps: "", after: "steady state after" };
  return table(
    "The steps",
    [
      { head: "line", number: true, cell: ({ step }) => place(step.line) },
      { head: "step", cell: ({ step }) => el("code", {}, step.what) },
      { head: "times", number: true, cell: ({ times }) => times },
      { head: "whom, the last time", cell: ({ step }) => chosenText(step.chosen) },
      { head: "from", number: true, cell: ({ step }) => duration(step.fromMs) },
      { head: "took", number: true, cell: ({ step }) => took(step), bad: ({ step }) => step.toMs === undefined },
      { head: "", cell: ({ step }) => phases[step.phase] },
    ],
    rowsOf(steps),
  );
}

export function faultsTable({ faults, toMs }: RunRecord): Markup {
  return table(
    "The faults",
    [
      { head: "at", number: true, cell: ({ begunMs }) => duration(begunMs) },
      { head: "line", number: true, cell: ({ line }) => place(line) },
      { head: "what", cell: ({ what }) => el("code", {}, what) },
      { head: "at whom", cell: ({ peers, ways }) => whom(peers, ways) },
      {
        head: "lasted",
        number: true,
        cell: ({ lasts, ends, begunMs }) =>
          lasts ? duration(Math.max(0, ...ends.map(({ atMs }) => atMs), ends.length === 0 ? toMs : 0) - begunMs) : "–",
      },
    ],
    faults,
  );
}

/** The loads of the peers that publish them. */
export function loadTable(loads: readonly Load[]): Markup {
  const unread: Column<Load> = { head: "lives not asked at their end", number: true, cell: (load) => load.unread };
  return table<Load>(
    "What each peer sent",
    [
      { head: "peer", number: true, cell: ({ peer }) => peer },
      { head: "messages", number: true, cell: ({ messages }) => messages },
      { head: "bytes", number: true, cell: (load) => bytes(load.bytes) },
      { head: "ran for", number: true, cell: ({ forMs }) => duration(forMs) },
      { head: "messages in a period", number: true, cell: ({ inPeriod }) => inPeriod?.messages.toFixed(2) ?? "–" },
      { head: "bytes in a period", number: true, cell: ({ inPeriod }) => (inPeriod ? bytes(inPeriod.bytes) : "–") },
      ...(loads.some((load) => load.unread > 0) ? [unread] : []),
    ],
    loads,
  );
}

function whom(peers: readonly number[], ways: readonly unknown[]): string {
  if (peers.length === 0) return "the network";
  return ways.length === 0 ? peersText(peers) : `${ways.length} ways between ${peersText(peers)}`;
}

/** The wrong removals and comebacks of a run; a sentence instead of a table when there were none. */
export function amissTable({ wrongRemovals, comebacks }: Judgement): Markup {
  const sort = (what: string) => (change: BeliefChange) => ({ ...change, what });
  const all = [
    ...wrongRemovals.map(sort("removed, though it was there")),
    ...comebacks.map(sort("listed again, though it was down")),
  ];
  if (all.length === 0) return el("p", {}, "No peer was removed that was there, and none came back that was down.");
  return table(
    "What should not have happened",
    [
      { head: "at", number: true, cell: ({ atMs }) => duration(atMs) },
      { head: "by", cell: ({ viewer }) => `peer ${viewer}` },
      { head: "of", cell: ({ subject }) => `peer ${subject}` },
      { head: "what", cell: ({ what }) => what, bad: () => true },
    ],
    all.sort((a, b) => a.atMs - b.atMs),
  );
}

export function distributionTable(distributions: readonly Distribution[]): Markup {
  const three = (which: "first" | "full"): Column<Distribution>[] =>
    (["median", "p95", "max"] as const).map((part) => ({
      head: part === "median" ? `${which === "first" ? "first" : "all"}: median` : part,
      number: true,
      cell: (row: Distribution) => time(row[which]?.[part]),
    }));
  return table<Distribution>(
    "All runs together",
    [
      { head: "line", number: true, cell: ({ line }) => place(line) },
      { head: "what", cell: ({ what }) => el("code", {}, what) },
      { head: "times", number: true, cell: ({ count }) => count },
      ...three("first"),
      ...three("full"),
      { head: "not by all", number: true, cell: ({ incomplete }) => incomplete },
      { head: "budget", number: true, cell: ({ budgetMs }) => duration(budgetMs) },
    ],
    distributions,
  );
}
