import type { Address } from "./address.js";
import type { ExchangeReply, ExchangeRequest, SentRecord } from "./messages.js";
import type { Proofs } from "./proofs.js";
import { sample } from "./random.js";
import { BUCKETS, supersedes } from "./record.js";
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
    const addresses = new Set([address, ...items, ...(isAccused ? [to] : [])]);
    const named = this.#recordsOf(addresses, now);
    const compared = view.bucketsToSend(buckets, now).filter((record) => !addresses.has(record.address));
    return this.#cut([...named, ...compared.map((record) => this.#withAccusers(record, now))]);
  }

  /**
   * The records for a reply: each that the other told in an older state, and those that it lacks in the buckets that it
   * asks for. Where the views are compared, the own record comes first if the other has not told it.
   */
  replyRecords(
    request: ExchangeRequest,
    { isCompared }: { readonly isCompared: boolean },
    now: Millis,
  ): readonly SentRecord[] {
    const outdated = request.records.filter((theirs) => this.#isOutdated(theirs)).map(({ address }) => address);
    if (!isCompared && request.buckets.length === 0) return this.#cut(this.#recordsOf(new Set(outdated), now));
    const { view, address } = this.#state;
    const known = new Set(request.records.map((theirs) => theirs.address));
    const isUnknown = isCompared && !known.has(address);
    const named = this.#recordsOf(new Set([...(isUnknown ? [address] : []), ...outdated]), now);
    const compared = view.bucketsToSend(this.#fitting(request.buckets), now);
    const lacking = compared.filter((ours) => !known.has(ours.address) && !(isUnknown && ours.address === address));
    return this.#cut([...named, ...lacking.map((ours) => this.#withAccusers(ours, now))]);
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

  /** Whether the view holds a later record. In one process the same object is the same record. */
  #isOutdated(theirs: SentRecord): boolean {
    const ours = this.#state.view.get(theirs.address);
    return ours !== undefined && ours !== theirs && supersedes(ours, theirs);
  }

  #recordsOf(addresses: ReadonlySet<Address>, now: Millis): SentRecord[] {
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
