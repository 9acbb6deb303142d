/** Remembers, in ms of a cluster's time, since when peers have been well and within each other's reach. */
export class Presence {
  readonly #nowMs: () => number;
  /** Since when it runs and is awake; a peer that is down or frozen has none. */
  readonly #awakeSinceMs = new Map<number, number>();
  /** By way, "from to": when the cut ended; Infinity while it lasts. */
  readonly #cutUntilMs = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  awake(number: number): void {
    this.#awakeSinceMs.set(number, this.#nowMs());
  }

  away(number: number): void {
    this.#awakeSinceMs.delete(number);
  }

  cut(from: number, to: number): void {
    this.#cutUntilMs.set(`${from} ${to}`, Infinity);
  }

  healed(): void {
    for (const [way, untilMs] of this.#cutUntilMs) if (untilMs === Infinity) this.#cutUntilMs.set(way, this.#nowMs());
  }

  /** Whether `subject` was awake, and it and `viewer` could reach each other, all of the last so many ms. */
  wasThere(subject: number, viewer: number, forMs: number): boolean {
    const since = this.#nowMs() - forMs;
    const wasCut = (way: string): boolean => (this.#cutUntilMs.get(way) ?? -Infinity) >= since;
    const awakeSince = this.#awakeSinceMs.get(subject) ?? Infinity;
    return awakeSince < since && !wasCut(`${subject} ${viewer}`) && !wasCut(`${viewer} ${subject}`);
  }
}
