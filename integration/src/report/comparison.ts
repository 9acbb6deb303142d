import { spreadOf } from "../experiment/distributions.js";
import { atLine } from "../lib/text.js";
import type { SavedKnowledge, SavedResult } from "./saved-result.js";

/** The runs of one scenario, on one platform and with so many peers, that a report holds. */
export interface SavedReport {
  /** The path that was given. */
  readonly path: string;
  readonly runs: readonly [SavedResult, ...SavedResult[]];
}

/** What a number counts, which says how it is written and from where on it is worse. Less is better of each. */
export type Unit = "ms" | "bytes" | "messages" | "times";

/** One number of two reports; undefined where a report does not have it. */
export interface Row {
  readonly what: string;
  readonly unit: Unit;
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** Undefined where one of the reports does not have the number. */
  readonly change: "worse" | "better" | "same" | undefined;
}

/** How a change became known in all runs of two reports. */
export interface Curves {
  readonly what: string;
  readonly before: readonly SavedKnowledge[];
  readonly after: readonly SavedKnowledge[];
}

export interface Comparison {
  readonly before: SavedReport;
  readonly after: SavedReport;
  readonly rows: readonly Row[];
  readonly curves: readonly Curves[];
}

/** The share of the ping period by which times have to differ. */
const LEAST = 0.1;

/**
 * Compares two reports of one scenario. A time or a load is worse when it has grown by more than the share `tolerance`,
 * a time also by more than a tenth of the ping period; what is counted is worse when there is more of it.
 */
export function compare(before: SavedReport, after: SavedReport, tolerance: number): Comparison {
  const leastMs = LEAST * (pingPeriodOf(after) ?? 0);
  const row = (what: string, unit: Unit, was: number | undefined, is: number | undefined): Row[] => {
    if (was === undefined && is === undefined) return [];
    return [{ what, unit, before: was, after: is, change: changeOf(was, is, unit, { tolerance, leastMs }) }];
  };
  const both = (what: string, unit: Unit, of: (report: SavedReport) => number | undefined): Row[] =>
    row(what, unit, of(before), of(after));
  const curves = pairs(before, after);
  return {
    before,
    after,
    curves,
    rows: [
      ...both("did not hold", "times", (report) => mean(report, ({ verdict }) => (verdict === "true" ? 0 : 1))),
      ...curves.flatMap(({ what, before: was, after: is }) => [
        ...row(`${what}: first knew`, "ms", ...medians("firstMs", was, is)),
        ...row(`${what}: all knew`, "ms", ...medians("fullMs", was, is)),
        ...row(`${what}: not known by all`, "times", unknown(was), unknown(is)),
      ]),
      ...wishes(before, after).map((what) => rowOfWish(what, before, after)),
      ...both("removed though there", "times", (report) =>
        mean(report, ({ judgement }) => judgement?.wrongRemovals.length),
      ),
      ...both("back though down", "times", (report) => mean(report, ({ judgement }) => judgement?.comebacks.length)),
      ...both("more than one view for", "ms", ({ runs }) =>
        median(runs.map(({ judgement }) => judgement?.disagreedMs)),
      ),
      ...both("messages of a peer in a ping period", "messages", (report) => median(loads(report, "messages"))),
      ...both("bytes of a peer in a ping period", "bytes", (report) => median(loads(report, "bytes"))),
    ],
  };
}

/** The ping period of a report, in ms; undefined where none of its runs had a cluster. */
export function pingPeriodOf({ runs }: SavedReport): number | undefined {
  return runs.find(({ recording }) => recording !== undefined)?.recording?.timing.pingPeriodMs;
}

function changeOf(
  before: number | undefined,
  after: number | undefined,
  unit: Unit,
  { tolerance, leastMs }: { readonly tolerance: number; readonly leastMs: number },
): Row["change"] {
  if (before === undefined || after === undefined) return undefined;
  const share = unit === "times" ? 0 : tolerance;
  const least = unit === "ms" ? leastMs : 0;
  const isMore = (one: number, other: number): boolean => one > other * (1 + share) && one - other > least;
  if (isMore(after, before)) return "worse";
  return isMore(before, after) ? "better" : "same";
}

/**
 * The changes of the scenario, with how they became known in each report. What was the same change is told by its words
 * and by how many such there were before it, since lines move when a scenario is edited.
 */
function pairs(before: SavedReport, after: SavedReport): Curves[] {
  const [was, is] = [changesOf(before), changesOf(after)];
  return [...new Set([...is.keys(), ...was.keys()])].map((key) => {
    const [all = [], former = []] = [is.get(key), was.get(key)];
    const [{ line, what } = { line: undefined, what: key }] = [...all, ...former];
    return { what: atLine({ line, what }), before: former, after: all };
  });
}

function changesOf({ runs }: SavedReport): Map<string, SavedKnowledge[]> {
  const lines = new Map<string, (number | undefined)[]>();
  const changes = new Map<string, SavedKnowledge[]>();
  for (const knowledge of runs.flatMap(({ judgement }) => judgement?.knowledge ?? [])) {
    const words = `${knowledge.kind} ${knowledge.what}`;
    const own = lines.get(words) ?? [];
    if (!own.includes(knowledge.line)) lines.set(words, [...own, knowledge.line]);
    const key = `${words} ${lines.get(words)?.indexOf(knowledge.line) ?? 0}`;
    changes.set(key, [...(changes.get(key) ?? []), knowledge]);
  }
  return changes;
}

/** What is to happen sometimes, by either report. */
function wishes(...reports: readonly SavedReport[]): string[] {
  const all = reports.flatMap(({ runs }) => runs).flatMap(({ sometimes = [] }) => sometimes);
  return [...new Set(all.map(({ what }) => what))];
}

/**
 * In what share of the runs something did not happen that is to happen sometimes. Chance moves that share: it is worse
 * only where it happened in none any more, which proves nothing then.
 */
function rowOfWish(what: string, ...[one, other]: readonly [SavedReport, SavedReport]): Row {
  const [before, after] = [one, other].map((report) =>
    mean(report, ({ sometimes = [] }) => {
      const tally = sometimes.find((each) => each.what === what);
      return tally && 1 - tally.met / tally.runs;
    }),
  );
  const common = { what: `did not happen: ${what}`, unit: "times", before, after } as const;
  if (before === undefined || after === undefined) return { ...common, change: undefined };
  if ((before === 1) === (after === 1)) return { ...common, change: "same" };
  return { ...common, change: after === 1 ? "worse" : "better" };
}

/** The share of the occurrences that not all came to know; undefined without occurrences. */
function unknown(all: readonly SavedKnowledge[]): number | undefined {
  return all.length === 0 ? undefined : all.filter(({ fullMs }) => fullMs === undefined).length / all.length;
}

/** The mean over the runs that have the number, since most of them count nothing and a median would hide the rest. */
function mean({ runs }: SavedReport, of: (run: SavedResult) => number | undefined): number | undefined {
  const values = runs.flatMap((run) => of(run) ?? []);
  return values.length === 0 ? undefined : values.reduce((sum, each) => sum + each, 0) / values.length;
}

function medians(
  of: "firstMs" | "fullMs",
  before: readonly SavedKnowledge[],
  after: readonly SavedKnowledge[],
): [before: number | undefined, after: number | undefined] {
  return [median(before.map((each) => each[of])), median(after.map((each) => each[of]))];
}

function median(values: readonly (number | undefined)[]): number | undefined {
  return spreadOf(values.flatMap((value) => value ?? []))?.median;
}

function loads({ runs }: SavedReport, what: "messages" | "bytes"): number[] {
  return runs.flatMap(({ judgement }) => (judgement?.loads ?? []).flatMap(({ inPeriod }) => inPeriod?.[what] ?? []));
}
