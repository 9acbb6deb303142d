/** Prints a line about the progress; the figures alone go to stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A time in ms as "12.3 s". */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
