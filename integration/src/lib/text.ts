import { columnsOf, padEnd } from "gossip-peer/testbed";

const SEGMENTER = new Intl.Segmenter();

/** The text in at most so many columns of a terminal; where it is cut off, an ellipsis is in the last of them. */
export function clip(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  if (columns < 1) return "";
  let kept = "";
  for (const { segment } of SEGMENTER.segment(text)) {
    if (columnsOf(kept + segment) >= columns) break;
    kept += segment;
  }
  return `${kept}…`;
}

/**
 * Rows whose cells take equally many columns of a terminal, with two blanks between them and none at the end of a line.
 * `left` says of each column whether its cells stand at the left; the others stand at the right.
 */
export function aligned(rows: readonly (readonly string[])[], left: (column: number) => boolean): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => columnsOf(row[column] ?? ""))));
  const cell = (text: string, column: number): string => {
    const filled = padEnd(text, widths[column] ?? 0);
    return left(column) ? filled : filled.slice(text.length) + text;
  };
  return rows.map((row) => row.map(cell).join("  ").trimEnd());
}

/** Numbers as text: "1-3, 5" for 1, 2, 3 and 5. */
export function ranges(numbers: readonly number[]): string {
  const sorted = [...numbers].sort((a, b) => a - b);
  const starts = sorted.filter((number, at) => number !== (sorted[at - 1] ?? NaN) + 1);
  const ends = sorted.filter((number, at) => number !== (sorted[at + 1] ?? NaN) - 1);
  return starts.map((start, at) => (start === ends[at] ? `${start}` : `${start}-${ends[at] ?? ""}`)).join(", ");
}

/** Peers by their numbers: "peer 2", or "peers 1-3". */
export function peers(numbers: readonly number[]): string {
  return `peer${numbers.length === 1 ? "" : "s"} ${ranges(numbers)}`;
}

/** How many of something there are: "1 run", "3 runs". */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What a line of a file says, with its number: "line 6, kill: 2"; alone where it is of no line. */
export function atLine({ line, what }: { readonly line: number | undefined; readonly what: string }): string {
  return line === undefined ? what : `line ${line}, ${what}`;
}

/** A moment for people to read: "2026-01-02 03:04:05 UTC". */
export function utc(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** A number of bytes in three digits: "555 B", "43.1 kB", "1.20 MB". */
export function bytes(count: number): string {
  if (count < 1000) return `${Math.round(count)} B`;
  const [unit, value] = count < 999_500 ? ["kB", count / 1000] : ["MB", count / 1_000_000];
  return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** A time in ms, as exact as is worth reading: "0 ms", "214 ms", "4.44 s", "2 min 5 s". */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
