import type { Address } from "./address.js";
import type { ExchangeReply, ExchangeRequest, SentRecord } from "./messages.js";
import type { Proofs } from "./proofs.js";
import { sample } from "./random.js";
import { BUCKETS } from "./record.js";
import type { State } from "./state.js";
import type { Suspicions } from "./suspicions.js";
import type { Millis } from "./timing.js";

/** Buckets compared in an exchange while the view changes all the time. */
const BUCKETS_IN_A_STORM = 16;
export const ALL_BUCKETS = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

/**
 * Compares two views by checksums and puts into a message so much of this one as the other may lack (Demers et al.,
 * section 1.3), and no more than a message holds.
 */
export class AntiEntropy {
  readonly #state: State;
  readonly #suspicions: Suspicions;
  readonly #proofs: Proofs;
  /** The records of the news that was told last. */
  #news: { items: readonly Address[]; now: Millis; hash: number; records: readonly SentRecord[] } = {
    items: [],
    now: -Infinity,
    hash: 0,
    records: [],
  };

  constructor(state: State, suspicions: Suspicions, proofs: Proofs) {
    this.#state = state;
    this.#suspicions = suspicions;
    this.#proofs = proofs;
  }

  /** The records for a request: the own one, the news, that of the other if it is accused, and all of the buckets. */
  requestRecords(
    to: Address,
    { items, buckets }: { readonly items: readonly Address[]; readonly buckets: readonly number[] },
    now: Millis,
  ): readonly SentRecord[] {
    const { view, address } = this.#state;
    const isAccused = view.get(to)?.status !== "alive";
    const isNamed = (other: Address): boolean => other === address || (isAccused && other === to);
    const named = this.#recordsOf(isAccused && to !== address ? [address, to] : [address], now);
    const news = this.#newsOf(items, now).filter((record) => !isNamed(record.address));
    return this.#cut([...named, ...news, ...this.#bucketRecords(buckets, isNamed, now)]);
  }

  /**
   * The records for a reply: each that the other told in an older state, and those that it lacks in the buckets that it
   * asks for. Where the views are compared, the own record comes first if the other has not told it.
   */
  replyRecords(
    request: ExchangeRequest,
    { outdated, isCompared }: { readonly outdated: readonly Address[]; readonly isCompared: boolean },
    now: Millis,
  ): readonly SentRecord[] {
    if (!isCompared && request.buckets.length === 0) return this.#cut(this.#recordsOf(new Set(outdated), now));
    const { address } = this.#state;
    const known = new Set(request.records.map((theirs) => theirs.address));
    const isUnknown = isCompared && !known.has(address);
    const named = this.#recordsOf(new Set([...(isUnknown ? [address] : []), ...outdated]), now);
    const isTold = (other: Address): boolean => known.has(other) || (isUnknown && other === address);
    return this.#cut([...named, ...this.#bucketRecords(this.#fitting(request.buckets), isTold, now)]);
  }

  /** The buckets, of those given, in which the own view differs from that of the peer that replied. */
  differing(reply: ExchangeReply, among: readonly number[]): readonly number[] {
    const ours = this.#state.view.bucketHashes;
    return among.filter((bucket) => reply.bucketHashes[bucket] !== ours[bucket]);
  }

  /** The buckets to be repaired next, of those that differ. In a storm of changes a random part is enough. */
  toRepair(differing: readonly number[], { isStorm }: { readonly isStorm: boolean }): readonly number[] {
    return this.#fitting(sample(this.#state.random, differing, isStorm ? BUCKETS_IN_A_STORM : BUCKETS));
  }

  /** Leaves out records by chance when a message would be too long, so that each gets its turn; never the first. */
  #cut(records: readonly SentRecord[]): readonly SentRecord[] {
    const { limits, random } = this.#state;
    const most = limits.maxRecordsPerMessage;
    return records.length <= most ? records : [...records.slice(0, 1), ...sample(random, records.slice(1), most - 1)];
  }

  /** The first of these buckets, as many as one message has room for, and one at least. */
  #fitting(buckets: readonly number[]): readonly number[] {
    const { view, limits } = this.#state;
    let room = limits.maxRecordsPerMessage - 1;
    const fitting = buckets.filter((bucket) => (room -= view.sizeOfBucket(bucket)) >= 0);
    return fitting.length > 0 ? fitting : buckets.slice(0, 1);
  }

  /** The records of buckets, but for those that are left out. */
  #bucketRecords(buckets: readonly number[], isLeftOut: (address: Address) => boolean, now: Millis): SentRecord[] {
    const records: SentRecord[] = [];
    for (const record of this.#state.view.bucketsToSend(buckets, now))
      if (!isLeftOut(record.address)) records.push(this.#withAccusers(record, now));
    return records;
  }

  /** The records of news, which are the same for all the branches to which it is told at a moment. */
  #newsOf(items: readonly Address[], now: Millis): readonly SentRecord[] {
    const { hash } = this.#state.view;
    if (this.#news.items !== items || this.#news.now !== now || this.#news.hash !== hash)
      this.#news = { items, now, hash, records: this.#recordsOf(items, now) };
    return this.#news.records;
  }

  #recordsOf(addresses: Iterable<Address>, now: Millis): SentRecord[] {
    const records: SentRecord[] = [];
    for (const address of addresses) {
      const record = this.#state.view.toSend(address, now);
      if (record !== undefined) records.push(this.#withAccusers(record, now));
    }
    return records;
  }

  /** The record with the accusers of a suspect and, as long as that is news, those of a failed member. */
  #withAccusers(record: SentRecord, now: Millis): SentRecord {
    const { address, status } = record;
    if (status === "suspect") return { ...record, accusers: this.#suspicions.accusersOf(address) };
    const proof = status === "failed" ? this.#proofs.of(address, now) : [];
    return proof.length > 0 ? { ...record, accusers: proof } : record;
  }
}
