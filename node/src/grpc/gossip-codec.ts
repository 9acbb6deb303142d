import type { ExchangeReply, ExchangeRequest, ProbeRequest, ProbeResult, SentRecord } from "../core/messages.js";
import { BUCKETS, isLive } from "../core/record.js";
import type { Versions } from "../core/versions.js";
import { decodeAddress, decodeCounter, decodeMember, encodeMeta, isOfLaterVersion, STATUS } from "./codec-fields.js";
import { Malformed } from "./malformed.js";
import { MAX_ACCUSERS, MAX_RECORDS } from "./wire-limits.js";
import type { ExchangeRequest as WireRequest, ExchangeRequest__Output } from "./generated/gossip/v1/ExchangeRequest.js";
import type {
  ExchangeResponse as WireResponse,
  ExchangeResponse__Output,
} from "./generated/gossip/v1/ExchangeResponse.js";
import type { ProbeRequest as WireProbe, ProbeRequest__Output } from "./generated/gossip/v1/ProbeRequest.js";
import type { ProbeResponse as WireProbeResult, ProbeResponse__Output } from "./generated/gossip/v1/ProbeResponse.js";
import type { Range__Output } from "./generated/gossip/v1/Range.js";
import type { Versions__Output } from "./generated/gossip/v1/Versions.js";
import type { Record as WireRecord, Record__Output } from "./generated/gossip/v1/Record.js";

// The messages of GossipService. Each decode function throws Malformed, which names the field.

export function encodeRequest(request: ExchangeRequest): WireRequest {
  const { cluster, recipient, sender, records, viewHash, buckets, range, versions } = request;
  return {
    cluster,
    recipient,
    sender,
    records: records.map(encodeSentRecord),
    viewHash,
    buckets: [...buckets],
    range: range ?? null,
    versions: versions ?? null,
  };
}

export function encodeReply({ sender, records, viewHash, bucketHashes, versions }: ExchangeReply): WireResponse {
  return {
    sender,
    records: records.map(encodeSentRecord),
    viewHash,
    bucketHashes: [...bucketHashes],
    versions: versions ?? null,
  };
}

export function encodeProbe(request: ProbeRequest): WireProbe {
  return { ...request };
}

export function encodeProbeResult(result: ProbeResult): WireProbeResult {
  if (result === "not reached") return {};
  return result === "reached" ? { reached: true } : { untried: true };
}

function encodeSentRecord(record: SentRecord): WireRecord {
  const accusers = [...(record.accusers ?? [])];
  return { ...record, status: STATUS.encode(record.status), meta: encodeMeta(record.meta), accusers };
}

export function decodeRequest(received: ExchangeRequest__Output | Malformed): ExchangeRequest {
  const wire = wellFormed(received);
  const contents = decodeContents(wire);
  if (contents.records[0]?.address !== contents.sender)
    throw new Malformed("the first record must be the sender's own");
  return {
    ...decodeDestination(wire),
    ...contents,
    buckets: decodeBuckets(wire.buckets),
    range: wire.range === null ? undefined : decodeRange(wire.range),
  };
}

export function decodeReply(received: ExchangeResponse__Output | Malformed): ExchangeReply {
  const wire = wellFormed(received);
  const { bucketHashes } = wire;
  if (bucketHashes.length !== 0 && bucketHashes.length !== BUCKETS)
    throw new Malformed(`bucket_hashes has ${bucketHashes.length} entries; it must have ${BUCKETS} or none`);
  return { ...decodeContents(wire), bucketHashes };
}

export function decodeProbe(received: ProbeRequest__Output | Malformed): ProbeRequest {
  const wire = wellFormed(received);
  const sender = decodeAddress(wire.sender, "sender");
  return { ...decodeDestination(wire), sender, target: decodeAddress(wire.target, "target") };
}

export function decodeProbeResult(received: ProbeResponse__Output | Malformed): ProbeResult {
  const { reached, untried } = wellFormed(received);
  if (reached) return "reached";
  return untried ? "not tried" : "not reached";
}

/** The message, unless its bytes could not be decoded. */
function wellFormed<T>(received: T | Malformed): T {
  if (received instanceof Malformed) throw received;
  return received;
}

function decodeDestination({ cluster, recipient }: { cluster: string; recipient: string }): {
  cluster: string;
  recipient: string;
} {
  if (cluster === "" || cluster.length > 64) throw new Malformed("cluster needs 1 to 64 characters");
  if (recipient !== "") decodeAddress(recipient, "recipient");
  return { cluster, recipient };
}

function decodeContents(
  wire: Pick<ExchangeResponse__Output, "sender" | "records" | "viewHash" | "versions">,
): Omit<ExchangeReply, "bucketHashes"> {
  decodeAddress(wire.sender, "sender");
  if (wire.records.length > MAX_RECORDS)
    throw new Malformed(`records has ${wire.records.length} entries; the limit is ${MAX_RECORDS}`);
  const records = wire.records.flatMap((record, at) =>
    at > 0 && isOfLaterVersion(record) ? [] : decodeSentRecord(record, `records[${at}]`),
  );
  return {
    sender: wire.sender,
    records,
    viewHash: decodeCounter(wire.viewHash, 0, "view_hash"),
    ...(wire.versions !== null && { versions: decodeVersions(wire.versions) }),
  };
}

function decodeVersions({ oldest, newest }: Versions__Output): Versions {
  if (oldest < 1 || newest < oldest)
    throw new Malformed(`versions is ${oldest} to ${newest}; it must be a range of numbers from 1 on`);
  return { oldest, newest };
}

function decodeBuckets(buckets: readonly number[]): readonly number[] {
  const isSound = buckets.every((bucket) => bucket < BUCKETS) && new Set(buckets).size === buckets.length;
  if (!isSound) throw new Malformed(`buckets must be different numbers from 0 to ${BUCKETS - 1}`);
  return buckets;
}

function decodeRange({ from, to }: Range__Output): NonNullable<ExchangeRequest["range"]> {
  return { from: decodeAddress(from, "range.from"), to: decodeAddress(to, "range.to") };
}

function decodeSentRecord(wire: Record__Output, path: string): SentRecord {
  const record = decodeMember(wire, path);
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
