import type { Address } from "./address.js";
import type { SentRecord } from "./messages.js";
import type { Range } from "./news.js";
import { BUCKETS, fingerprint, isLive, supersedes, type MemberRecord } from "./record.js";
import type { Millis, ProtocolLimits } from "./timing.js";

/** What a merge did to one member. */
export type Merged =
  | { readonly outcome: "ignored" }
  | { readonly outcome: "refused"; readonly problem: string }
  | { readonly outcome: "changed"; readonly before: MemberRecord | undefined; readonly after: MemberRecord };

const IGNORED: Merged = { outcome: "ignored" };

/** All the records one peer holds. It decides nothing but which of two records holds, and what is forgotten. */
export class View {
  readonly #records = new Map<Address, MemberRecord>();
  /** Since when those are gone that failed or left. */
  readonly #goneSince = new Map<Address, Millis>();
  readonly #limits: ProtocolLimits;
  readonly #tombstoneTtlMs: Millis;
  readonly #buckets: readonly MemberRecord[][] = Array.from({ length: BUCKETS }, () => []);
  readonly #hashes = new Uint32Array(BUCKETS);
  #hash = { low: 0, high: 0 };
  /** The live members in the order of addresses. */
  readonly #ring: Address[] = [];

  constructor(limits: ProtocolLimits, tombstoneTtlMs: Millis) {
    this.#limits = limits;
    this.#tombstoneTtlMs = tombstoneTtlMs;
  }

  get(address: Address): MemberRecord | undefined {
    return this.#records.get(address);
  }

  isLive(address: Address): boolean {
    const record = this.get(address);
    return record !== undefined && isLive(record);
  }

  /** Members that are listed, the own peer among them. */
  get liveCount(): number {
    return this.#ring.length;
  }

  /** All that is remembered, live or not. */
  get size(): number {
    return this.#records.size;
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
    return [...this.#goneSince.keys()].filter((address) => this.get(address)?.status === "failed");
  }

  records(): MemberRecord[] {
    return [...this.#records.values()];
  }

  /** Takes a record over when it supersedes what is held. `goneForMs` counts for a failed or left one only. */
  merge(theirs: MemberRecord, goneForMs: Millis, now: Millis): Merged {
    const { address } = theirs;
    const ours = this.get(address);
    const goneSince = now - goneForMs;
    if (ours !== undefined && !supersedes(theirs, ours)) {
      this.#agreeOnAge(ours, theirs, goneSince);
      return IGNORED;
    }
    if (!isLive(theirs) && goneForMs >= this.#tombstoneTtlMs) return IGNORED;
    const wasLive = ours !== undefined && isLive(ours);
    if (isLive(theirs) && !wasLive && this.liveCount >= this.#limits.maxMembers) {
      return { outcome: "refused", problem: `${address} is not taken in: maxMembers is ${this.#limits.maxMembers}` };
    }
    this.#records.set(address, Object.freeze(theirs));
    this.#intoBucket(ours, theirs);
    if (wasLive) this.#toggle(ours);
    if (isLive(theirs)) this.#toggle(theirs);
    if (isLive(theirs) !== wasLive) this.#intoRing(address, isLive(theirs));
    if (isLive(theirs)) this.#goneSince.delete(address);
    else this.#goneSince.set(address, goneSince);
    this.#boundTombstones();
    return { outcome: "changed", before: ours, after: theirs };
  }

  /** Forgets the failed and left members that have been remembered long enough. */
  expire(now: Millis): void {
    for (const [address, goneSince] of this.#goneSince)
      if (now - goneSince >= this.#tombstoneTtlMs) this.#forget(address);
  }

  /** The record of a member as it is told now, with the age of its tombstone. */
  told(address: Address, now: Millis): SentRecord | undefined {
    const record = this.get(address);
    return record && this.#told(record, now);
  }

  /** All that is held in these buckets, the dead too: who lives on the other side must hear that it is called dead. */
  toldOfBuckets(buckets: readonly number[], now: Millis): SentRecord[] {
    return buckets.flatMap((bucket) => (this.#buckets[bucket] ?? []).map((record) => this.#told(record, now)));
  }

  /** How many records a bucket holds, the dead too. */
  sizeOfBucket(bucket: number): number {
    return this.#buckets[bucket]?.length ?? 0;
  }

  #told(record: MemberRecord, now: Millis): SentRecord {
    const goneSince = this.#goneSince.get(record.address);
    return goneSince === undefined ? record : { ...record, goneForMs: Math.max(0, Math.round(now - goneSince)) };
  }

  /** Two who hold the same tombstone keep the older age, so that both forget it at the same time. */
  #agreeOnAge(ours: MemberRecord, theirs: MemberRecord, goneSince: Millis): void {
    const since = this.#goneSince.get(ours.address);
    if (since === undefined || isLive(theirs) || goneSince >= since || supersedes(ours, theirs)) return;
    this.#goneSince.set(ours.address, goneSince);
  }

  /** Into the hashes, or out of them again. */
  #toggle(record: MemberRecord): void {
    const { low, high, bucket } = fingerprint(record);
    this.#hash = { low: (this.#hash.low ^ low) >>> 0, high: this.#hash.high ^ high };
    this.#hashes[bucket] = (this.#hashes[bucket] ?? 0) ^ low;
  }

  #intoBucket(before: MemberRecord | undefined, after: MemberRecord): void {
    const records = this.#buckets[fingerprint(after).bucket] ?? [];
    records.splice(before === undefined ? records.length : records.indexOf(before), 1, after);
  }

  #intoRing(address: Address, isIn: boolean): void {
    this.#ring.splice(this.placeOf(address), isIn ? 0 : 1, ...(isIn ? [address] : []));
  }

  #forget(address: Address): void {
    const record = this.get(address);
    if (record === undefined) return;
    const records = this.#buckets[fingerprint(record).bucket] ?? [];
    records.splice(records.indexOf(record), 1);
    this.#records.delete(address);
    this.#goneSince.delete(address);
  }

  #boundTombstones(): void {
    if (this.#goneSince.size <= this.#limits.maxTombstones) return;
    const [oldest] = [...this.#goneSince].reduce((older, each) => (each[1] < older[1] ? each : older));
    this.#forget(oldest);
  }
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
