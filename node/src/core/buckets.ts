import type { Address } from "./address.js";
import { firstPlace } from "./bisect.js";
import { BUCKETS, bucketOf, fingerprint, type MemberRecord } from "./record.js";

/** Records by address, in buckets whose hashes show where two views differ. */
export class Buckets {
  /** Each bucket in the order of addresses: the lists take a quarter of the memory of a map, and need no other order. */
  readonly #buckets: readonly MemberRecord[][] = Array.from({ length: BUCKETS }, () => []);
  readonly #hashes = new Uint32Array(BUCKETS);
  readonly #hash = { low: 0, high: 0 };
  #size = 0;

  /** How many records there are. */
  get size(): number {
    return this.#size;
  }

  /** Equal for all who hold the same records; below 2^48, and 0 for none. */
  get hash(): number {
    return this.#hash.high * 2 ** 32 + this.#hash.low;
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
    const records = this.of(bucketOf(address));
    const record = records[placeOf(address, records)];
    return record?.address === address ? record : undefined;
  }

  /** Holds the record from now on, in the place of `held`, the one held of its address. */
  put(record: MemberRecord, held: MemberRecord | undefined): void {
    const records = this.#bucketOf(record);
    const place = placeOf(record.address, records);
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
    const records = this.#bucketOf(held);
    records.splice(placeOf(held.address, records), 1);
    this.#size--;
    this.#toggle(held);
  }

  #bucketOf(record: MemberRecord): MemberRecord[] {
    return this.#buckets[fingerprint(record).bucket] ?? [];
  }

  /** Adds a record to the hashes, or takes it out again: an exclusive or undoes itself. */
  #toggle(record: MemberRecord): void {
    const { low, high, bucket } = fingerprint(record);
    this.#hash.low = (this.#hash.low ^ low) >>> 0;
    this.#hash.high ^= high;
    this.#hashes[bucket] = (this.#hashes[bucket] ?? 0) ^ low;
  }
}

/** The place of an address among records in the order of addresses. */
function placeOf(address: Address, records: readonly MemberRecord[]): number {
  return firstPlace(records, (record) => record.address >= address);
}
