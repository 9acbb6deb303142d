import type { Member, MemberEvent } from "./core/messages.js";
import type { PeerMeta } from "./core/meta.js";
import type { Millis } from "./core/timing.js";
import type { Watched } from "./grpc/membership-codec.js";
import type { StateOfPeer } from "./peer-state.js";
import { printable, printableJson, table } from "./table.js";
import { ROUND_TRIP_BOUNDS_MS, roundTripWithin, type Traffic } from "./traffic.js";

// What the gossip command prints, as text for people and as JSON for programs.

export type Format = "table" | "json";

const MEMBER_COLUMNS = ["ADDRESS", "STATUS", "GENERATION", "INCARNATION", "NAME", "TAGS"];

export function membersText(members: readonly Member[], format: Format): string {
  return format === "json" ? printableJson(members.map(withWholeMeta), 2) : table(MEMBER_COLUMNS, members.map(row));
}

/** A snapshot as a table and an event as a line; as JSON, one line for each. */
export function watchedText(watched: Watched, format: Format): string {
  if (format === "json") return printableJson(watched);
  return watched.type === "event" ? eventLine(watched.event) : membersText(watched.members, format);
}

export function stateText({ name, reason, preset }: StateOfPeer, format: Format): string {
  if (format === "json") return printableJson({ name, reason, preset });
  const lines = [reason === "" ? name : `${name}: ${reason}`, ...(preset === undefined ? [] : [`preset: ${preset}`])];
  return lines.map(printable).join("\n");
}

export function trafficText(traffic: Traffic, format: Format): string {
  return format === "json" ? printableJson(traffic, 2) : table(["SINCE ITS START", ""], trafficRows(traffic));
}

function trafficRows(traffic: Traffic): string[][] {
  const { exchanges, probes, unanswered, messages, bytes, roundTrips } = traffic;
  const rows: [string, string | number][] = [
    ["seconds", (traffic.runningForMs / 1000).toFixed(1)],
    ["exchanges asked", exchanges.asked],
    ["exchanges answered", exchanges.answered],
    ["probes asked", probes.asked],
    ["probes answered", probes.answered],
    ["calls without an answer", unanswered],
    ["messages sent", messages.sent],
    ["messages received", messages.received],
    ["bytes sent", bytes.sent],
    ["bytes received", bytes.received],
    ["half of the answers within", withinText(roundTripWithin(roundTrips, 0.5))],
    ["99 % of the answers within", withinText(roundTripWithin(roundTrips, 0.99))],
  ];
  return rows.map(([what, figure]) => [what, String(figure)]);
}

function withinText(bound: Millis | undefined): string {
  if (bound === undefined) return "none yet";
  return bound === Infinity ? `more than ${ROUND_TRIP_BOUNDS_MS.at(-1) ?? 0} ms` : `${bound} ms`;
}

/** A member with all fields of its metadata, those that are not set included. */
function withWholeMeta(member: Member): object {
  return { ...member, meta: { name: member.meta.name ?? "", tags: member.meta.tags ?? {} } };
}

function row({ address, status, generation, incarnation, meta }: Member): string[] {
  return [address, status, String(generation), String(incarnation), meta.name ?? "", tagText(meta)];
}

function eventLine({ kind, member }: Omit<MemberEvent, "reason">): string {
  return [kind.padEnd(9), member.address, member.meta.name ?? "", tagText(member.meta)]
    .map(printable)
    .join("  ")
    .trimEnd();
}

function tagText(meta: PeerMeta): string {
  return Object.entries(meta.tags ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
