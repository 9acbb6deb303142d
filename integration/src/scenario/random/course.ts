import type { Fault } from "../../fault/fault.js";
import { Claims } from "../claims.js";
import type { PlannedEvent } from "./plan.js";

/** Faults that are to be applied together at one moment. */
export interface Moment {
  readonly atMs: number;
  readonly faults: readonly Fault[];
}

/** The events of a plan that are to end by themselves, and what ends them when. */
export class Endings {
  readonly #claims = new Claims();
  #open: readonly PlannedEvent[] = [];

  /** When the last of the events that have begun ends; -Infinity when none is to end. */
  get lastAtMs(): number {
    return Math.max(-Infinity, ...this.#open.map(endOf));
  }

  /** Notes an event that begins. */
  begin(event: PlannedEvent): void {
    this.#claims.add(event.faults, event);
    if (event.forMs !== undefined) this.#open = [...this.#open, event].sort((a, b) => endOf(a) - endOf(b));
  }

  /** Takes the ends that are due by that moment, in their order. An end leaves what other events want as well. */
  takeUntil(atMs: number): Moment[] {
    const due = this.#open.filter((event) => endOf(event) <= atMs);
    this.#open = this.#open.filter((event) => !due.includes(event));
    return due.map((event) => ({ atMs: endOf(event), faults: this.#claims.drop(event) }));
  }
}

/** All that is done in the course of a plan: its events, and the ends of those that end by themselves. */
export function course(events: readonly PlannedEvent[]): Moment[] {
  const endings = new Endings();
  const moments = events.flatMap((event) => {
    const ended = endings.takeUntil(event.atMs);
    endings.begin(event);
    return [...ended, event];
  });
  return [...moments, ...endings.takeUntil(Infinity)];
}

function endOf({ atMs, forMs = 0 }: PlannedEvent): number {
  return atMs + forMs;
}
