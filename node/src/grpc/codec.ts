import { addressProblem } from "../core/address.js";
import { metaProblem, normalMeta, type PeerMeta } from "../core/meta.js";
import type {
  ExchangeReply,
  ExchangeRequest,
  Member,
  MemberEvent,
  MemberEventKind,
  SentRecord,
} from "../core/messages.js";
import { isLive, MAX_COUNTER, type MemberRecord, type Status } from "../core/record.js";
import { DEFAULT_LIMITS } from "../core/timing.js";
import type { ExchangeRequest as WireRequest, ExchangeRequest__Output } from "./generated/gossip/v1/ExchangeRequest.js";
import type {
  ExchangeResponse as WireResponse,
  ExchangeResponse__Output,
} from "./generated/gossip/v1/ExchangeResponse.js";
import type { Member as WireMember, Member__Output } from "./generated/gossip/v1/Member.js";
import type { MemberEvent as WireEvent, MemberEvent__Output } from "./generated/gossip/v1/MemberEvent.js";
import type { Meta as WireMeta, Meta__Output } from "./generated/gossip/v1/Meta.js";
import type { Record as WireRecord, Record__Output } from "./generated/gossip/v1/Record.js";

/**
 * A message that is not as the .proto file describes. It is refused whole: what came from outside is never repaired.
 */
export class Malformed extends Error {
  override readonly name = "Malformed";
}

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
  return { ...request, records: request.records.map(encodeSentRecord) };
}

export function encodeReply(reply: ExchangeReply): WireResponse {
  return { ...reply, records: reply.records.map(encodeSentRecord) };
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
  return { ...record, status: STATUS_TO_WIRE[record.status], meta: encodeMeta(record.meta) };
}

// ---- from the wire: each throws Malformed with the name of the field ------------------------------------------------

export function decodeRequest(wire: ExchangeRequest__Output): ExchangeRequest {
  if (wire.cluster === "" || wire.cluster.length > 64) throw new Malformed("cluster needs 1 to 64 characters");
  if (wire.recipient !== "") decodeAddress(wire.recipient, "recipient");
  return { cluster: wire.cluster, recipient: wire.recipient, ...decodeSaid(wire) };
}

export function decodeReply(wire: ExchangeResponse__Output): ExchangeReply {
  return decodeSaid(wire);
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

/** Missing metadata are empty metadata, as for every message field of proto3. */
export function decodeMeta(wire: Meta__Output | null, path = "meta"): PeerMeta {
  const meta = { name: wire?.name ?? "", tags: wire?.tags ?? {} };
  const problem = metaProblem(meta);
  if (problem !== undefined) throw new Malformed(`${path}: ${problem}`);
  return normalMeta(meta);
}

function decodeSaid(wire: ExchangeResponse__Output): ExchangeReply {
  decodeAddress(wire.sender, "sender");
  const most = DEFAULT_LIMITS.maxRecordsPerMessage;
  if (wire.records.length > most)
    throw new Malformed(`records has ${wire.records.length} entries; the limit is ${most}`);
  const records = wire.records.map((record, at) => decodeSentRecord(record, `records[${at}]`));
  if (!records.some(({ address }) => address === wire.sender))
    throw new Malformed("the sender's own record is missing");
  return { sender: wire.sender, records, viewHash: decodeCounter(wire.viewHash, 0, "view_hash") };
}

function decodeSentRecord(wire: Record__Output, path: string): SentRecord {
  const record = decodeMemberRecord(wire, path);
  const goneForMs = decodeCounter(wire.goneForMs, 0, `${path}.gone_for_ms`);
  if (goneForMs !== 0 && isLive(record)) {
    throw new Malformed(`${path}.gone_for_ms is ${goneForMs}; it must be 0 for a member that is ${record.status}`);
  }
  return { ...record, goneForMs };
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

function inverse<K extends string, V extends string>(table: Readonly<Record<K, V>>): ReadonlyMap<string, K> {
  return new Map((Object.entries(table) as [K, V][]).map(([key, value]) => [value, key]));
}
