/** A round of a loop, counted from 1. */
export interface Round {
  readonly number: number;
  /** How many the loop has. */
  readonly of: number;
}

/** "in round 3 of 10", of loops within loops the outermost first; empty outside of loops that have several. */
export function roundText(rounds: readonly Round[]): string {
  const several = rounds.filter(({ of }) => of > 1);
  return several.map(({ number, of }) => `in round ${number} of ${of}`).join(", ");
}
