import type { Address } from "gossip-peer";
import { printable } from "gossip-peer/testbed";

/** How a peer says in its log that others can reach it. */
export const STARTED = '"msg":"started"';

/** A line of a peer's log for a human: when and what. One that is not JSON stays as it is. */
export function storyLine(line: string): string {
  try {
    const { time, msg } = JSON.parse(line) as { time?: unknown; msg?: unknown };
    if (typeof time === "string" && typeof msg === "string") return printable(`${time.slice(11, 23)} ${msg}`);
  } catch {
    // A crash is printed as plain text.
  }
  return printable(line);
}

/** The address of the peer that wrote these lines, by the last that says so; undefined when none does. */
export function authorOf(lines: readonly string[]): Address | undefined {
  for (const line of lines.toReversed()) {
    try {
      const { peer } = JSON.parse(line) as { peer?: unknown };
      if (typeof peer === "string") return peer;
    } catch {
      // As above.
    }
  }
  return undefined;
}
