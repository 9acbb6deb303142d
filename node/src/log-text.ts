import { styleText } from "node:util";
import { printable } from "./table.js";

/** A line of the log as pino writes it. */
interface Line {
  readonly level: number;
  readonly time: string;
  readonly msg: string;
  readonly reason?: string;
  readonly err?: { readonly stack?: string };
}

const LEVELS: Readonly<Record<number, { readonly name: string; readonly colour: Parameters<typeof styleText>[0] }>> = {
  20: { name: "debug", colour: "gray" },
  30: { name: "info", colour: "green" },
  40: { name: "warn", colour: "yellow" },
  50: { name: "error", colour: "red" },
};

/**
 * A line of JSON as people read it at a terminal: the time of the day, in UTC, the level and the text, and of an error
 * where it was thrown. What peers say of themselves is in some texts, and must not steer the terminal.
 */
export function logText(json: string, { inColour = false } = {}): string {
  const { level, time, msg, err } = JSON.parse(json) as Line;
  const { name, colour } = LEVELS[level] ?? { name: String(level), colour: "reset" as const };
  const shown = inColour ? styleText(colour, name.padEnd(5), { validateStream: false }) : name.padEnd(5);
  const stack = (err?.stack ?? "").split("\n").filter((each) => each !== "");
  const rest = stack.map((each) => `\n    ${printable(each)}`).join("");
  return `${time.slice(11, 23)} ${shown} ${printable(msg)}${rest}\n`;
}
