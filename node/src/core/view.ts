import type { Address } from "./address.js";
import type { SentRecord } from "./messages.js";
import { sample, type Random } from "./random.js";
import { isLive, recordHash, supersedes, type MemberRecord } from "./record.js";
import type { Millis, ProtocolLimits } from "./timing.js";

interface Entry {
  readonly record: MemberRecord;
  readonly changedAt: Millis;
  /** Since when it is failed or left; meaningless while it lives. */
  readonly goneSince: Millis;
  /** The record as it is told while it lives: made once, so that telling it again costs nothing. */
  readonly sent: SentRecord;
}

/** What a merge did to one member. */
export type Merged =
  | { readonly outcome: "ignored" }
  | { readonly outcome: "refused"; readonly problem: string }
  | { readonly outcome: "changed"; readonly before: MemberRecord | undefined; readonly after: MemberRecord };

const IGNORED: Merged = { outcome: "ignored" };

/** All the records one peer holds. It decides nothing but which of two records holds, and what is forgotten. */
export class View {
  readonly #entries = new Map<Address, Entry>();
  readonly #limits: ProtocolLimits;
  readonly #tombstoneTtlMs: Millis;
  #liveCount = 0;
  #hash = { low: 0, high: 0 };
  /** What was told last, as long as that is all there is and nothing has changed since. */
  #told: readonly SentRecord[] | undefined;

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

  liveAddresses(): Address[] {
    const addresses: Address[] = [];
    for (const [address, { record }] of this.#entries) if (isLive(record)) addresses.push(address);
    return addresses;
  }

  /** Who did not answer for too long and may yet be found again. */
  failedAddresses(): Address[] {
    if (this.#entries.size === this.#liveCount) return [];
    return this.records().flatMap(({ address, status }) => (status === "failed" ? address : []));
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
    this.#entries.set(theirs.address, { record: Object.freeze(theirs), changedAt: now, goneSince, sent });
    this.#told = undefined;
    if (wasLive) this.#toggle(held.record);
    if (isLive(theirs)) this.#toggle(theirs);
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

  /**
   * What to tell: everything, or, where that is more than one message holds, the own record, the latest changes for one
   * half and a random choice of the rest for the other, so that every record gets its turn.
   */
  toTell(self: Address, random: Random, now: Millis): readonly SentRecord[] {
    if (this.#told !== undefined) return this.#told;
    const others = [...this.#entries.values()].filter((entry) => entry.record.address !== self);
    const room = this.#limits.maxRecordsPerMessage - 1;
    const own = this.#entries.get(self);
    const chosen = others.length <= room ? others : latestAndSome(others, room, random);
    const told = (own === undefined ? chosen : [own, ...chosen]).map((entry) =>
      isLive(entry.record) ? entry.sent : { ...entry.sent, goneForMs: Math.max(0, Math.round(now - entry.goneSince)) },
    );
    if (chosen === others && this.#liveCount === this.#entries.size) this.#told = told;
    return told;
  }

  /** Two who hold the same tombstone keep the older age, so that both forget it at the same time. */
  #agreeOnAge(held: Entry, theirs: MemberRecord, goneSince: Millis): void {
    if (isLive(theirs) || goneSince >= held.goneSince || supersedes(held.record, theirs)) return;
    this.#entries.set(theirs.address, { ...held, goneSince });
  }

  /** Into the hash, or out of it again. */
  #toggle(record: MemberRecord): void {
    const { low, high } = recordHash(record);
    this.#hash = { low: (this.#hash.low ^ low) >>> 0, high: this.#hash.high ^ high };
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

function latestAndSome(entries: Entry[], room: number, random: Random): Entry[] {
  const byChange = entries.sort((a, b) => b.changedAt - a.changedAt);
  const half = Math.ceil(room / 2);
  return [...byChange.slice(0, half), ...sample(random, byChange.slice(half), room - half)];
}
