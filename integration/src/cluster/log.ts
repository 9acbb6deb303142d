import type { Address } from "gossip-peer";
import { printable } from "gossip-peer/testbed";

/** The part of a log line by which a peer says that others can reach it. */
export const STARTED = '"msg":"started"';

/** A line of a peer's log for people, with time and message. A line that is not JSON stays as it is. */
export function storyLine(line: string): string {
  try {
    const { time, msg } = JSON.parse(line) as { time?: unknown; msg?: unknown };
    if (typeof time === "string" && typeof msg === "string") return printable(`${time.slice(11, 23)} ${msg}`);
  } catch {
    // A crash is printed as plain text.
  }
  return printable(line);
}

/** The address of the peer that wrote these lines, from the last line that names it; undefined when none does. */
export function authorOf(lines: readonly string[]): Address | undefined {
  for (const line of lines.toReversed()) {
    try {
      const { peer } = JSON.parse(line) as { peer?: unknown };
      if (typeof peer === "string") return peer;
    } catch {
      // A crash is printed as plain text.
    }
  }
  return undefined;
}
