import type { Outcome } from "../experiment/experiment.js";
import type { Judgement } from "../experiment/judge.js";

/** A run as data: everything the page shows, and what it was made from. A turn is written short: when, who, of whom, what. */
export function resultOf(outcome: Outcome, judgement: Judgement | undefined, command: string): object {
  const { scenario, verdict, reason, on, seed, wallMs, recording } = outcome;
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
    recording: recording && {
      ...recording,
      turns: recording.turns.map(({ atMs, viewer, subject, belief }) => [atMs, viewer, subject, belief]),
    },
  };
}
