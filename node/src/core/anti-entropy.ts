import type { Address } from "./address.js";
import type { Suspicions } from "./suspicions.js";
import type { ExchangeReply, ExchangeRequest, SentRecord } from "./messages.js";
import type { Branch } from "./news.js";
import { sample } from "./random.js";
import { BUCKETS, supersedes } from "./record.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/** Buckets compared in an exchange while the view changes all the time. */
const BUCKETS_IN_A_STORM = 16;
export const ALL_BUCKETS = Array.from({ length: BUCKETS }, (_, bucket) => bucket);

/** What is put into a message: so much of the view as the other may lack, and no more than a message holds. */
export class AntiEntropy {
  readonly #state: State;
  readonly #suspicions: Suspicions;

  constructor(state: State, suspicions: Suspicions) {
    this.#state = state;
    this.#suspicions = suspicions;
  }

  /** The own record, and what the other is to know: the news, what is held against it, the buckets that are compared. */
  toTell(to: Address, buckets: readonly number[], branch: Branch | undefined, now: Millis): readonly SentRecord[] {
    const { view, address } = this.#state;
    const isAccused = view.get(to)?.status !== "alive";
    const addresses = new Set([address, ...(branch?.items ?? []), ...(isAccused ? [to] : [])]);
    const named = this.#recordsOf(addresses, now);
    const compared = view.toldOfBuckets(buckets, now).filter((record) => !addresses.has(record.address));
    return this.#cut([...named, ...compared.map((record) => this.#withAccusers(record, now))]);
  }

  /** What the other holds an older record of, or lacks, in what it told and in the buckets it asks for. */
  corrections(request: ExchangeRequest, isToCompare: boolean, now: Millis): readonly SentRecord[] {
    const outdated = request.records.filter((theirs) => this.#isOutdated(theirs)).map(({ address }) => address);
    if (!isToCompare && request.buckets.length === 0) return this.#cut(this.#recordsOf(outdated, now));
    const { view, address } = this.#state;
    const known = new Set(request.records.map((theirs) => theirs.address));
    // First ourselves, whom the other may not know yet.
    const isUnknown = isToCompare && !known.has(address);
    const named = this.#recordsOf([...(isUnknown ? [address] : []), ...outdated], now);
    const compared = view.toldOfBuckets(this.#fitting(request.buckets), now);
    const lacking = compared.filter((ours) => !known.has(ours.address) && !(isUnknown && ours.address === address));
    return this.#cut([...named, ...lacking.map((ours) => this.#withAccusers(ours, now))]);
  }

  /** The buckets to be repaired next; none where the views are equal. In a storm a part of them is enough. */
  differing(reply: ExchangeReply, isStorm: boolean): readonly number[] {
    const { view, random } = this.#state;
    const ours = view.bucketHashes;
    const differing = ALL_BUCKETS.filter((bucket) => reply.bucketHashes[bucket] !== ours[bucket]);
    if (differing.length === 0) return [];
    return this.#fitting(sample(random, differing, isStorm ? BUCKETS_IN_A_STORM : BUCKETS));
  }

  /** What is too much for one message loses records by chance, so that each gets its turn; never the first. */
  #cut(records: readonly SentRecord[]): readonly SentRecord[] {
    const { limits, random } = this.#state;
    const most = limits.maxRecordsPerMessage;
    return records.length <= most ? records : [...records.slice(0, 1), ...sample(random, records.slice(1), most - 1)];
  }

  /** The first of these buckets, as many as one message has room for. */
  #fitting(buckets: readonly number[]): readonly number[] {
    const { view, limits } = this.#state;
    let room = limits.maxRecordsPerMessage - 1;
    const fitting = buckets.filter((bucket) => (room -= view.sizeOfBucket(bucket)) >= 0);
    return fitting.length > 0 ? fitting : buckets.slice(0, 1);
  }

  /** Whether we hold a later one. In one process the same object is the same record. */
  #isOutdated(theirs: SentRecord): boolean {
    const ours = this.#state.view.get(theirs.address);
    return ours !== undefined && ours !== theirs && supersedes(ours, theirs);
  }

  #recordsOf(addresses: Iterable<Address>, now: Millis): SentRecord[] {
    const records: SentRecord[] = [];
    for (const address of new Set(addresses)) {
      const record = this.#state.view.told(address, now);
      if (record !== undefined) records.push(this.#withAccusers(record, now));
    }
    return records;
  }

  /** With those who accuse a suspect, and, as long as that is news, those who accused a failed member. */
  #withAccusers(record: SentRecord, now: Millis): SentRecord {
    const { address, status } = record;
    if (status === "suspect") return { ...record, accusers: this.#suspicions.accusersOf(address) };
    const proof = status === "failed" ? this.#suspicions.proofOf(address, now) : [];
    return proof.length > 0 ? { ...record, accusers: proof } : record;
  }
}
