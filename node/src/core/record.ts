import type { Address } from "./address.js";
import { finish, hashText } from "./hash.js";
import { isSameMeta, metaText, type PeerMeta } from "./meta.js";

/**
 * The statuses in rising order: of two records with equal generation and incarnation the one with the higher status
 * holds.
 */
export const STATUSES = ["alive", "suspect", "failed", "left"] as const;
/** What a peer holds a member to be: `alive` and `suspect` are listed, `failed` and `left` are gone. */
export type Status = (typeof STATUSES)[number];

/** The state of a member at one time, as peers tell it each other. */
export interface MemberRecord {
  /** The member's identity, under which others reach it. */
  readonly address: Address;
  /** The number of a life of the peer: its wall clock, in ms, when it started. */
  readonly generation: number;
  /**
   * The number of the record's version in this life. Only the peer itself raises it, on each change of its metadata and
   * each refutation.
   */
  readonly incarnation: number;
  /** Whether the member is listed, and how sure the teller is. */
  readonly status: Status;
  /** What the member says of itself. */
  readonly meta: PeerMeta;
}

/** Generations and incarnations stay below this, so that both sums and doubles are exact. */
export const MAX_COUNTER = 2 ** 48;

/** Whether a member is listed: alive or suspect. One that failed or left is remembered only, as a tombstone. */
export function isLive(record: MemberRecord): boolean {
  return record.status === "alive" || record.status === "suspect";
}

/**
 * Whether `theirs` is later than `ours`, by generation, incarnation, status and, in a full tie, the text of the
 * metadata. A total order, so merging is commutative, associative and idempotent (SWIM, section 4.2, with the
 * generation in front: a restart is a new life, which no rumour about the old one can touch). The text of the metadata
 * breaks a tie as a hash of it would, and can be read in a log.
 */
export function supersedes(theirs: MemberRecord, ours: MemberRecord): boolean {
  if (theirs.generation !== ours.generation) return theirs.generation > ours.generation;
  if (theirs.incarnation !== ours.incarnation) return theirs.incarnation > ours.incarnation;
  if (theirs.status !== ours.status) return STATUSES.indexOf(theirs.status) > STATUSES.indexOf(ours.status);
  return !isSameMeta(theirs.meta, ours.meta) && metaText(theirs.meta) > metaText(ours.meta);
}

/** Whether only the owner of the record can have gone from `b` to `a`: a later life, or a higher incarnation. */
export function isAhead(a: MemberRecord, b: MemberRecord): boolean {
  return a.generation === b.generation ? a.incarnation > b.incarnation : a.generation > b.generation;
}

/** The number of parts of a view, each with a hash of its own: one lost update is mended with one part. */
export const BUCKETS = 64;

/** The hash that stands for a record where views are compared. */
export interface Fingerprint {
  /** The record's hash of 48 bits, in 32 (signed) and 16, since bitwise operators take no more than 32. */
  readonly low: number;
  readonly high: number;
  /** The part of the view to which all peers count its address. */
  readonly bucket: number;
}

/** The fingerprints of records. A record is hashed once, however many hold it. */
const fingerprints = new WeakMap<MemberRecord, Fingerprint>();

/** The fingerprint of a record, which never changes from then on. */
export function fingerprint(record: MemberRecord): Fingerprint {
  const known = fingerprints.get(record);
  if (known !== undefined) return known;
  const { low, high } = recordHash(record);
  const made = { low: low | 0, high, bucket: bucketOf(record.address) };
  fingerprints.set(Object.freeze(record), made);
  return made;
}

/**
 * The exclusive or of two views' hashes of records is equal when their records are. Two multiplicative hashes of the
 * same text, each finished as MurmurHash3 does: without that, texts that differ in one digit differ in a few bits only,
 * and exclusive ors of such differences cancel out.
 */
export function recordHash(record: MemberRecord): Pick<Fingerprint, "low" | "high"> {
  const { address, generation, incarnation, status, meta } = record;
  const text = `${address} ${generation} ${incarnation} ${status} ${metaText(meta)}`;
  const low = hashText(text);
  const high = hashText(text, { start: 0x01000193, factor: 0x5bd1e995 });
  return { low: finish(low), high: finish(high ^ low) >>> 16 };
}

/** The bucket of an address, from 0 to below BUCKETS. Part of the wire format: all peers must agree. */
export function bucketOf(address: Address): number {
  const hash = hashText(address);
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}

/** Whether both records are of one version of their owner; others may have changed the status since. */
export function isSameVersion(a: MemberRecord, b: MemberRecord): boolean {
  return a.generation === b.generation && a.incarnation === b.incarnation;
}

/** Whether two processes claim one address: a version fixes the metadata, and these differ. */
export function conflicts(theirs: MemberRecord, ours: MemberRecord): boolean {
  return isSameVersion(theirs, ours) && !isSameMeta(theirs.meta, ours.meta);
}
