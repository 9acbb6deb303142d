import type { Outcome } from "../experiment/experiment.js";
import type { Judgement } from "../experiment/judge.js";
import type { RunRecord } from "../experiment/run-record.js";
import { tally } from "../experiment/sometimes.js";

/**
 * A run as data for JSON: everything that the page shows, and the record behind that. Each belief change is shortened
 * to an array of its time in ms, viewer, subject and belief.
 */
export function resultOf(outcome: Outcome, judgement: Judgement | undefined, command: string): object {
  const { scenario, verdict, reason, on, seed, wallMs, record, beside } = outcome;
  const { file, title, peers } = scenario;
  return {
    verdict,
    reason,
    on,
    seed,
    wallMs,
    scenario: { file, title, peers },
    command,
    judgement,
    sometimes: judgement && tally(scenario, [judgement]),
    beside,
    recording: record && recorded(record),
  };
}

function recorded({ beliefs, ...record }: RunRecord): object {
  return { ...record, turns: beliefs.map(({ atMs, viewer, subject, belief }) => [atMs, viewer, subject, belief]) };
}
