import type { Address } from "./address.js";
import { Buckets } from "./buckets.js";
import type { SentRecord } from "./messages.js";
import type { Range } from "./range.js";
import { isLive, supersedes, type MemberRecord } from "./record.js";
import { Ring } from "./ring.js";
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
  readonly #buckets = new Buckets();
  readonly #ring = new Ring();
  readonly #tombstones: Tombstones;
  readonly #limits: ProtocolLimits;

  constructor(limits: ProtocolLimits, tombstoneTtlMs: Millis) {
    this.#limits = limits;
    this.#tombstones = new Tombstones(limits.maxTombstones, tombstoneTtlMs);
  }

  get(address: Address): MemberRecord | undefined {
    return this.#buckets.get(address);
  }

  isLive(address: Address): boolean {
    const record = this.get(address);
    return record !== undefined && isLive(record);
  }

  /** How many members are listed, the own peer among them. */
  get liveCount(): number {
    return this.#ring.size;
  }

  /** How many members are remembered, live or not. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Equal for all who hold the same records, those of the gone among them; below 2^48, and 0 for none. */
  get hash(): number {
    return this.#buckets.hash;
  }

  /** The hash of each bucket. */
  get bucketHashes(): readonly number[] {
    return this.#buckets.hashes;
  }

  /** The live members in the order of addresses. The list changes with the view. */
  get ring(): readonly Address[] {
    return this.#ring.members;
  }

  /** The live members of a range, in order. */
  within(range: Range): readonly Address[] {
    return this.#ring.within(range);
  }

  /** The place of a live member in the ring. */
  placeOf(address: Address): number {
    return this.#ring.placeOf(address);
  }

  /** How many live members there are in a range. */
  countWithin(range: Range): number {
    return this.#ring.countWithin(range);
  }

  /** The failed members: unlike those that left, they may be found again. */
  failedAddresses(): Address[] {
    return this.#tombstones.addresses().filter((address) => this.get(address)?.status === "failed");
  }

  records(): MemberRecord[] {
    return this.#buckets.all();
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
    this.#buckets.put(theirs, ours);
    if (isLive(theirs) && !wasLive) this.#ring.add(address);
    if (!isLive(theirs) && wasLive) this.#ring.delete(address);
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
    const records: SentRecord[] = [];
    for (const bucket of buckets)
      for (const record of this.#buckets.of(bucket)) records.push(this.#withAge(record, now));
    return records;
  }

  /** How many records a bucket holds, tombstones too. */
  sizeOfBucket(bucket: number): number {
    return this.#buckets.of(bucket).length;
  }

  #withAge(record: MemberRecord, now: Millis): SentRecord {
    const goneSince = isLive(record) ? undefined : this.#tombstones.goneSince(record.address);
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

  /** Holds no record of that member any more. Of a live one the ring would keep the address. */
  forget(address: Address): void {
    const record = this.get(address);
    if (record === undefined) return;
    this.#buckets.delete(record);
    this.#tombstones.delete(address);
  }
}
