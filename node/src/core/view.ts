import type { Address } from "./address.js";
import type { SentRecord } from "./messages.js";
import type { Range } from "./range.js";
import { BUCKETS, fingerprint, isLive, supersedes, type MemberRecord } from "./record.js";
import type { Millis, ProtocolLimits } from "./timing.js";
import { Tombstones, type Tombstone } from "./tombstones.js";

/** The effect of a merge on one member. */
export type Merged =
  | { readonly outcome: "ignored" }
  | { readonly outcome: "refused"; readonly problem: string }
  | { readonly outcome: "changed"; readonly before: MemberRecord | undefined; readonly after: MemberRecord };

const IGNORED: Merged = { outcome: "ignored" };

/** All the records a peer holds. Decides which of two records holds and which are forgotten, and nothing else. */
export class View {
  readonly #records = new Map<Address, MemberRecord>();
  readonly #tombstones: Tombstones;
  readonly #limits: ProtocolLimits;
  readonly #buckets: readonly MemberRecord[][] = Array.from({ length: BUCKETS }, () => []);
  readonly #hashes = new Uint32Array(BUCKETS);
  readonly #hash = { low: 0, high: 0 };
  /** The live members in the order of addresses. */
  readonly #ring: Address[] = [];

  constructor(limits: ProtocolLimits, tombstoneTtlMs: Millis) {
    this.#limits = limits;
    this.#tombstones = new Tombstones(limits.maxTombstones, tombstoneTtlMs);
  }

  get(address: Address): MemberRecord | undefined {
    return this.#records.get(address);
  }

  isLive(address: Address): boolean {
    const record = this.get(address);
    return record !== undefined && isLive(record);
  }

  /** How many members are listed, the own peer among them. */
  get liveCount(): number {
    return this.#ring.length;
  }

  /** How many members are remembered, live or not. */
  get size(): number {
    return this.#records.size;
  }

  /** Equal for all who hold the same records, those of the gone among them; below 2^48, and 0 for none. */
  get hash(): number {
    return this.#hash.high * 2 ** 32 + this.#hash.low;
  }

  /** The hash of each bucket. */
  get bucketHashes(): readonly number[] {
    return [...this.#hashes];
  }

  /** The live members in the order of addresses. The list changes with the view. */
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

  /** The failed members: unlike those that left, they may be found again. */
  failedAddresses(): Address[] {
    return this.#tombstones.addresses().filter((address) => this.get(address)?.status === "failed");
  }

  records(): MemberRecord[] {
    return [...this.#records.values()];
  }

  /** Takes a record over when it supersedes the one held. `goneForMs` counts for a failed or left member only. */
  merge(theirs: MemberRecord, goneForMs: Millis, now: Millis): Merged {
    const { address } = theirs;
    const ours = this.get(address);
    const goneSince = now - goneForMs;
    if (ours !== undefined && !supersedes(theirs, ours)) {
      this.#agreeOnAge(ours, theirs, goneSince);
      return IGNORED;
    }
    if (!isLive(theirs) && this.#tombstones.isTooOld(goneForMs)) return IGNORED;
    const wasLive = ours !== undefined && isLive(ours);
    if (isLive(theirs) && !wasLive && this.liveCount >= this.#limits.maxMembers) {
      return { outcome: "refused", problem: `${address} is not taken in: maxMembers is ${this.#limits.maxMembers}` };
    }
    this.#records.set(address, Object.freeze(theirs));
    this.#putIntoBucket(ours, theirs);
    if (ours !== undefined) this.#toggle(ours);
    this.#toggle(theirs);
    if (isLive(theirs) && !wasLive) this.#ring.splice(this.placeOf(address), 0, address);
    if (!isLive(theirs) && wasLive) this.#ring.splice(this.placeOf(address), 1);
    if (isLive(theirs)) this.#tombstones.delete(address);
    else this.#addTombstone(address, { goneSince, wasListed: wasLive }, now);
    return { outcome: "changed", before: ours, after: theirs };
  }

  /** Forgets the failed and left members that have been remembered long enough. */
  expire(now: Millis): void {
    for (const address of this.#tombstones.expired(now)) this.forget(address);
  }

  /** The record of a member as it is to be sent now, with the age of its tombstone; undefined where none is held. */
  toSend(address: Address, now: Millis): SentRecord | undefined {
    const record = this.get(address);
    return record && this.#withAge(record, now);
  }

  /**
   * All records of these buckets as they are to be sent now, tombstones too: a member that lives on the other side of a
   * partition must hear that it is called failed.
   */
  bucketsToSend(buckets: readonly number[], now: Millis): SentRecord[] {
    return buckets.flatMap((bucket) => (this.#buckets[bucket] ?? []).map((record) => this.#withAge(record, now)));
  }

  /** How many records a bucket holds, tombstones too. */
  sizeOfBucket(bucket: number): number {
    return this.#buckets[bucket]?.length ?? 0;
  }

  #withAge(record: MemberRecord, now: Millis): SentRecord {
    const goneSince = this.#tombstones.goneSince(record.address);
    return goneSince === undefined ? record : { ...record, goneForMs: Math.max(0, Math.round(now - goneSince)) };
  }

  /** Two peers that hold the same tombstone keep the older age, so that both forget it at the same time. */
  #agreeOnAge(ours: MemberRecord, theirs: MemberRecord, goneSince: Millis): void {
    if (!isLive(theirs) && !supersedes(ours, theirs)) this.#tombstones.agreeOnAge(ours.address, goneSince);
  }

  /** Beyond the limit one that is remembered is forgotten. */
  #addTombstone(address: Address, of: Tombstone, now: Millis): void {
    const forgotten = this.#tombstones.add(address, of, now);
    if (forgotten !== undefined) this.forget(forgotten);
  }

  /** Adds a record to the hashes, or takes it out again: an exclusive or undoes itself. */
  #toggle(record: MemberRecord): void {
    const { low, high, bucket } = fingerprint(record);
    this.#hash.low = (this.#hash.low ^ low) >>> 0;
    this.#hash.high ^= high;
    this.#hashes[bucket] = (this.#hashes[bucket] ?? 0) ^ low;
  }

  #putIntoBucket(before: MemberRecord | undefined, after: MemberRecord): void {
    const records = this.#buckets[fingerprint(after).bucket] ?? [];
    records.splice(before === undefined ? records.length : records.indexOf(before), 1, after);
  }

  /** Holds no record of that member any more. Of a live one the ring would keep the address. */
  forget(address: Address): void {
    const record = this.get(address);
    if (record === undefined) return;
    const records = this.#buckets[fingerprint(record).bucket] ?? [];
    records.splice(records.indexOf(record), 1);
    this.#toggle(record);
    this.#records.delete(address);
    this.#tombstones.delete(address);
  }
}

function firstAtLeast(sorted: readonly Address[], wanted: Address): number {
  return firstPlace(sorted, (address) => address >= wanted);
}

function firstAfter(sorted: readonly Address[], wanted: Address): number {
  return firstPlace(sorted, (address) => address > wanted);
}

/** The first place from which on `holds` is true of all, by bisection. */
function firstPlace(sorted: readonly Address[], holds: (address: Address) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle] ?? "")) high = middle;
    else low = middle + 1;
  }
  return low;
}
