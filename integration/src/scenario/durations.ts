import type { ProtocolTiming } from "gossip-peer";

/** The time of a duration as the schema lets it through: "500 ms", "3 s", "2 min", "10 periods". */
export function durationMs(text: string, { pingPeriodMs }: Pick<ProtocolTiming, "pingPeriodMs">): number {
  const [count = "", unit = ""] = text.split(" ");
  const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };
  return Number(count) * (units[unit] ?? pingPeriodMs);
}

/** The thousands of bits a second of a bandwidth as the schema lets it through: "256 kbit", "1.5 mbit". */
export function kbitsOf(text: string): number {
  const [count = "", unit = ""] = text.split(" ");
  return Number(count) * (unit === "mbit" ? 1000 : 1);
}

/** A share as the schema lets it through, from 0 to 1: 0.2 for "20%". */
export function shareOf(text: string): number {
  return Number(text.slice(0, -1)) / 100;
}
