import type { Address } from "./address.js";
import { firstPlace } from "./bisect.js";
import { BUCKETS, bucketOf, fingerprint, type MemberRecord } from "./record.js";

/** Records by address, in buckets whose hashes show where two views differ. */
export class Buckets {
  /** Each bucket in the order of addresses: the lists take a quarter of the memory of a map, and need no other order. */
  readonly #buckets: readonly MemberRecord[][] = Array.from({ length: BUCKETS }, () => []);
  readonly #hashes = new Uint32Array(BUCKETS);
  #low = 0;
  #high = 0;
  /** The place that was looked for last: whoever takes a record in asks three times. */
  readonly #found: { address: Address; records: MemberRecord[]; place: number } = {
    address: "",
    records: [],
    place: 0,
  };
  #size = 0;

  /** How many records there are. */
  get size(): number {
    return this.#size;
  }

  /** Equal for all who hold the same records; below 2^48, and 0 for none. */
  get hash(): number {
    return this.#high * 2 ** 32 + (this.#low >>> 0);
  }

  /** The hash of each bucket. */
  get hashes(): readonly number[] {
    return [...this.#hashes];
  }

  /** The records of a bucket, in the order of addresses. The list changes with the bucket. */
  of(bucket: number): readonly MemberRecord[] {
    return this.#buckets[bucket] ?? [];
  }

  /** All records, bucket by bucket. */
  all(): MemberRecord[] {
    return this.#buckets.flat();
  }

  get(address: Address): MemberRecord | undefined {
    this.#find(address);
    const record = this.#found.records[this.#found.place];
    return record?.address === address ? record : undefined;
  }

  /** Holds the record from now on, in the place of `held`, the one held of its address. */
  put(record: MemberRecord, held: MemberRecord | undefined): void {
    this.#find(record.address);
    const { records, place } = this.#found;
    if (held === undefined) {
      records.splice(place, 0, record);
      this.#size++;
    } else {
      records[place] = record;
      this.#toggle(held);
    }
    this.#toggle(record);
  }

  /** Holds that record no more. */
  delete(held: MemberRecord): void {
    this.#find(held.address);
    this.#found.records.splice(this.#found.place, 1);
    this.#size--;
    this.#toggle(held);
  }

  /**
   * Finds the place of an address, where its record stands or would stand. All who change a bucket do so there. Records
   * of a bucket come in order in a message, so that the next place is tried first.
   */
  #find(address: Address): void {
    const found = this.#found;
    if (found.address === address) return;
    found.address = address;
    if (found.records[found.place + 1]?.address === address) {
      found.place++;
      return;
    }
    found.records = this.#buckets[bucketOf(address)] ?? [];
    found.place = firstPlace(found.records, (record) => record.address >= address);
  }

  /** Adds a record to the hashes, or takes it out again: an exclusive or undoes itself. */
  #toggle(record: MemberRecord): void {
    const { low, high, bucket } = fingerprint(record);
    this.#low ^= low;
    this.#high ^= high;
    this.#hashes[bucket] = (this.#hashes[bucket] ?? 0) ^ low;
  }
}
