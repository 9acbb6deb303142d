/** How a time on a clock of this machine is written, as "20 min", "90 s" or "2 h"; in short "20m". */
export const WALL_TIME = /^(\d+(?:\.\d+)?) ?(s|min|m|h)$/;
/** The words for a text that WALL_TIME and `wallTimeMs` understand, for messages. */
export const WALL_TIME_IS = 'a time of 20 days at most, as "20 min", "90 s" or "2 h"';
/** A timer of Node's takes 24 days at most. */
const LONGEST_MS = 20 * 24 * 3_600_000;

/** The time in ms; undefined for a text that is no such time, or no time at all, or too long. */
export function wallTimeMs(text: string): number | undefined {
  const [, count = "", unit] = WALL_TIME.exec(text) ?? [];
  const ms = Number(count) * (unit === "s" ? 1000 : unit === "h" ? 3_600_000 : 60_000);
  return ms > 0 && ms <= LONGEST_MS ? ms : undefined;
}
