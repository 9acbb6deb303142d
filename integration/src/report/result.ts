import type { Outcome } from "../experiment/experiment.js";
import type { Judgement } from "../experiment/judge.js";
import type { RunRecord } from "../experiment/run-record.js";

/**
 * A run as data: everything the page shows, and what it was made from. A change of a belief is written short: when,
 * who, of whom, what.
 */
export function resultOf(outcome: Outcome, judgement: Judgement | undefined, command: string): object {
  const { scenario, verdict, reason, on, seed, wallMs, record } = outcome;
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
    recording: record && recorded(record),
  };
}

function recorded({ beliefs, ...record }: RunRecord): object {
  return { ...record, turns: beliefs.map(({ atMs, viewer, subject, belief }) => [atMs, viewer, subject, belief]) };
}
