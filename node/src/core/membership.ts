import type { Spread } from "./dissemination.js";
import { eventKinds } from "./events.js";
import type { LocalHealth } from "./local-health.js";
import { MAX_COUNTER, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Accuser } from "./suspicion.js";
import type { Millis } from "./timing.js";

/** Things known of a record beyond itself when it is merged. */
export interface MergeContext {
  /** How long ago a failed or left member went; 0 where it is not said. */
  readonly goneForMs?: Millis | undefined;
  /** The members to whom a change is passed on; all where it is not said. */
  readonly spread?: Spread;
  /** Whether the member is suspect because somebody calls it failed, and accused by nobody known. */
  readonly isHearsay?: boolean;
  /** The accusers of a suspect or failed member. */
  readonly accusers?: readonly Accuser[] | undefined;
}

/** Told of every change of the view, once the view and the events hold it. */
export type OnChange = (after: MemberRecord, context: MergeContext, now: Millis) => void;

/**
 * So many changes in a period are no storm. Two sides of a partition that have forgotten each other learn of one
 * another in one meeting; were the first change a storm, the rest would be told to nobody. Measured: one view after 1.5
 * periods, not 4.
 */
const FEW_CHANGES = 3;

/** The one place where the view changes, and where the own record does. */
export class Membership {
  readonly #state: State;
  readonly #localHealth: LocalHealth;
  readonly #onChange: OnChange;
  #revision = 0;
  /** When the view changed last, the longest ago first. */
  readonly #changedAt: Millis[] = Array<Millis>(FEW_CHANGES).fill(-Infinity);

  constructor(state: State, localHealth: LocalHealth, onChange: OnChange) {
    this.#state = state;
    this.#localHealth = localHealth;
    this.#onChange = onChange;
  }

  /** Raised with every change of the view. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether next to nothing changed in the last period. Else news is about, and most differences mend themselves. */
  isAtRest(now: Millis): boolean {
    return now - (this.#changedAt[0] ?? -Infinity) > this.#state.timing.pingPeriodMs;
  }

  /** Merges a record into the view. Where it supersedes the one held, announces the events and reports the change. */
  accept(record: MemberRecord, reason: string, now: Millis, context: MergeContext = {}): void {
    const merged = this.#state.view.merge(record, context.goneForMs ?? 0, now);
    if (merged.outcome === "refused") this.#state.warn(merged.problem);
    if (merged.outcome !== "changed") return;
    this.#revision++;
    this.#changedAt.shift();
    this.#changedAt.push(now);
    const { before, after } = merged;
    for (const kind of eventKinds(before, after)) {
      if (kind === "left" && after.address === this.#state.address) continue; // whoever stops a peer knows
      this.#state.emit({ type: "announce", event: { kind, member: after, reason } });
    }
    this.#onChange(after, context, now);
  }

  /** Changes the own record, which goes to all. The caller sees to it that the new one supersedes the old. */
  changeSelf(change: Partial<MemberRecord>, reason: string, now: Millis): void {
    this.#state.self = { ...this.#state.self, ...change };
    this.accept(this.#state.self, reason, now);
  }

  /** Raises the own record above one that another peer holds and that is not so. */
  refute(theirs: MemberRecord, now: Millis): void {
    const { generation, incarnation } = this.#state.self;
    const isSpent = theirs.incarnation >= MAX_COUNTER;
    if (theirs.generation >= MAX_COUNTER) {
      this.#state.warn(`${this.#state.address} cannot refute generation ${theirs.generation}`);
    } else if (theirs.generation > generation || isSpent) {
      // An earlier life had a faster clock. This life must stand above it.
      this.changeSelf({ generation: theirs.generation + 1, incarnation: 0 }, "restarted", now);
    } else {
      this.#localHealth.worsen();
      this.changeSelf({ incarnation: Math.max(incarnation, theirs.incarnation) + 1 }, "refuted", now);
    }
  }
}
