import type { BatchObservableCallback, Histogram, Meter, Observable } from "@opentelemetry/api";
import type { DurationListener, Measured } from "../stats.js";
import { BOUNDS_S, HISTOGRAMS, labelsOf, METRICS, samplesOf, type Metric } from "./metrics.js";

/**
 * Has a meter of OpenTelemetry tell the metrics of a peer, with the attributes `cluster` and `peer`, whenever its reader
 * collects. Until then nothing is done but to record durations in two histograms; without an SDK nothing at all. A meter may
 * have several peers.
 *
 * Returns a function after which the peer is not asked any more. A reader that tells totals may repeat its last numbers for as
 * long as it lives.
 */
export function measurePeer(peer: Measured, meter: Meter): () => void {
  const { cluster } = peer.stats();
  const instruments = METRICS.map((metric) => [metric, instrumentOf(metric, meter)] as const);
  const observables = instruments.map(([, instrument]) => instrument);
  const observe: BatchObservableCallback = (result) => {
    const stats = peer.stats();
    for (const [metric, instrument] of instruments)
      for (const [attributes, value] of samplesOf(metric, stats)) result.observe(instrument, value, attributes);
  };
  meter.addBatchObservableCallback(observe, observables);
  const record = (kind: keyof DurationListener): ((durationMs: number) => void) => {
    const histogram = histogramOf(kind, meter);
    return (durationMs) => {
      histogram.record(durationMs / 1000, labelsOf({ cluster, address: peer.address }));
    };
  };
  const end = peer.onDuration({ roundTrip: record("roundTrip"), eventLoopLag: record("eventLoopLag") });
  return () => {
    end();
    meter.removeBatchObservableCallback(observe, observables);
  };
}

function instrumentOf({ kind, name, unit, help: description }: Metric, meter: Meter): Observable {
  const [fullName, options] = [`gossip.${name}`, { unit, description }];
  return kind === "gauge"
    ? meter.createObservableGauge(fullName, options)
    : meter.createObservableCounter(fullName, options);
}

function histogramOf(kind: keyof DurationListener, meter: Meter): Histogram {
  const { name, unit, help: description } = HISTOGRAMS[kind];
  const advice = { explicitBucketBoundaries: [...BOUNDS_S] };
  return meter.createHistogram(`gossip.${name}`, { unit, description, advice });
}
