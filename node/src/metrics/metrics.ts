import { STATE_NAMES } from "../peer-state.js";
import type { DurationListener, Stats } from "../stats.js";
import { ROUND_TRIP_BOUNDS_MS } from "../traffic.js";

/** A number of a peer's, as monitoring systems have it. */
export interface Named {
  /** What OpenTelemetry calls it, behind "gossip."; what Prometheus calls it follows from that and the unit. */
  readonly name: string;
  /** In UCUM, as OpenTelemetry has units. */
  readonly unit: "s" | "By" | "1" | `{${string}}`;
  readonly help: string;
}

/** A number that is read when somebody asks for it. */
export interface Metric extends Named {
  /** A counter only rises during the life of a peer. */
  readonly kind: "counter" | "gauge";
  /** The value; undefined where there is none yet. Where there are several, an object of them. */
  readonly valueOf: (stats: Stats) => number | undefined | object;
  /** The label whose values are the keys of that object. */
  readonly label?: string | undefined;
}

export type Labels = Readonly<Record<string, string>>;

export const METRICS: readonly Metric[] = [
  gauge("members", "{member}", "Records in the view, by status", ({ members }) => members, "status"),
  gauge("state", "1", "1 for the state that the peer is in, 0 for each other", ({ state }) => only(state), "state"),
  counter("transitions", "{transition}", "Changes of the view, by kind", (stats) => stats.transitions, "kind"),
  counter("calls", "{call}", "Calls to others that are over, by what came of them", ({ calls }) => calls, "result"),
  counter("exchanges", "{exchange}", "Exchanges asked for and answered", ({ traffic }) => traffic.exchanges, "side"),
  counter("probes", "{probe}", "Probes asked for and answered", ({ traffic }) => traffic.probes, "side"),
  counter("messages", "{message}", "Messages to and from others", ({ traffic }) => traffic.messages, "direction"),
  counter("message.size", "By", "Bytes of messages as protobuf", ({ traffic }) => traffic.bytes, "direction"),
  counter("records", "{record}", "Records from others: news, and what was known", ({ records }) => records, "result"),
  counter("suspicions.made", "{suspicion}", "Members that the peer accused", (stats) => stats.suspicions.made),
  counter(
    "suspicions.wrong",
    "{suspicion}",
    "Members that it accused and that were there",
    (stats) => stats.suspicions.wrong,
  ),
  counter(
    "suspicions.suffered",
    "{suspicion}",
    "Versions of its record that others accused",
    (stats) => stats.suspicions.suffered,
  ),
  counter(
    "suspicions.refuted",
    "{suspicion}",
    "Accusations of itself that it refuted",
    (stats) => stats.suspicions.refuted,
  ),
  gauge("local_health", "1", "Lifeguard's score: 0 in full health, 8 at worst", ({ localHealth }) => localHealth),
  gauge("round_trip", "s", "Smoothed time until an answer comes", ({ roundTripMs }) => inSeconds(roundTripMs)),
  gauge("view.hash", "1", "Equal for peers whose views are equal", ({ viewHash }) => viewHash),
  gauge("generation", "1", "The life of the peer: its clock in ms at the start, or more", (stats) => stats.generation),
  gauge("incarnation", "1", "The version of the own record within its life", ({ incarnation }) => incarnation),
  gauge("news.waiting", "{member}", "Members of whom news is not told yet", ({ newsWaiting }) => newsWaiting),
  gauge("channels", "{channel}", "Open connections to others", ({ channels }) => channels),
  gauge("certificate.expiry.timestamp", "s", "When the own certificate ends, since 1970", (stats) =>
    inSeconds(stats.certificateExpiresAtMs),
  ),
];

/** The durations of which there are histograms, by the name of the listener that is told of them. */
export const HISTOGRAMS: Readonly<Record<keyof DurationListener, Named>> = {
  roundTrip: { name: "call.duration", unit: "s", help: "Time until the answer to an exchange or a ping came" },
  eventLoopLag: { name: "event_loop.lag", unit: "s", help: "How late the peer's own timer rang" },
};

/** The bounds of these histograms. */
export const BOUNDS_S: readonly number[] = ROUND_TRIP_BOUNDS_MS.map((bound) => bound / 1000);

/** The name by Prometheus's conventions: as OpenTelemetry's is translated by its collector. */
export function prometheusNameOf({ name, unit, kind }: Named & { readonly kind?: Metric["kind"] }): string {
  const inUnit = unit === "s" ? "_seconds" : unit === "By" ? "_bytes" : "";
  return `gossip_${name.replaceAll(".", "_")}${inUnit}${kind === "counter" ? "_total" : ""}`;
}

/** The labels of everything that is told of a peer: within a cluster the views are to be equal. */
export function labelsOf({ cluster, address: peer }: Pick<Stats, "cluster" | "address">): Labels {
  return { cluster, peer };
}

/** The values of a metric, each with all its labels. */
export function samplesOf({ label = "", valueOf }: Metric, stats: Stats): (readonly [Labels, number])[] {
  const [value, own] = [valueOf(stats), labelsOf(stats)];
  if (value === undefined) return [];
  if (typeof value === "number") return [[own, value]];
  return Object.entries(value).map(([key, each]) => [{ ...own, [label]: key }, each as number]);
}

type Row = [name: string, unit: Metric["unit"], help: string, valueOf: Metric["valueOf"], label?: string];

function gauge(...[name, unit, help, valueOf, label]: Row): Metric {
  return { kind: "gauge", name, unit, help, valueOf, label };
}

function counter(...[name, unit, help, valueOf, label]: Row): Metric {
  return { kind: "counter", name, unit, help, valueOf, label };
}

function only(state: Stats["state"]): object {
  return Object.fromEntries(STATE_NAMES.map((each) => [each, each === state ? 1 : 0]));
}

function inSeconds(timeMs: number | undefined): number | undefined {
  return timeMs === undefined ? undefined : timeMs / 1000;
}
