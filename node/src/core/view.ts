import type { Address } from "./address.js";
import { hashText } from "./hash.js";
import type { SentRecord } from "./messages.js";
import type { Range } from "./news.js";
import { isLive, recordHash, supersedes, type MemberRecord, type RecordHash } from "./record.js";
import type { Millis, ProtocolLimits } from "./timing.js";

interface Entry {
  readonly record: MemberRecord;
  /** Since when it is failed or left; meaningless while it lives. */
  readonly goneSince: Millis;
  /** The record as it is told while it lives: made once, so that telling it again costs nothing. */
  readonly sent: SentRecord;
  readonly bucket: number;
  readonly hash: RecordHash;
}

/** What a merge did to one member. */
export type Merged =
  | { readonly outcome: "ignored" }
  | { readonly outcome: "refused"; readonly problem: string }
  | { readonly outcome: "changed"; readonly before: MemberRecord | undefined; readonly after: MemberRecord };

const IGNORED: Merged = { outcome: "ignored" };

/** Into how many parts a view is divided, each with a hash of its own: one lost update is mended with one part. */
export const BUCKETS = 64;

/** All the records one peer holds. It decides nothing but which of two records holds, and what is forgotten. */
export class View {
  readonly #entries = new Map<Address, Entry>();
  readonly #limits: ProtocolLimits;
  readonly #tombstoneTtlMs: Millis;
  readonly #hashes = new Uint32Array(BUCKETS);
  #hash: RecordHash = { low: 0, high: 0 };
  #liveCount = 0;
  /** The live members in the order of addresses. */
  readonly #ring: Address[] = [];

  constructor(limits: ProtocolLimits, tombstoneTtlMs: Millis) {
    this.#limits = limits;
    this.#tombstoneTtlMs = tombstoneTtlMs;
  }

  get(address: Address): MemberRecord | undefined {
    return this.#entries.get(address)?.record;
  }

  isLive(address: Address): boolean {
    const record = this.get(address);
    return record !== undefined && isLive(record);
  }

  /** Members that are listed, the own peer among them. */
  get liveCount(): number {
    return this.#liveCount;
  }

  /** All that is remembered, live or not. */
  get size(): number {
    return this.#entries.size;
  }

  /** The same for all who hold the same live records, whatever dead ones they remember; below 2^48, and 0 for none. */
  get hash(): number {
    return this.#hash.high * 2 ** 32 + this.#hash.low;
  }

  /** The hash of each bucket, of its live records. */
  get bucketHashes(): readonly number[] {
    return [...this.#hashes];
  }

  /** The live members in the order of addresses. It changes with the view. */
  get ring(): readonly Address[] {
    return this.#ring;
  }

  /** The live members of a range, in order. */
  within({ from, to }: Range): readonly Address[] {
    return this.#ring.slice(firstAtLeast(this.#ring, from), firstAfter(this.#ring, to));
  }

  /** The place of a live member in the ring. */
  placeOf(address: Address): number {
    return firstAtLeast(this.#ring, address);
  }

  /** How many live members there are in a range. */
  countWithin({ from, to }: Range): number {
    return Math.max(0, firstAfter(this.#ring, to) - firstAtLeast(this.#ring, from));
  }

  /** Who did not answer for too long and may yet be found again. */
  failedAddresses(): Address[] {
    if (this.#entries.size === this.#liveCount) return [];
    return this.records().flatMap(({ address, status }) => (status === "failed" ? [address] : []));
  }

  records(): MemberRecord[] {
    return [...this.#entries.values()].map((entry) => entry.record);
  }

  /** Whether this very object has been taken in already, so that merging it would change nothing. */
  holds(sent: SentRecord): boolean {
    return this.#entries.get(sent.address)?.sent === sent;
  }

  /** Takes a record over when it supersedes what is held. `goneForMs` counts for a failed or left one only. */
  merge(theirs: MemberRecord, goneForMs: Millis, now: Millis, sent: SentRecord = { ...theirs, goneForMs: 0 }): Merged {
    const held = this.#entries.get(theirs.address);
    const goneSince = now - goneForMs;
    if (held !== undefined && !supersedes(theirs, held.record)) {
      this.#agreeOnAge(held, theirs, goneSince);
      return IGNORED;
    }
    if (!isLive(theirs) && goneForMs >= this.#tombstoneTtlMs) return IGNORED;
    const wasLive = held !== undefined && isLive(held.record);
    if (isLive(theirs) && !wasLive && this.#liveCount >= this.#limits.maxMembers) {
      return {
        outcome: "refused",
        problem: `${theirs.address} is not taken in: maxMembers is ${this.#limits.maxMembers}`,
      };
    }
    const bucket = held?.bucket ?? bucketOf(theirs.address);
    const hash = recordHash(theirs);
    this.#entries.set(theirs.address, { record: Object.freeze(theirs), goneSince, sent, bucket, hash });
    if (wasLive) this.#toggle(held);
    if (isLive(theirs)) this.#toggle({ bucket, hash });
    const place = firstAtLeast(this.#ring, theirs.address);
    if (isLive(theirs) && !wasLive) this.#ring.splice(place, 0, theirs.address);
    if (!isLive(theirs) && wasLive) this.#ring.splice(place, 1);
    this.#liveCount += Number(isLive(theirs)) - Number(wasLive);
    this.#boundTombstones();
    return { outcome: "changed", before: held?.record, after: theirs };
  }

  /** Forgets the failed and left members that have been remembered long enough. */
  expire(now: Millis): void {
    if (this.#entries.size === this.#liveCount) return;
    for (const [address, entry] of this.#entries) {
      if (!isLive(entry.record) && now - entry.goneSince >= this.#tombstoneTtlMs) this.#entries.delete(address);
    }
  }

  /** The record of a member as it is told now, with the age of its tombstone. */
  told(address: Address, now: Millis): SentRecord | undefined {
    const entry = this.#entries.get(address);
    return entry && toldOf(entry, now);
  }

  /** All that is held in these buckets, the dead too: who lives on the other side must hear that it is called dead. */
  toldOfBuckets(buckets: readonly number[], now: Millis): SentRecord[] {
    const wanted = new Set(buckets);
    const told: SentRecord[] = [];
    for (const entry of this.#entries.values()) if (wanted.has(entry.bucket)) told.push(toldOf(entry, now));
    return told;
  }

  /** How many records each bucket holds, the dead too. */
  bucketSizes(): readonly number[] {
    const sizes = Array.from({ length: BUCKETS }, () => 0);
    for (const { bucket } of this.#entries.values()) sizes[bucket] = (sizes[bucket] ?? 0) + 1;
    return sizes;
  }

  /** Two who hold the same tombstone keep the older age, so that both forget it at the same time. */
  #agreeOnAge(held: Entry, theirs: MemberRecord, goneSince: Millis): void {
    if (isLive(theirs) || goneSince >= held.goneSince || supersedes(held.record, theirs)) return;
    this.#entries.set(theirs.address, { ...held, goneSince });
  }

  /** Into the hashes, or out of them again. */
  #toggle({ bucket, hash: { low, high } }: Pick<Entry, "bucket" | "hash">): void {
    this.#hash = { low: (this.#hash.low ^ low) >>> 0, high: this.#hash.high ^ high };
    this.#hashes[bucket] = (this.#hashes[bucket] ?? 0) ^ low;
  }

  #boundTombstones(): void {
    if (this.#entries.size - this.#liveCount <= this.#limits.maxTombstones) return;
    let oldest: Entry | undefined;
    for (const entry of this.#entries.values()) {
      if (!isLive(entry.record) && (oldest === undefined || entry.goneSince < oldest.goneSince)) oldest = entry;
    }
    if (oldest !== undefined) this.#entries.delete(oldest.record.address);
  }
}

function toldOf({ record, sent, goneSince }: Entry, now: Millis): SentRecord {
  return isLive(record) ? sent : { ...sent, goneForMs: Math.max(0, Math.round(now - goneSince)) };
}

/** All peers must agree on it. */
export function bucketOf(address: Address): number {
  const hash = hashText(address);
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}

function firstAtLeast(sorted: readonly Address[], wanted: Address): number {
  return firstPlace(sorted, (address) => address >= wanted);
}

function firstAfter(sorted: readonly Address[], wanted: Address): number {
  return firstPlace(sorted, (address) => address > wanted);
}

/** The first place from which on it holds, by bisection. */
function firstPlace(sorted: readonly Address[], holds: (address: Address) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle] ?? "")) high = middle;
    else low = middle + 1;
  }
  return low;
}
