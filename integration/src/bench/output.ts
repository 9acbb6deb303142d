/** Prints a line about the progress; the figures alone go to stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
