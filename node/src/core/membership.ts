import type { Accuser } from "./suspicions.js";
import { eventKinds } from "./events.js";
import type { Pace } from "./pace.js";
import { MAX_COUNTER, type MemberRecord } from "./record.js";
import type { State } from "./state.js";
import type { Spread } from "./dissemination.js";
import type { Millis } from "./timing.js";

/** What is known of a record beyond itself when somebody told it. */
export interface MergeContext {
  readonly goneForMs?: Millis | undefined;
  readonly spread?: Spread;
  /** It is suspect because somebody calls it failed, and accused by nobody we know of. */
  readonly isHearsay?: boolean;
  /** Who says that it does not answer, where it is suspect or failed. */
  readonly accusers?: readonly Accuser[] | undefined;
}

/** What follows from a change of the view. */
export type Follow = (after: MemberRecord, told: MergeContext, now: Millis) => void;

/**
 * So many changes in a period are no storm. Two sides of a partition that have forgotten each other learn of one another in
 * one meeting; were the first change a storm, the rest would be told to nobody. Measured: one view after 1.5 periods, not 4.
 */
const FEW_CHANGES = 3;

/** The one place where the view changes, and where the own record does. */
export class Membership {
  readonly #state: State;
  readonly #pace: Pace;
  readonly #follow: Follow;
  #revision = 0;
  /** When the view changed last, the longest ago first. */
  readonly #changedAt: Millis[] = Array<Millis>(FEW_CHANGES).fill(-Infinity);

  constructor(state: State, pace: Pace, follow: Follow) {
    this.#state = state;
    this.#pace = pace;
    this.#follow = follow;
  }

  /** Raised with every change of the view. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether next to nothing changed in the last period. Else news is about, and most differences mend themselves. */
  isAtRest(now: Millis): boolean {
    return now - (this.#changedAt[0] ?? -Infinity) > this.#state.timing.pingPeriodMs;
  }

  /** Takes a record over where it holds against ours, announces what that is, and has follow what follows. */
  accept(record: MemberRecord, reason: string, now: Millis, told: MergeContext = {}): void {
    const merged = this.#state.view.merge(record, told.goneForMs ?? 0, now);
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
    this.#follow(after, told, now);
  }

  changeSelf(change: Partial<MemberRecord>, reason: string, now: Millis): void {
    this.#state.self = { ...this.#state.self, ...change };
    this.accept(this.#state.self, reason, now);
  }

  /** Somebody holds something of this peer that is not so: say so with a record above theirs. */
  refute(theirs: MemberRecord, now: Millis): void {
    const { generation, incarnation } = this.#state.self;
    const spent = theirs.incarnation >= MAX_COUNTER;
    if (theirs.generation >= MAX_COUNTER) {
      this.#state.warn(`${this.#state.address} cannot refute generation ${theirs.generation}`);
    } else if (theirs.generation > generation || spent) {
      // An earlier life had a faster clock. This life must stand above it.
      this.changeSelf({ generation: theirs.generation + 1, incarnation: 0 }, "restarted", now);
    } else {
      this.#pace.doubted();
      this.changeSelf({ incarnation: Math.max(incarnation, theirs.incarnation) + 1 }, "refuted", now);
    }
  }
}
