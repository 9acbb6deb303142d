/** Remembers since when peers have been awake and within each other's reach, in ms of the cluster's time. */
export class Presence {
  readonly #nowMs: () => number;
  /** Since when each peer has been running and awake. A peer that is down or frozen has no entry. */
  readonly #awakeSinceMs = new Map<number, number>();
  /** When the cut of each way ended; Infinity while it lasts. The key is "from to". */
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

  /** Whether throughout the last `forMs` ms `subject` was awake, and it and `viewer` could reach each other. */
  wasThere(subject: number, viewer: number, forMs: number): boolean {
    const since = this.#nowMs() - forMs;
    const wasCut = (way: string): boolean => (this.#cutUntilMs.get(way) ?? -Infinity) >= since;
    const awakeSince = this.#awakeSinceMs.get(subject) ?? Infinity;
    return awakeSince < since && !wasCut(`${subject} ${viewer}`) && !wasCut(`${viewer} ${subject}`);
  }
}
