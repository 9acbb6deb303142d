import type { Measurement } from "../cluster/simulated/measure.js";
import type { Unit } from "./figures.js";
import { fitOf, type Fit } from "./fit.js";
import { valueText } from "./summary.js";

/** What is measured of one peer among so many. */
export const GROWTH_FIGURES = {
  heap: { what: "memory", unit: "bytes" },
  joinMessages: { what: "messages sent until all list all", unit: "number" },
  joinBytes: { what: "bytes, both ways, until all list all", unit: "bytes" },
  messages: { what: "messages sent in a period at rest", unit: "number" },
  bytes: { what: "bytes, both ways, in a period at rest", unit: "bytes" },
} satisfies Record<string, { readonly what: string; readonly unit: Unit }>;

export type GrowthFigure = keyof typeof GROWTH_FIGURES;
export const GROWTH_NAMES = Object.keys(GROWTH_FIGURES) as GrowthFigure[];

/** One size, and what was measured of a peer. */
export type Grown = { readonly peers: number } & Readonly<Record<GrowthFigure, number>>;

/** What a measurement says of one peer, with the memory that all took. */
export function grown({ peers, agreedMs, durationMs, timing, load }: Measurement, heapBytes: number): Grown {
  const periods = (agreedMs ?? durationMs) / timing.pingPeriodMs;
  return {
    peers,
    heap: heapBytes / peers,
    joinMessages: load.before.messages * periods,
    joinBytes: load.before.wireBytes * periods,
    messages: load.after.messages,
    bytes: load.after.wireBytes,
  };
}

/** How a figure grows with the number of peers. */
export function growthOf(figure: GrowthFigure, sizes: readonly Grown[]): Fit {
  return fitOf(sizes.map((size) => ({ peers: size.peers, value: size[figure] })));
}

/** A fit as a formula: "39 B · N + 44.1 kB". */
export function fitText({ growth, base, slope }: Fit, unit: Unit): string {
  if (growth === "none") return valueText(base, unit);
  const besides = `${base < 0 ? "−" : "+"} ${valueText(Math.abs(base), unit)}`;
  return `${valueText(slope, unit)} · ${growth === "line" ? "N" : "log2 N"} ${besides}`;
}
