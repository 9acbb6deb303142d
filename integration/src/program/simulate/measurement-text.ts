import { FACT_KINDS } from "gossip-peer/simulator";
import type { Measurement, PeerLoad } from "../../cluster/simulated/measure.js";
import type { Quantiles } from "../../cluster/simulated/spreading.js";

/** A measurement as text for a terminal, in milliseconds, and in ping periods as well where these compare better. */
export function measurementText(measurement: Measurement): string {
  const { peers, seed, durationMs, timing, agreedMs, wrongRemovals, distinctViews, disagreement, traceHash } =
    measurement;
  const periods = (ms: number): string => `${(ms / timing.pingPeriodMs).toFixed(1)} periods`;
  return [
    `${peers} peers, ${durationMs / 1000} virtual seconds, seed ${seed}, ping period ${timing.pingPeriodMs} ms`,
    agreedMs === undefined
      ? "not all ever listed all"
      : `all list all ${Math.round(agreedMs)} ms (${periods(agreedMs)}) after the first start`,
    "",
    ...spreadTable(measurement, periods),
    "",
    "load of a peer in a period    exchanges  messages     bytes  with TCP headers",
    loadLine("  before all listed all", measurement.load.before),
    loadLine("  from then on", measurement.load.after),
    ...(measurement.copies === undefined
      ? []
      : [`records sent for each change and peer: ${measurement.copies.toFixed(2)}`]),
    "",
    `healthy members removed: ${wrongRemovals}${wrongRemovals === 0 ? "" : `, by healthy ones ${measurement.wrongRemovalsByHealthy}`}`,
    `distinct views, each period: ${inRuns(distinctViews)}`,
    `at the end: ${disagreement ?? "everybody lists exactly those who run"}`,
    `trace hash ${traceHash}, ${measurement.events} events`,
  ].join("\n");
}

function spreadTable({ spreads }: Measurement, periods: (ms: number) => string): string[] {
  const ms = ({ p50, p99, max }: Quantiles): string =>
    [p50, p99, max].map((value) => `${Math.round(value)}`.padStart(8)).join("");
  return [
    "known, in ms          first knew                   all knew",
    "            count     p50     p99     max     p50     p99     max",
    ...FACT_KINDS.flatMap((kind) => {
      const spread = spreads[kind];
      if (spread === undefined) return [];
      const { count, incomplete, firstMs, fullMs } = spread;
      const rest = incomplete === 0 ? "" : `, ${incomplete} not by all`;
      return `  ${kind.padEnd(8)}${String(count).padStart(7)}${ms(firstMs)}${ms(fullMs)}   p99 ${periods(fullMs.p99)}${rest}`;
    }),
  ];
}

function loadLine(name: string, { exchanges, messages, bytes, wireBytes }: PeerLoad): string {
  const columns = [
    exchanges.toFixed(2).padStart(11),
    messages.toFixed(2).padStart(10),
    Math.round(bytes).toString().padStart(10),
    Math.round(wireBytes).toString().padStart(18),
  ];
  return `${name.padEnd(28)}${columns.join("")}`;
}

/** The numbers with repetitions counted: "3 12 1×57" for 3, 12 and then 57 times 1. Only the last 40 runs are shown. */
function inRuns(numbers: readonly number[]): string {
  const runs: { value: number; times: number }[] = [];
  for (const value of numbers) {
    const last = runs.at(-1);
    if (last?.value === value) last.times++;
    else runs.push({ value, times: 1 });
  }
  const shown = runs.slice(-40).map(({ value, times }) => (times === 1 ? `${value}` : `${value}×${times}`));
  return [...(runs.length > 40 ? ["…"] : []), ...shown].join(" ");
}
