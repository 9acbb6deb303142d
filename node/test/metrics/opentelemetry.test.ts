import { afterEach, describe, expect, test } from "@jest/globals";
import { metrics } from "@opentelemetry/api";
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type MetricData,
} from "@opentelemetry/sdk-metrics";
import type { DurationListener } from "../../src/index.js";
import { METRICS } from "../../src/metrics/metrics.js";
import { measurePeer } from "../../src/metrics/opentelemetry.js";
import { agreed, startPeer, startPeers, within } from "../support/peers.js";
import { until } from "../support/wait.js";

const AMPLE_MS = 5000;

const providers: MeterProvider[] = [];
afterEach(async () => {
  await Promise.all(providers.splice(0).map((provider) => provider.shutdown()));
});

/** The SDK as a service has it, but that it exports when the test says so. */
function sdk(): { provider: MeterProvider; collect: () => Promise<ReadonlyMap<string, MetricData>> } {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  providers.push(provider);
  const collect = async (): Promise<ReadonlyMap<string, MetricData>> => {
    exporter.reset();
    await provider.forceFlush();
    const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
    return new Map(all.map((metric) => [metric.descriptor.name, metric]));
  };
  return { provider, collect };
}

/** The value of a metric for whoever has these attributes. */
function valueOf(metric: MetricData | undefined, attributes: Readonly<Record<string, string>>): unknown {
  const isMeant = (each: Readonly<Record<string, unknown>>): boolean =>
    Object.entries(attributes).every(([key, value]) => each[key] === value);
  return metric?.dataPoints.find((point) => isMeant(point.attributes))?.value;
}

describe("a meter of OpenTelemetry", () => {
  test("tells how it stands with peers whenever its reader collects", async () => {
    const { provider, collect } = sdk();
    const [first, second] = await startPeers(2);
    for (const peer of [first, second]) if (peer !== undefined) measurePeer(peer, provider.getMeter("test"));
    await until(within(2).joinMs, "they agree", () => agreed([first, ...(second ? [second] : [])]));
    const told = await collect();
    const members = told.get("gossip.members");
    expect(members?.descriptor).toMatchObject({ unit: "{member}", description: "Records in the view, by status" });
    for (const peer of [first.address, second?.address ?? ""])
      expect(valueOf(members, { cluster: "default", peer, status: "alive" })).toBe(2);
    expect(valueOf(told.get("gossip.transitions"), { peer: first.address, kind: "joined" })).toBe(1);
    await second?.stop();
    await until(within(2).leaveMs, "the leave", () => agreed([first]));
    expect(valueOf((await collect()).get("gossip.members"), { peer: first.address, status: "left" })).toBe(1);
  });

  test("has every metric that there are values of, a counter as one that only rises", async () => {
    const { provider, collect } = sdk();
    measurePeer(await startPeer(), provider.getMeter("test"));
    const told = await collect();
    const absent = ["certificate.expiry.timestamp", "round_trip"];
    for (const { name, kind } of METRICS.filter((metric) => !absent.includes(metric.name))) {
      const metric = told.get(`gossip.${name}`);
      expect([name, metric?.dataPointType]).toEqual([name, kind === "gauge" ? DataPointType.GAUGE : DataPointType.SUM]);
      if (metric?.dataPointType === DataPointType.SUM) expect(metric.isMonotonic).toBe(true);
    }
  });

  test("has histograms of answers and lags in seconds, in buckets that are fine enough for both", async () => {
    const { provider, collect } = sdk();
    const [first] = await startPeers(2);
    measurePeer(first, provider.getMeter("test"));
    let durations: MetricData | undefined;
    await until(AMPLE_MS, "an answer is recorded", async () => {
      durations = (await collect()).get("gossip.call.duration");
      return durations !== undefined;
    });
    expect(durations?.descriptor.unit).toBe("s");
    const histogram = valueOf(durations, { peer: first.address }) as { buckets: { boundaries: number[] }; sum: number };
    expect(histogram.buckets.boundaries.slice(0, 3)).toEqual([0.0005, 0.0007, 0.001]);
    expect(histogram.sum).toBeLessThan(AMPLE_MS / 1000);
  });

  test("asks each peer once when its reader collects, and not any more when it was taken out", async () => {
    const { provider, collect } = sdk();
    const peer = await startPeer();
    let asked = 0;
    const asking = {
      address: peer.address,
      stats: () => (asked++, peer.stats()),
      onDuration: (listener: DurationListener) => peer.onDuration(listener),
    };
    const takeOut = measurePeer(asking, provider.getMeter("test"));
    const before = asked;
    await collect();
    expect(asked).toBe(before + 1);
    takeOut();
    await collect();
    expect(asked).toBe(before + 1);
  });

  test("without an SDK does nothing, and harms nobody", async () => {
    const peer = await startPeer();
    measurePeer(peer, metrics.getMeter("test"))();
    expect(peer.state.name).toBe("alone");
  });
});
