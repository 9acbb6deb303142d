import { aligned, atLine, bytes, duration, peers as peersText } from "../lib/text.js";
import { spreadOf, type Distribution, type Spread } from "../experiment/distributions.js";
import type { Outcome } from "../experiment/experiment.js";
import type { Judgement, Knowledge, Load } from "../experiment/judge.js";
import { tally, tallyText, type Tally } from "../experiment/sometimes.js";

/** The outcome of a run as text for a terminal. */
export function outcomeText(outcome: Outcome, judgement: Judgement | undefined): string {
  const { scenario, verdict, reason, matrix, on, seed, record, beside, wallMs } = outcome;
  const numbers = record?.peers.map(({ number }) => number) ?? [];
  const tookMs = record === undefined ? wallMs : record.toMs - record.fromMs;
  const head = `${verdict.toUpperCase()}  ${scenario.title} (${on}, seed ${seed}, ${duration(tookMs)})`;
  const found = verdict === "true" ? [] : [`  ${reason}`, ...(matrix === "" ? [] : [matrix])];
  return [
    head,
    ...found,
    ...(beside === undefined ? [] : ["", `beside: ${beside.command}: ${beside.how}`]),
    ...(judgement === undefined
      ? []
      : [
          "",
          ...judgementLines(judgement),
          ...sometimesLines(tally(scenario, [judgement])),
          ...loadLines(judgement.loads, numbers),
        ]),
  ].join("\n");
}

/** A line for each thing that is to happen sometimes. */
export function sometimesLines(tallies: readonly Tally[]): string[] {
  return tallies.map((each) => `sometimes ${tallyText(each)}`);
}

function judgementLines({ knowledge, wrongRemovals, comebacks, disagreedMs }: Judgement): string[] {
  const rows = knowledge.map((each) => [`  ${atLine(each)}`, time(each.firstMs), known(each), budget(each)]);
  return [
    ...columns([["", "first knew", "all knew", "budget"], ...rows]),
    "",
    `removed though there: ${wrongRemovals.length}; back though down: ${comebacks.length}; more than one view for ${duration(disagreedMs)}`,
  ];
}

/**
 * Lines with the median and the largest of what each peer sent, in all and in a ping period, and with the peers of
 * which that is unknown.
 */
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

/** A count of messages; small averages keep two decimals, since these matter there. */
function figure(count: number): string {
  return Number.isInteger(count) || count >= 100 ? String(Math.round(count)) : count.toFixed(2);
}

function known({ fullMs, knew, viewers }: Knowledge): string {
  return fullMs === undefined ? `${knew} of ${viewers}` : duration(fullMs);
}

function budget({ budgetMs, kind }: { readonly budgetMs: number; readonly kind: string }): string {
  return `${kind} ${duration(budgetMs)}`;
}

/** The distributions over all runs of one scenario, as a table for a terminal. */
export function distributionText(distributions: readonly Distribution[]): string {
  const parts = (spread: Spread | undefined): string[] =>
    spread === undefined ? ["–", "–", "–"] : [spread.median, spread.p95, spread.max].map(duration);
  const rows = distributions.map((each) => [
    `  ${atLine(each)}`,
    ...parts(each.first),
    ...parts(each.full),
    String(each.incomplete),
    budget(each),
  ]);
  const head = ["", "first, median", "p95", "max", "all, median", "p95", "max", "not by all", "budget"];
  return columns([head, ...rows]).join("\n");
}

/** The result of one scenario, for the summary of several. */
export interface Row {
  readonly scenario: string;
  readonly verdict: Outcome["verdict"] | "not run";
  readonly reason: string;
  readonly wallMs: number;
}

/**
 * A line for each scenario with its verdict, its real time and, if the verdict is not true, the reason; then totals.
 */
export function summaryText(rows: readonly Row[]): string {
  const count = (verdict: Row["verdict"]): number => rows.filter((row) => row.verdict === verdict).length;
  const cells = rows.map(({ scenario, verdict, reason, wallMs }) => {
    const why = verdict === "true" ? "" : (reason.split("\n")[0] ?? "");
    return [scenario, verdict, verdict === "not run" ? "" : duration(wallMs), why];
  });
  const lines = aligned(cells, (column) => column !== 2);
  const left = count("not run");
  const totals = `${count("true")} true, ${count("false")} false, ${count("unknown")} unknown`;
  return [...lines, "", left === 0 ? totals : `${totals}, ${left} not run`].join("\n");
}

/** Aligns the first column to the left, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string[] {
  return aligned(rows, (column) => column === 0);
}

function time(ms: number | undefined): string {
  return ms === undefined ? "–" : duration(ms);
}
