import type { Address } from "./address.js";
import type { Calls } from "./calls.js";
import type { ClosedConnections } from "./closed-connections.js";
import type { Dissemination } from "./dissemination.js";
import type { IndirectProbes } from "./indirect-probes.js";
import type { Membership, MergeContext } from "./membership.js";
import type { Newcomers } from "./newcomers.js";
import { isLive, isSameVersion, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Accuser } from "./suspicion.js";
import type { Suspicions } from "./suspicions.js";
import type { Timeouts } from "./timeouts.js";
import type { Millis } from "./timing.js";

/** The case against a member. */
export interface Evidence {
  /** The reason as text, for the log and the event. */
  readonly reason: string;
  /** Whether the connection broke or was refused, which is more than silence. */
  readonly broken: boolean;
}

/** The parts through which an accusation takes effect. */
interface Parts {
  readonly calls: Calls;
  readonly closedConnections: ClosedConnections;
  readonly dissemination: Dissemination;
  readonly indirectProbes: IndirectProbes;
  readonly membership: Membership;
  readonly newcomers: Newcomers;
  readonly suspicions: Suspicions;
  readonly timeouts: Timeouts;
}

/** Makes members suspect and failed, and tells those who have to know. */
export class Accusations {
  readonly #state: State;
  readonly #parts: Parts;

  constructor(state: State, parts: Parts) {
    this.#state = state;
    this.#parts = parts;
  }

  /** Has helpers try the member before it is accused; accuses it at once where there is nobody to ask. */
  verify(record: MemberRecord, reason: string, now: Millis, { isSecond = false } = {}): void {
    if (!this.#parts.indirectProbes.start({ record, reason, isSecond }, now))
      this.accuse(record, { reason, broken: false }, now);
  }

  /** Accuses a member: the first accuser makes it suspect, others confirm that. With multiplier 0 it fails at once. */
  accuse(record: MemberRecord, evidence: Evidence, now: Millis): void {
    const { address, status } = record;
    if (status === "alive") this.#suspect(record, evidence, now);
    else this.confirm(address, evidence, now);
    if (this.#state.timing.suspicionMultiplier === 0) this.fail(address, evidence.reason, now);
    else if (status === "alive") this.#giveChance(address, evidence, now);
  }

  /**
   * Accuses a suspect as well, and tells that to the head of the ring alone, who counts. Of a newcomer
   * this peer cannot say whether it is slow or gone, unless its connection broke, and leaves it to others.
   * Measured with a hundred containers on 2 cores, where members that had just begun were so confirmed, and removed.
   */
  confirm(address: Address, { broken }: Pick<Evidence, "broken">, now: Millis): void {
    const { newcomers, suspicions, dissemination } = this.#parts;
    if (!broken && newcomers.has(address, now)) return;
    const isFirst = !suspicions.isAccusedBy(address, this.#state.address);
    if (!suspicions.accuse(address, this.#asAccuser({ broken }), now)) return;
    if (isFirst) this.#state.counts.suspicions.made++;
    dissemination.tellHead(address, now);
  }

  /** Tells an accusation to all, and asks helpers: too few have confirmed it while only the head of the ring knew. */
  escalate(suspect: MemberRecord, reason: string, now: Millis): void {
    this.#parts.dissemination.spread(suspect.address, "all", now);
    this.verify(suspect, reason, now);
  }

  /** Counts accusers told by others, and tells nobody: each accuser tells the head, who tells all once it is enough. */
  count(suspect: MemberRecord, accusers: readonly Accuser[], now: Millis): void {
    const { address } = suspect;
    const ours = this.#state.view.get(address);
    if (ours?.status !== "suspect" || !isSameVersion(suspect, ours)) return;
    for (const accuser of accusers) this.#parts.suspicions.accuse(address, accuser, now);
  }

  /** Removes a suspect whose time has run out. */
  expire(address: Address, now: Millis): void {
    const accusers = this.#parts.suspicions.accusersOf(address).map((accuser) => accuser.address);
    const by = accusers.length > 0 ? `, accused by ${accusers.join(", ")}` : "";
    this.fail(address, `did not clear itself in time${by}`, now);
  }

  /** Removes a live member. */
  fail(address: Address, reason: string, now: Millis): void {
    const record = this.#state.view.get(address);
    if (record === undefined || !isLive(record)) return;
    this.#parts.membership.accept({ ...record, status: "failed" }, reason, now);
  }

  #suspect(record: MemberRecord, { reason, broken }: Evidence, now: Millis): void {
    const { closedConnections, dissemination, membership } = this.#parts;
    // A connection that closed here closed at others, too. Only the head of the ring, who counts, hears of this before
    // all are told.
    const isSeen = broken && closedConnections.counts(record.address, now);
    const context: MergeContext = { spread: isSeen ? "nobody" : "all", accusers: [this.#asAccuser({ broken })] };
    this.#state.counts.suspicions.made++;
    membership.accept({ ...record, status: "suspect" }, reason, now, context);
    if (isSeen) dissemination.tellHead(record.address, now);
  }

  /**
   * Gives the accused a chance to deny: it hears of the suspicion first and over a fresh connection, so that one lost
   * call costs it nothing (Lifeguard, buddy system). Where that was just tried, helpers are to try, since the
   * connection may have been one that only this peer held.
   */
  #giveChance(address: Address, { reason, broken }: Evidence, now: Millis): void {
    const { calls, closedConnections, suspicions, timeouts } = this.#parts;
    const { view } = this.#state;
    const record = view.get(address);
    if (!broken) calls.exchange(address, { for: "member" }, now);
    else if (closedConnections.counts(address, now)) closedConnections.checkAgain(address, now + timeouts.shortMs);
    else if (record !== undefined && !suspicions.isConfirmed(address, view.liveCount)) this.verify(record, reason, now);
  }

  #asAccuser({ broken }: Pick<Evidence, "broken">): Accuser {
    return { address: this.#state.address, broken };
  }
}
