import { addressProblem } from "../core/address.js";
import { metaProblem, normalMeta, type PeerMeta } from "../core/meta.js";
import type {
  ExchangeReply,
  ExchangeRequest,
  Member,
  MemberEvent,
  MemberEventKind,
  ProbeRequest,
  SentRecord,
} from "../core/messages.js";
import type { Range } from "../core/range.js";
import { BUCKETS, isLive, MAX_COUNTER, type MemberRecord, type Status } from "../core/record.js";
import { DEFAULT_LIMITS } from "../core/timing.js";
import { ROUND_TRIP_BOUNDS_MS, type Traffic } from "../traffic.js";
import type { ExchangeRequest as WireRequest, ExchangeRequest__Output } from "./generated/gossip/v1/ExchangeRequest.js";
import type {
  ExchangeResponse as WireResponse,
  ExchangeResponse__Output,
} from "./generated/gossip/v1/ExchangeResponse.js";
import type {
  GetTrafficResponse as WireTraffic,
  GetTrafficResponse__Output,
} from "./generated/gossip/v1/GetTrafficResponse.js";
import type { Member as WireMember, Member__Output } from "./generated/gossip/v1/Member.js";
import type { MemberEvent as WireEvent, MemberEvent__Output } from "./generated/gossip/v1/MemberEvent.js";
import type { Meta as WireMeta, Meta__Output } from "./generated/gossip/v1/Meta.js";
import type { ProbeRequest as WireProbe, ProbeRequest__Output } from "./generated/gossip/v1/ProbeRequest.js";
import type { Range__Output } from "./generated/gossip/v1/Range.js";
import type { Record as WireRecord, Record__Output } from "./generated/gossip/v1/Record.js";

/**
 * A message that is not as the .proto file describes. It is refused whole: what came from outside is never repaired.
 */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

/** Twice as many as make a difference to the detector. */
const MAX_ACCUSERS = 8;

const STATUS_TO_WIRE = {
  alive: "STATUS_ALIVE",
  suspect: "STATUS_SUSPECT",
  failed: "STATUS_FAILED",
  left: "STATUS_LEFT",
} as const satisfies Record<Status, WireRecord["status"]>;

const KIND_TO_WIRE = {
  joined: "KIND_JOINED",
  updated: "KIND_UPDATED",
  suspected: "KIND_SUSPECTED",
  recovered: "KIND_RECOVERED",
  failed: "KIND_FAILED",
  left: "KIND_LEFT",
} as const satisfies Record<MemberEventKind, WireEvent["kind"]>;

const STATUS_FROM_WIRE = inverse(STATUS_TO_WIRE);
const KIND_FROM_WIRE = inverse(KIND_TO_WIRE);

// ---- to the wire ----------------------------------------------------------------------------------------------------

export function encodeRequest(request: ExchangeRequest): WireRequest {
  const { cluster, recipient, sender, records, viewHash, buckets, range } = request;
  return {
    cluster,
    recipient,
    sender,
    records: records.map(encodeSentRecord),
    viewHash,
    buckets: [...buckets],
    range: range ?? null,
  };
}

export function encodeReply({ sender, records, viewHash, bucketHashes }: ExchangeReply): WireResponse {
  return { sender, records: records.map(encodeSentRecord), viewHash, bucketHashes: [...bucketHashes] };
}

export function encodeProbe(request: ProbeRequest): WireProbe {
  return { ...request };
}

export function encodeMember(member: Member): WireMember {
  return { ...member, status: STATUS_TO_WIRE[member.status], meta: encodeMeta(member.meta) };
}

export function encodeEvent(event: MemberEvent): WireEvent {
  return { kind: KIND_TO_WIRE[event.kind], member: encodeMember(event.member) };
}

export function encodeMeta(meta: PeerMeta): WireMeta {
  return { name: meta.name ?? "", tags: { ...meta.tags } };
}

function encodeSentRecord(record: SentRecord): WireRecord {
  const accusers = [...(record.accusers ?? [])];
  return { ...record, status: STATUS_TO_WIRE[record.status], meta: encodeMeta(record.meta), accusers };
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

// ---- from the wire: each throws Malformed with the name of the field ------------------------------------------------

export function decodeRequest(wire: ExchangeRequest__Output): ExchangeRequest {
  const { sender, records, viewHash } = decodeSaid(wire);
  if (records[0]?.address !== sender) throw new Malformed("the first record must be the sender's own");
  return {
    ...decodeDirection(wire),
    sender,
    records,
    viewHash,
    buckets: decodeBuckets(wire.buckets),
    range: wire.range === null ? undefined : decodeRange(wire.range),
  };
}

export function decodeReply(wire: ExchangeResponse__Output): ExchangeReply {
  const { bucketHashes } = wire;
  if (bucketHashes.length !== 0 && bucketHashes.length !== BUCKETS)
    throw new Malformed(`bucket_hashes has ${bucketHashes.length} entries; it must have ${BUCKETS} or none`);
  return { ...decodeSaid(wire), bucketHashes };
}

export function decodeProbe(wire: ProbeRequest__Output): ProbeRequest {
  const sender = decodeAddress(wire.sender, "sender");
  return { ...decodeDirection(wire), sender, target: decodeAddress(wire.target, "target") };
}

export function decodeMember(wire: Member__Output, path = "member"): Member {
  return decodeMemberRecord(wire, path);
}

export function decodeEvent(wire: MemberEvent__Output): Omit<MemberEvent, "reason"> {
  const kind = KIND_FROM_WIRE.get(wire.kind);
  if (kind === undefined) throw new Malformed(`kind is ${wire.kind}`);
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

/** Missing metadata are empty metadata, as for every message field of proto3. */
export function decodeMeta(wire: Meta__Output | null, path = "meta"): PeerMeta {
  const meta = { name: wire?.name ?? "", tags: wire?.tags ?? {} };
  const problem = metaProblem(meta);
  if (problem !== undefined) throw new Malformed(`${path}: ${problem}`);
  return normalMeta(meta);
}

function decodeDirection({ cluster, recipient }: { cluster: string; recipient: string }): {
  cluster: string;
  recipient: string;
} {
  if (cluster === "" || cluster.length > 64) throw new Malformed("cluster needs 1 to 64 characters");
  if (recipient !== "") decodeAddress(recipient, "recipient");
  return { cluster, recipient };
}

function decodeSaid(
  wire: Pick<ExchangeResponse__Output, "sender" | "records" | "viewHash">,
): Pick<ExchangeReply, "sender" | "records" | "viewHash"> {
  decodeAddress(wire.sender, "sender");
  const most = DEFAULT_LIMITS.maxRecordsPerMessage;
  if (wire.records.length > most)
    throw new Malformed(`records has ${wire.records.length} entries; the limit is ${most}`);
  const records = wire.records.map((record, at) => decodeSentRecord(record, `records[${at}]`));
  return { sender: wire.sender, records, viewHash: decodeCounter(wire.viewHash, 0, "view_hash") };
}

function decodeBuckets(buckets: readonly number[]): readonly number[] {
  const isSound = buckets.every((bucket) => bucket < BUCKETS) && new Set(buckets).size === buckets.length;
  if (!isSound) throw new Malformed(`buckets must be different numbers from 0 to ${BUCKETS - 1}`);
  return buckets;
}

function decodeRange({ from, to }: Range__Output): Range {
  return { from: decodeAddress(from, "range.from"), to: decodeAddress(to, "range.to") };
}

function decodeSentRecord(wire: Record__Output, path: string): SentRecord {
  const record = decodeMemberRecord(wire, path);
  const goneForMs = decodeCounter(wire.goneForMs, 0, `${path}.gone_for_ms`);
  if (goneForMs !== 0 && isLive(record)) {
    throw new Malformed(`${path}.gone_for_ms is ${goneForMs}; it must be 0 for a member that is ${record.status}`);
  }
  const { accusers } = wire;
  const sent = isLive(record) ? record : { ...record, goneForMs };
  if (accusers.length === 0) return sent;
  const isAccused = record.status === "suspect" || record.status === "failed";
  if (!isAccused || accusers.length > MAX_ACCUSERS) {
    const allowed = `one that is suspect or failed has at most ${MAX_ACCUSERS}, others none`;
    throw new Malformed(`${path} has ${accusers.length} accusers; ${allowed}`);
  }
  return {
    ...sent,
    accusers: accusers.map(({ address, broken }) => ({
      address: decodeAddress(address, `${path}.accusers`),
      broken,
    })),
  };
}

function decodeMemberRecord(wire: Member__Output, path: string): MemberRecord {
  const status = STATUS_FROM_WIRE.get(wire.status);
  if (status === undefined) throw new Malformed(`${path}.status is ${wire.status}`);
  return {
    address: decodeAddress(wire.address, `${path}.address`),
    generation: decodeCounter(wire.generation, 1, `${path}.generation`),
    incarnation: decodeCounter(wire.incarnation, 0, `${path}.incarnation`),
    status,
    meta: decodeMeta(wire.meta, `${path}.meta`),
  };
}

export function decodeAddress(text: string, path: string): string {
  const problem = addressProblem(text);
  if (problem !== undefined) throw new Malformed(`${path}: ${problem}`);
  return text;
}

function decodeCounter(value: number, lowest: number, path: string): number {
  if (!Number.isInteger(value) || value < lowest || value > MAX_COUNTER) {
    throw new Malformed(`${path} is ${value}; it must be a whole number from ${lowest} to 2^48`);
  }
  return value;
}

/** A field as the .proto file calls it. */
function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

function inverse<K extends string, V extends string>(table: Readonly<Record<K, V>>): ReadonlyMap<string, K> {
  return new Map((Object.entries(table) as [K, V][]).map(([key, value]) => [value, key]));
}
