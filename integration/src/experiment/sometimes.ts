import type { Scenario } from "../scenario/load.js";
import { SOMETIMES, type Sometimes } from "../scenario/schema.js";
import type { Point } from "./judge.js";
import { isListed } from "./replay.js";
import type { Belief, BeliefChange, RunRecord } from "./run-record.js";

/** In how many runs of a scenario something happened that is to happen sometimes. */
export interface Tally {
  readonly what: Sometimes;
  /** The runs in which it did, and all that were recorded. */
  readonly met: number;
  readonly runs: number;
}

/** What a run met of all that is to happen sometimes, from the steady state before to the end of the last step. */
export function metIn(record: RunRecord, distinctViews: readonly Point[]): Sometimes[] {
  const { fromMs, toMs } = stepsOf(record);
  const found = new Set<Sometimes>();
  const held = new Map<number, Map<number, Belief>>();
  for (const change of record.beliefs) {
    if (change.atMs > toMs) break;
    const beliefs = held.get(change.viewer) ?? new Map<number, Belief>();
    const what = meaningOf(change, beliefs.get(change.subject));
    held.set(change.viewer, beliefs.set(change.subject, change.belief));
    if (what !== undefined && change.atMs >= fromMs) found.add(what);
  }
  // A number of views holds until the next, so the first of the steps may be older than they are.
  const differed = distinctViews.some(
    ([atMs, views], at) => views > 1 && atMs <= toMs && (distinctViews[at + 1]?.[0] ?? Infinity) > fromMs,
  );
  if (differed) found.add("views differed");
  return SOMETIMES.filter((what) => found.has(what));
}

/** In how many of the runs that were recorded each thing happened that the scenario wants to happen sometimes. */
export function tally(
  { sometimes = [] }: Pick<Scenario, "sometimes">,
  runs: readonly { readonly met: readonly Sometimes[] }[],
): Tally[] {
  return sometimes.map((what) => ({
    what,
    met: runs.filter(({ met }) => met.includes(what)).length,
    runs: runs.length,
  }));
}

/** The first that never happened in `fewest` runs or more, as a sentence. One run alone need not meet everything. */
export function neverMet(tallies: readonly Tally[], fewest = 2): string | undefined {
  const never = tallies.find(({ met, runs }) => met === 0 && runs >= fewest);
  return never && `in none of ${never.runs} runs ${never.what}: they prove nothing of it`;
}

/** A tally as a line of text. */
export function tallyText({ what, met, runs }: Tally): string {
  if (runs > 1) return `${what}: in ${met} of ${runs} runs`;
  return `${what}: ${met === 1 ? "in this run" : "not in this run, which proves nothing of it"}`;
}

function meaningOf({ belief }: BeliefChange, before: Belief | undefined): Sometimes | undefined {
  if (belief === before) return undefined;
  if (belief === "suspect") return "somebody was suspected";
  if (belief === "failed") return "somebody was removed";
  if (belief === "alive" && before === "suspect") return "a suspicion was denied";
  return isListed(belief) && (before === "failed" || before === "left") ? "somebody came back" : undefined;
}

/** The time of the scenario's own steps. Times are the cluster's own, in ms. */
function stepsOf({ steps, toMs }: RunRecord): { fromMs: number; toMs: number } {
  const own = steps.filter(({ phase }) => phase === "steps");
  return { fromMs: own[0]?.fromMs ?? Infinity, toMs: own.at(-1)?.toMs ?? toMs };
}
