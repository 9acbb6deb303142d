import { STARTING_PERIODS } from "./newcomers.js";
import type { State } from "./state.js";
import type { Millis } from "./timing.js";

/**
 * So many changes in a period are no storm. Two sides of a partition that have forgotten each other learn of one
 * another in one meeting; were the first change a storm, the rest would be told to nobody. Measured: one view after 1.5
 * periods, not 4.
 */
const FEW_CHANGES = 3;

/** A burst of changes is over when nothing has changed for so long. Measured: news reaches a thousand in 32 ms. */
const CALM_MS: Millis = 100;
/**
 * So many changes are a burst. Measured: with 3 a peer sends half as much again where a fifth of all messages is lost,
 * since suspicions and their denials come together there.
 */
const BURST = 8;
/**
 * How often a peer may settle in a period beyond the first time: after another burst, or since the other held another
 * view, in which case both may lack something. Measured: each of 48 partitions of a hundred was one view at most 0.8 s
 * after its end; where a peer settles once a period some take 1.3 s.
 */
const MORE_SETTLINGS = 2;

/** How close together the changes of the view come: whether they are a storm, and when the peer is to settle after a burst. */
export class Settling {
  readonly #state: State;
  /** When the view changed last, the longest ago first. */
  readonly #changedAt: Millis[] = Array<Millis>(FEW_CHANGES).fill(-Infinity);
  /** How many changes came since there were none for a while. */
  #burst = 0;
  /** When this peer settled last after a burst of changes. */
  #settledAt: Millis = -Infinity;
  /** How often this peer may settle again before a period is over. */
  #settlingsLeft = 0;
  /** Whether the other with whom this peer settled held another view, and one more is to be compared. */
  #othersDiffer = false;

  constructor(state: State) {
    this.#state = state;
  }

  /** Takes note that the view has changed. */
  changed(now: Millis): void {
    this.#burst = now - this.#lastChangeAt > CALM_MS ? 1 : this.#burst + 1;
    this.#changedAt.shift();
    this.#changedAt.push(now);
  }

  /** Whether next to nothing changed in the last period. Else news is about, and most differences mend themselves. */
  isAtRest(now: Millis): boolean {
    return now - (this.#changedAt[0] ?? -Infinity) > this.#state.timing.pingPeriodMs;
  }

  /** When a burst of changes is over, as far as this peer can tell; Infinity where there is none, or it has settled. */
  get settlesAt(): Millis {
    const { newsFanout, pingPeriodMs } = this.#state.timing;
    const isToSettle = this.#othersDiffer || (this.#burst >= BURST && this.#settledAt < this.#lastChangeAt);
    if (!isToSettle || newsFanout === 0) return Infinity;
    const pauseMs = this.#settlingsLeft > 0 ? CALM_MS : pingPeriodMs;
    return Math.max(this.#lastChangeAt + CALM_MS, this.#settledAt + pauseMs);
  }

  /** Takes note that this peer compares its view with another's now, since a burst is over. */
  settled(now: Millis): void {
    const { startedAt, timing } = this.#state;
    const isFirst = now - this.#settledAt >= timing.pingPeriodMs;
    // While thousands start together settling more than once a period would cost each of them a third more bytes.
    const isStarting = now - startedAt < STARTING_PERIODS * timing.pingPeriodMs;
    if (!isFirst) this.#settlingsLeft--;
    else this.#settlingsLeft = isStarting ? 0 : MORE_SETTLINGS;
    this.#othersDiffer = false;
    this.#settledAt = now;
  }

  /** Whether this peer has begun to settle just now: no news is about any more that would mend what is left. */
  isSettling(now: Millis): boolean {
    return now - this.#settledAt < CALM_MS;
  }

  /** Takes note that another peer held another view: a peer that is settling then compares its own with one more. */
  foundDifference(now: Millis): void {
    if (this.isSettling(now) && this.#settlingsLeft > 0) this.#othersDiffer = true;
  }

  get #lastChangeAt(): Millis {
    return this.#changedAt.at(-1) ?? -Infinity;
  }
}
