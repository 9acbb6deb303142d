import type { Address } from "./address.js";
import { ContestedAddress } from "./contested-address.js";
import type { Spread } from "./dissemination.js";
import { eventKinds } from "./events.js";
import type { LocalHealth } from "./local-health.js";
import type { PeerMeta } from "./meta.js";
import type { PartnerSelection } from "./partner-selection.js";
import { conflicts, isLive, isSameVersion, MAX_COUNTER, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Accuser } from "./suspicion.js";
import type { Millis } from "./timing.js";
import type { Merged } from "./view.js";

/** Things known of a record beyond itself when it is merged. */
export interface MergeContext {
  /** How long ago a failed or left member went; 0 where it is not said. */
  readonly goneForMs?: Millis | undefined;
  /** The members to whom a change is passed on; all where it is not said. */
  readonly spread?: Spread;
  /** Whether the member itself says this. */
  readonly isOwnWord?: boolean;
  /** Whether the member is suspect because somebody calls it failed, and accused by nobody known. */
  readonly isHearsay?: boolean;
  /** The accusers of a suspect or failed member. */
  readonly accusers?: readonly Accuser[] | undefined;
}

/** The records of a member before and after a change of the view. */
export interface Change {
  readonly before: MemberRecord | undefined;
  readonly after: MemberRecord;
}

/** Told of every change of the view, once the view and the events hold it. */
export type OnChange = (change: Change, context: MergeContext, now: Millis) => void;

/** The one place where the view changes, and where the own record does. */
export class Membership {
  readonly #state: State;
  readonly #localHealth: LocalHealth;
  readonly #partnerSelection: PartnerSelection;
  readonly #contested: ContestedAddress;
  readonly #onChange: OnChange;
  #revision = 0;

  constructor(state: State, localHealth: LocalHealth, partnerSelection: PartnerSelection, onChange: OnChange) {
    this.#state = state;
    this.#localHealth = localHealth;
    this.#partnerSelection = partnerSelection;
    this.#contested = new ContestedAddress(state);
    this.#onChange = onChange;
  }

  /** Raised with every change of the view. */
  get revision(): number {
    return this.#revision;
  }

  /** Merges a record into the view. Where it supersedes the one held, announces the events and reports the change. */
  accept(record: MemberRecord, reason: string, now: Millis, context: MergeContext = {}): void {
    const merged = this.#merge(record, context, now);
    if (merged.outcome !== "changed") return;
    this.#revision++;
    const { before, after } = merged;
    for (const kind of eventKinds(before, after)) {
      if (kind === "left" && after.address === this.#state.address) continue; // whoever stops a peer knows
      this.#state.counts.transitions[kind]++;
      this.#state.emit({ type: "announce", event: { kind, member: after, reason } });
    }
    this.#onChange({ before, after }, context, now);
  }

  #merge(record: MemberRecord, { goneForMs = 0, isOwnWord = false }: MergeContext, now: Millis): Merged {
    const { view } = this.#state;
    const merged = view.merge(record, goneForMs, now);
    if (merged.outcome !== "refused") return merged;
    this.#state.warnRarely(merged.problem, now);
    // Addresses are made up easily, and would keep out everybody who is there.
    return isOwnWord && this.#makeRoom(record.address, now) ? view.merge(record, goneForMs, now) : merged;
  }

  /** Forgets all other members, and tells nobody. The events say that they failed, since nothing is known of them. */
  forgetOthers(reason: string, now: Millis): void {
    for (const record of this.#state.view.records())
      if (record.address !== this.#state.address) this.#drop(record, reason, now);
  }

  /** Whether another process claims this peer's address. */
  isContested(now: Millis): boolean {
    return this.#contested.isContested(now);
  }

  /** Gives the own record other metadata. */
  updateMeta(meta: PeerMeta, now: Millis): void {
    this.#raiseSelf(this.#state.self, { meta }, "set", now);
  }

  /** Makes the own record say that this peer leaves. */
  leave(now: Millis): void {
    this.#changeSelf({ status: "left" }, "leaving", now);
  }

  /** Raises the own record above one that another peer holds and that is not so. */
  refute(theirs: MemberRecord, now: Millis): void {
    const { generation, incarnation } = this.#state.self;
    // Where another process has the same version an accusation is denied first, which cannot wait.
    if (theirs.generation > generation || (theirs.status === "alive" && conflicts(theirs, this.#state.self))) {
      if (this.#contested.isToBeRaised(now))
        this.#changeSelf({ generation: theirs.generation + 1, incarnation: 0 }, "restarted", now);
      return;
    }
    this.#localHealth.worsen();
    if (isSameVersion(theirs, this.#state.self)) this.#state.counts.suspicions.refuted++;
    this.#raiseSelf({ generation, incarnation: Math.max(incarnation, theirs.incarnation) }, {}, "refuted", now);
  }

  /** Drops a member that has never spoken to this peer for one that has; false where there is none. */
  #makeRoom(newcomer: Address, now: Millis): boolean {
    const { view, address: own } = this.#state;
    const silent = view.ring.find((address) => address !== own && !this.#partnerSelection.hasSpoken(address));
    const record = silent === undefined ? undefined : view.get(silent);
    if (record === undefined) return false;
    this.#drop(record, `never spoke, and ${newcomer} needs its place`, now);
    return true;
  }

  /** Removes a member from the view alone: no other peer hears of it. */
  #drop(record: MemberRecord, reason: string, now: Millis): void {
    if (isLive(record)) this.accept({ ...record, status: "failed" }, reason, now, { spread: "nobody" });
    this.#state.view.forget(record.address);
    this.#revision++;
  }

  /** Puts the own record one above this version. Where incarnations are used up a generation begins. */
  #raiseSelf(
    { generation, incarnation }: Pick<MemberRecord, "generation" | "incarnation">,
    change: Partial<MemberRecord>,
    reason: string,
    now: Millis,
  ): void {
    const isSpent = incarnation >= MAX_COUNTER;
    const version = isSpent ? { generation: generation + 1, incarnation: 0 } : { incarnation: incarnation + 1 };
    this.#changeSelf({ ...change, ...version }, reason, now);
  }

  /** Changes the own record, which goes to all. The caller sees to it that the new one supersedes the old. */
  #changeSelf(change: Partial<MemberRecord>, reason: string, now: Millis): void {
    this.#state.self = { ...this.#state.self, ...change };
    this.accept(this.#state.self, reason, now);
  }
}
