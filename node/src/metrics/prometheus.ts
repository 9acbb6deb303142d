import { Counter, Gauge, Histogram, Registry, type OpenMetricsContentType } from "prom-client";
import { GossipError } from "../errors.js";
import type { DurationListener, Measured, Stats } from "../stats.js";
import {
  BOUNDS_S,
  HISTOGRAMS,
  labelsOf,
  METRICS,
  prometheusNameOf,
  samplesOf,
  type Labels,
  type Metric,
  type Named,
} from "./metrics.js";

type AnyRegistry = Registry | Registry<OpenMetricsContentType>;

/** The metrics that registries have of peers. */
const exposed = new WeakMap<AnyRegistry, Exposition>();

/**
 * Has a registry of prom-client tell the metrics of a peer, with the labels `cluster` and `peer`, whenever it is asked.
 * Until then nothing is done but to count durations in two histograms. A registry may have several peers. Throws
 * `invalid-options`, and nothing changed then, where the registry has a metric of that name that is another's.
 *
 * Returns a function that takes the peer out again, its histograms too. Until it is called a peer that was stopped stays,
 * with its last numbers.
 */
export function measurePeer(peer: Measured, registry: AnyRegistry): () => void {
  const exposition = exposed.get(registry) ?? new Exposition(registry);
  exposed.set(registry, exposition);
  const takeOut = exposition.add(peer);
  return () => {
    if (takeOut() === 0) exposed.delete(registry);
  };
}

/** The metrics of all peers of one registry. */
class Exposition {
  readonly #registry: AnyRegistry;
  readonly #peers = new Set<Measured>();
  readonly #names: readonly string[];
  readonly #histograms: Readonly<Record<keyof DurationListener, Histogram>>;
  /** What the peers say, the same for all metrics that are told together. */
  #stats: readonly Stats[] | undefined;

  /** Throws `invalid-options` where a name is taken. */
  constructor(registry: AnyRegistry) {
    this.#registry = registry;
    this.#names = [...METRICS, ...Object.values(HISTOGRAMS)].map((metric) => nameOf(metric, registry));
    const taken = this.#names.find((name) => registry.getSingleMetric(name) !== undefined);
    if (taken !== undefined) throw new GossipError("invalid-options", `the registry has another metric ${taken}`);
    for (const metric of METRICS) this.#register(metric);
    this.#histograms = { roundTrip: this.#histogram("roundTrip"), eventLoopLag: this.#histogram("eventLoopLag") };
  }

  /** Adds a peer. The function returned takes it out again, and returns how many are left. */
  add(peer: Measured): () => number {
    const { cluster } = peer.stats();
    // With port 0 the address is known once the peer runs, and nothing is measured before that.
    const labels = (): Labels => labelsOf({ cluster, address: peer.address });
    const observe = (kind: keyof DurationListener) => (durationMs: number) => {
      this.#histograms[kind].observe(labels(), durationMs / 1000);
    };
    const end = peer.onDuration({ roundTrip: observe("roundTrip"), eventLoopLag: observe("eventLoopLag") });
    this.#peers.add(peer);
    return () => {
      end();
      this.#peers.delete(peer);
      for (const histogram of Object.values(this.#histograms)) histogram.remove(labels());
      if (this.#peers.size === 0) for (const name of this.#names) this.#registry.removeSingleMetric(name);
      return this.#peers.size;
    };
  }

  #register(metric: Metric): void {
    const samples = (): ReturnType<typeof samplesOf> => this.#read().flatMap((stats) => samplesOf(metric, stats));
    const settings = this.#settings(metric, metric.label);
    if (metric.kind === "gauge")
      new Gauge({
        ...settings,
        collect() {
          this.reset();
          for (const [labels, value] of samples()) this.set(labels, value);
        },
      });
    else
      new Counter({
        ...settings,
        collect() {
          this.reset();
          for (const [labels, value] of samples()) this.inc(labels, value);
        },
      });
  }

  #histogram(kind: keyof DurationListener): Histogram {
    return new Histogram({ ...this.#settings(HISTOGRAMS[kind]), buckets: [...BOUNDS_S] });
  }

  #settings(
    named: Named,
    label?: string,
  ): { name: string; help: string; labelNames: string[]; registers: AnyRegistry[] } {
    const labelNames = ["cluster", "peer", ...(label === undefined ? [] : [label])];
    return { name: nameOf(named, this.#registry), help: named.help, labelNames, registers: [this.#registry] };
  }

  /** A registry asks all its metrics in one go: the peers are asked once for all of them. */
  #read(): readonly Stats[] {
    if (this.#stats === undefined)
      queueMicrotask(() => {
        this.#stats = undefined;
      });
    return (this.#stats ??= [...this.#peers].map((peer) => peer.stats()));
  }
}

/** In the format of OpenMetrics prom-client adds "_total" itself. */
function nameOf(named: Named, { contentType }: AnyRegistry): string {
  const name = prometheusNameOf(named);
  return contentType === Registry.OPENMETRICS_CONTENT_TYPE ? name.replace(/_total$/, "") : name;
}
