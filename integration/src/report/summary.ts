import { bytes, duration, peers as peersText } from "../lib/text.js";
import { spreadOf, type Distribution, type Spread } from "../experiment/distributions.js";
import type { Outcome } from "../experiment/experiment.js";
import type { Judgement, Knowledge, Load } from "../experiment/judge.js";

/** The outcome of a run, to be read on a terminal. */
export function outcomeText(outcome: Outcome, judgement: Judgement | undefined): string {
  const { scenario, verdict, reason, matrix, on, seed, record, wallMs } = outcome;
  const numbers = record?.peers.map(({ number }) => number) ?? [];
  const tookMs = record === undefined ? wallMs : record.toMs - record.fromMs;
  const head = `${verdict.toUpperCase()}  ${scenario.title} (${on}, seed ${seed}, ${duration(tookMs)})`;
  const found = verdict === "true" ? [] : [`  ${reason}`, ...(matrix === "" ? [] : [matrix])];
  return [
    head,
    ...found,
    ...(judgement === undefined ? [] : ["", ...judgementLines(judgement), ...loadLines(judgement.loads, numbers)]),
  ].join("\n");
}

function judgementLines({ knowledge, wrongRemovals, comebacks, disagreedMs }: Judgement): string[] {
  const rows = knowledge.map((each) => [named(each), time(each.firstMs), known(each), budget(each)]);
  return [
    ...columns([["", "first knew", "all knew", "budget"], ...rows]),
    "",
    `removed though there: ${wrongRemovals.length}; back though down: ${comebacks.length}; more than one view for ${duration(disagreedMs)}`,
  ];
}

/** The median and the maximum of what peers sent, and the peers of which that is not known. */
export function loadLines(loads: readonly Load[], peers: readonly number[]): string[] {
  const silent = peers.filter((number) => !loads.some(({ peer }) => peer === number));
  const unread = loads.filter((load) => load.unread > 0).map(({ peer }) => peer);
  const notes = [
    ...(silent.length === 0 ? [] : [`not published by ${peersText(silent)}`]),
    ...(unread.length === 0 ? [] : [`without lives of ${peersText(unread)} that could not be asked when they ended`]),
  ];
  const inPeriod = loads.flatMap((load) => load.inPeriod ?? []);
  const each = (of: readonly { messages: number; bytes: number }[]): string[] => {
    const messages = spreadOf(of.map((one) => one.messages));
    const size = spreadOf(of.map((one) => one.bytes));
    const cells = (part: "median" | "max"): string =>
      messages === undefined || size === undefined ? "–" : `${figure(messages[part])} messages, ${bytes(size[part])}`;
    return [cells("median"), cells("max")];
  };
  if (loads.length === 0) return ["", ...notes.map((note) => `sent by a peer: ${note}`)];
  return [
    "",
    ...columns([
      ["sent by a peer", "median", "most"],
      ["  in all", ...each(loads)],
      ["  in a ping period", ...each(inPeriod)],
    ]),
    ...notes.map((note) => `  ${note}`),
  ];
}

/** Few messages are told apart by their fraction. */
function figure(count: number): string {
  return Number.isInteger(count) || count >= 100 ? String(Math.round(count)) : count.toFixed(2);
}

function known({ fullMs, knew, viewers }: Knowledge): string {
  return fullMs === undefined ? `${knew} of ${viewers}` : duration(fullMs);
}

function named({ line, what }: { readonly line: number | undefined; readonly what: string }): string {
  return line === undefined ? `  ${what}` : `  line ${line}, ${what}`;
}

function budget({ budgetMs, kind }: { readonly budgetMs: number; readonly kind: string }): string {
  return `${kind} ${duration(budgetMs)}`;
}

/** The figures of all runs of one scenario together. */
export function distributionText(distributions: readonly Distribution[]): string {
  const parts = (spread: Spread | undefined): string[] =>
    spread === undefined ? ["–", "–", "–"] : [spread.median, spread.p95, spread.max].map(duration);
  const rows = distributions.map((each) => [
    named(each),
    ...parts(each.first),
    ...parts(each.full),
    String(each.incomplete),
    budget(each),
  ]);
  const head = ["", "first, median", "p95", "max", "all, median", "p95", "max", "not by all", "budget"];
  return columns([head, ...rows]).join("\n");
}

export interface Row {
  readonly scenario: string;
  readonly verdict: Outcome["verdict"];
  readonly reason: string;
  readonly wallMs: number;
}

/** A line for each scenario: what came of it, how long that took, and why where it does not hold. */
export function summaryText(rows: readonly Row[]): string {
  const count = (verdict: Outcome["verdict"]): number => rows.filter((row) => row.verdict === verdict).length;
  const width = Math.max(0, ...rows.map(({ scenario }) => scenario.length));
  const lines = rows.map(({ scenario, verdict, reason, wallMs }) => {
    const why = verdict === "true" ? "" : `  ${reason.split("\n")[0] ?? ""}`;
    return `${scenario.padEnd(width)}  ${verdict.padEnd(7)}  ${duration(wallMs).padStart(12)}${why}`.trimEnd();
  });
  const totals = `${count("true")} true, ${count("false")} false, ${count("unknown")} unknown`;
  return [...lines, "", totals].join("\n");
}

/** The first column to the left, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
}

function time(ms: number | undefined): string {
  return ms === undefined ? "–" : duration(ms);
}
