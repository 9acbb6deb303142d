import type { ProtocolTiming } from "gossip-peer";

/** How durations, shares, bandwidths, rates and amounts of memory are written in scenarios and on the command line. */
export const DURATION = /^\d+(\.\d+)? (ms|s|min|periods?)$/;
export const SHARE = /^\d{1,2}(\.\d+)?%$/;
export const MEMORY = /^\d+ MiB$/;
export const BANDWIDTH = /^\d+(\.\d+)? (kbit|mbit)$/;
export const RATE = /^([1-9]\d?|100) per s$/;

export function isDuration(text: string): boolean {
  return DURATION.test(text);
}

export function isShare(text: string): boolean {
  return SHARE.test(text);
}

/** The least memory that an engine lets a container have. */
const LEAST_MEBIBYTES = 6;

/** Whether the text is an amount of memory that a container can have. */
export function isMemory(text: string): boolean {
  return MEMORY.test(text) && mebibytesOf(text) >= LEAST_MEBIBYTES;
}

/** The mebibytes of a text for which MEMORY holds: 64 for "64 MiB". */
export function mebibytesOf(text: string): number {
  return Number(text.split(" ")[0]);
}

/** Whether the text is a bandwidth above 0; no bandwidth at all is a cut. */
export function isBandwidth(text: string): boolean {
  return BANDWIDTH.test(text) && !/^[0.]+ /.test(text);
}

/** The time in ms of a text for which `isDuration` holds: "500 ms", "3 s", "2 min", "10 periods". */
export function durationMs(text: string, { pingPeriodMs }: Pick<ProtocolTiming, "pingPeriodMs">): number {
  const [count = "", unit = ""] = text.split(" ");
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };
  return Number(count) * (units[unit] ?? pingPeriodMs);
}

/** The thousands of bits a second of a text for which `isBandwidth` holds: "256 kbit", "1.5 mbit". */
export function kbitsOf(text: string): number {
  const [count = "", unit = ""] = text.split(" ");
  return Number(count) * (unit === "mbit" ? 1000 : 1);
}

/** The times a second of a text for which RATE holds: 2 for "2 per s". */
export function timesASecond(text: string): number {
  return Number(text.split(" ")[0]);
}

/** The share from 0 to 1 of a text for which `isShare` holds: 0.2 for "20%". */
export function shareOf(text: string): number {
  return Number(text.slice(0, -1)) / 100;
}

/** "20%" for 0.2. */
export function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))}%`;
}
