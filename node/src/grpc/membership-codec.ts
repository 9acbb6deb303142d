import type { Address } from "../core/address.js";
import type { Member, MemberEvent, MemberEventKind } from "../core/messages.js";
import { isPreset } from "../core/timing.js";
import type { PeerState, StateOfPeer } from "../peer-state.js";
import { ROUND_TRIP_BOUNDS_MS, type Traffic } from "../traffic.js";
import {
  decodeAddress,
  decodeCounter,
  decodeMember,
  encodeMember,
  isOfLaterVersion,
  wireEnum,
} from "./codec-fields.js";
import { Malformed } from "./malformed.js";
import type {
  GetStateResponse as WireState,
  GetStateResponse__Output,
} from "./generated/gossip/v1/GetStateResponse.js";
import type {
  GetTrafficResponse as WireTraffic,
  GetTrafficResponse__Output,
} from "./generated/gossip/v1/GetTrafficResponse.js";
import type { Member__Output } from "./generated/gossip/v1/Member.js";
import type { Report as WireReport, Report__Output } from "./generated/gossip/v1/Report.js";
import type { MemberEvent as WireEvent, MemberEvent__Output } from "./generated/gossip/v1/MemberEvent.js";

// The messages of MembershipService. Each decode function throws Malformed, which names the field.

/** A message to a watcher: first the whole view, then each change. */
export type Watched = WatchedSnapshot | WatchedEvent;

/** The view with which watching begins. */
export interface WatchedSnapshot {
  /** Always "snapshot". */
  readonly type: "snapshot";
  /** The watched peer's own address. */
  readonly address: Address;
  /** Whom it lists, in the order of their addresses. */
  readonly members: readonly Member[];
}

/** A change of the view. */
export interface WatchedEvent {
  /** Always "event". */
  readonly type: "event";
  /** What changed; the reason stays with the watched peer. */
  readonly event: Omit<MemberEvent, "reason">;
}

/** How a peer is at a moment, for whoever watches it and asked to be told now and then. */
export interface PeerReport {
  /** Equal as long as the peer holds the same records, the gone among them. */
  readonly viewHash: number;
  /** How it stands with the peer. */
  readonly state: StateOfPeer;
  /** What its talk with others has cost it since it started. */
  readonly traffic: Traffic;
}

/** A message to a watcher that asked for reports, too. */
export type Followed = WatchedEvent | FollowedSnapshot | FollowedReport;

/** The view with which following begins. */
export interface FollowedSnapshot extends WatchedSnapshot {
  /** How often a report follows, in ms; 0 where none does, as of a peer that knows no reports. */
  readonly reportsEveryMs: number;
}

/** How the peer is now. */
export interface FollowedReport extends PeerReport {
  /** Always "report". */
  readonly type: "report";
}

/** One peer's view, as GetMembers answers with it and WatchMembers begins with it. */
export interface WireView {
  readonly address: string;
  readonly members: readonly Member__Output[];
  /** Of GetMembers: the address after which more members come; empty where there are none. */
  readonly next?: string;
  /** Of WatchMembers: whether the next message has more members of the same view. */
  readonly more?: boolean;
  /** Of WatchMembers: how often a report follows. */
  readonly reportsEveryMs?: number;
}

export interface WireWatched {
  readonly snapshot?: WireView | null;
  readonly event?: MemberEvent__Output | null;
  readonly report?: Report__Output | null;
}

const KIND = wireEnum({
  joined: "KIND_JOINED",
  updated: "KIND_UPDATED",
  suspected: "KIND_SUSPECTED",
  recovered: "KIND_RECOVERED",
  failed: "KIND_FAILED",
  left: "KIND_LEFT",
} as const satisfies Record<MemberEventKind, WireEvent["kind"]>);

export function encodeEvent(event: MemberEvent): WireEvent {
  return { kind: KIND.encode(event.kind), member: encodeMember(event.member) };
}

const STATE = wireEnum({
  new: "STATE_STARTING",
  starting: "STATE_STARTING",
  alone: "STATE_ALONE",
  joining: "STATE_JOINING",
  joined: "STATE_JOINED",
  unreachable: "STATE_UNREACHABLE",
  conflicting: "STATE_CONFLICTING",
  stopped: "STATE_LEAVING",
  leaving: "STATE_LEAVING",
} as const satisfies Record<PeerState["name"], WireState["state"]>);

export function encodeState({ name, reason, preset }: StateOfPeer): WireState {
  return { state: STATE.encode(name), reason, preset: preset ?? "" };
}

/** The state; undefined where it is one that only a later version knows. Of the preset the same holds. */
export function decodeState({ state, reason, preset }: GetStateResponse__Output): StateOfPeer | undefined {
  if (typeof state === "number") return undefined;
  return { name: STATE.decode(state, "state"), reason, preset: isPreset(preset) ? preset : undefined };
}

export function encodeTraffic({ exchanges, probes, messages, bytes, ...same }: Traffic): WireTraffic {
  return {
    startedAtMs: same.startedAtMs,
    runningForMs: same.runningForMs,
    exchangesAsked: exchanges.asked,
    exchangesAnswered: exchanges.answered,
    probesAsked: probes.asked,
    probesAnswered: probes.answered,
    unanswered: same.unanswered,
    messagesSent: messages.sent,
    messagesReceived: messages.received,
    bytesSent: bytes.sent,
    bytesReceived: bytes.received,
    roundTrips: [...same.roundTrips],
  };
}

export function decodeView({ address, members }: WireView): { address: Address; members: Member[] } {
  return {
    address: decodeAddress(address, "address"),
    members: members.flatMap((member, at) => (isOfLaterVersion(member) ? [] : decodeMember(member, `members[${at}]`))),
  };
}

/** What a watcher is told; undefined where it is something that only a later version knows. */
export function decodeFollowed({ snapshot, event, report }: WireWatched): Followed | undefined {
  if (snapshot) return { type: "snapshot", ...decodeView(snapshot), reportsEveryMs: snapshot.reportsEveryMs ?? 0 };
  const decoded = event ? decodeEvent(event) : undefined;
  if (decoded) return { type: "event", event: decoded };
  const how = report ? decodeReport(report) : undefined;
  return how && { type: "report", ...how };
}

export function encodeReport({ viewHash, state, traffic }: PeerReport): WireReport {
  return { viewHash, state: encodeState(state), traffic: encodeTraffic(traffic) };
}

function decodeReport({ viewHash, state, traffic }: Report__Output): PeerReport | undefined {
  if (state === null || traffic === null) throw new Malformed("a report needs state and traffic");
  const decoded = decodeState(state);
  return (
    decoded && { viewHash: decodeCounter(viewHash, 0, "view_hash"), state: decoded, traffic: decodeTraffic(traffic) }
  );
}

/** The event; undefined where its kind, or the status of its member, is one that only a later version knows. */
export function decodeEvent(wire: MemberEvent__Output): Omit<MemberEvent, "reason"> | undefined {
  if (typeof wire.kind === "number" || (wire.member !== null && isOfLaterVersion(wire.member))) return undefined;
  const kind = KIND.decode(wire.kind, "kind");
  if (wire.member === null) throw new Malformed("member is missing");
  return { kind, member: decodeMember(wire.member) };
}

export function decodeTraffic(wire: GetTrafficResponse__Output): Traffic {
  const read = (key: Exclude<keyof GetTrafficResponse__Output, "roundTrips">, lowest = 0): number =>
    decodeCounter(wire[key], lowest, snakeCase(key));
  const counts = ROUND_TRIP_BOUNDS_MS.length + 1;
  if (wire.roundTrips.length !== counts)
    throw new Malformed(`round_trips has ${wire.roundTrips.length} entries; there must be ${counts}`);
  return {
    startedAtMs: read("startedAtMs", 1),
    runningForMs: read("runningForMs"),
    exchanges: { asked: read("exchangesAsked"), answered: read("exchangesAnswered") },
    probes: { asked: read("probesAsked"), answered: read("probesAnswered") },
    unanswered: read("unanswered"),
    messages: { sent: read("messagesSent"), received: read("messagesReceived") },
    bytes: { sent: read("bytesSent"), received: read("bytesReceived") },
    roundTrips: wire.roundTrips.map((count, at) => decodeCounter(count, 0, `round_trips[${at}]`)),
  };
}

/** The name of a field as the .proto file has it. */
function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}
