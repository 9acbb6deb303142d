import { styleText } from "node:util";
import { printable } from "./table.js";

/** A line of the log as pino writes it. */
interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly err?: { readonly stack?: string };
}

const COLOURS: Readonly<Record<string, Parameters<typeof styleText>[0]>> = {
  debug: "gray",
  info: "green",
  warn: "yellow",
  error: "red",
};

/**
 * A line of JSON as people read it at a terminal: the time of the day, in UTC, the level and the text, and of an error
 * where it was thrown. What peers say of themselves is in some texts, and must not steer the terminal.
 */
export function logText(json: string, { inColour = false } = {}): string {
  const { level, time, msg, err } = JSON.parse(json) as Line;
  const colour = inColour ? COLOURS[level] : undefined;
  const name = level.padEnd(5);
  const shown = colour === undefined ? name : styleText(colour, name, { validateStream: false });
  const stack = (err?.stack ?? "").split("\n").filter((each) => each !== "");
  const rest = stack.map((each) => `\n    ${printable(each)}`).join("");
  return `${time.slice(11, 23)} ${shown} ${printable(msg)}${rest}\n`;
}
