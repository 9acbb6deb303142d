import type { Found } from "./experiment.js";

/** How many of the last lines that a program printed are told where it failed. */
const MOST_LINES = 10;

/** A program that runs beside an experiment. */
export interface Beside {
  /** Ends the program where it has not ended by itself. Resolves to what became of it, and never rejects. */
  end(): Promise<BesideOutcome>;
}

export interface BesideOutcome {
  readonly command: string;
  /** How it ended, as "ended with code 1". */
  readonly how: string;
  /** Whether it ended by itself, and not well. */
  readonly isFailure: boolean;
  /** The last of what it printed. */
  readonly output: string;
}

/** What was found of a run; false where that was true and the program beside it failed. */
export function judgedBeside(found: Found, beside: BesideOutcome | undefined): Found {
  if (beside?.isFailure !== true || found.verdict !== "true") return found;
  const lines = beside.output.trimEnd().split("\n").slice(-MOST_LINES);
  return { verdict: "false", reason: [`beside: ${beside.command}: ${beside.how}`, ...lines].join("\n  ") };
}
