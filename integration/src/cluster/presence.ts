/** What can close a way between two peers. */
type Closer = "fault of the way" | "NAT";

/** Remembers since when peers have been awake and within each other's reach, in ms of the cluster's time. */
export class Presence {
  readonly #nowMs: () => number;
  /** Since when each peer has been running and awake. A peer that is down or frozen has no entry. */
  readonly #awakeSinceMs = new Map<number, number>();
  /** When each way was open again; Infinity while it is closed. The key is "from to". */
  readonly #cutUntilMs = new Map<string, number>();
  /** What closes each way. */
  readonly #closers = new Map<string, Set<Closer>>();

  /** Until when two peers did not take each other for members; Infinity while that lasts. The key has the lower first. */
  readonly #strangersUntilMs = new Map<string, number>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  awake(number: number): void {
    this.#awakeSinceMs.set(number, this.#nowMs());
  }

  away(number: number): void {
    this.#awakeSinceMs.delete(number);
  }

  cut(from: number, to: number, by: Closer = "fault of the way"): void {
    const way = `${from} ${to}`;
    this.#cutUntilMs.set(way, Infinity);
    this.#closers.set(way, new Set(this.#closers.get(way)).add(by));
  }

  /** Whether two peers take each other for members, from now on. */
  believed(one: number, other: number, isMutual: boolean): void {
    const pair = [one, other].sort((a, b) => a - b).join(" ");
    const untilMs = this.#strangersUntilMs.get(pair);
    if (!isMutual) this.#strangersUntilMs.set(pair, Infinity);
    else if (untilMs === Infinity) this.#strangersUntilMs.set(pair, this.#nowMs());
  }

  /** The way is no longer closed by this. It is open where nothing else closes it. */
  opened(from: number, to: number, by: Closer = "fault of the way"): void {
    const closers = this.#closers.get(`${from} ${to}`);
    closers?.delete(by);
    if (closers?.size === 0) this.#open(`${from} ${to}`);
  }

  healed(): void {
    this.#closers.clear();
    for (const way of this.#cutUntilMs.keys()) this.#open(way);
  }

  #open(way: string): void {
    if (this.#cutUntilMs.get(way) === Infinity) this.#cutUntilMs.set(way, this.#nowMs());
  }

  /** Whether throughout the last `forMs` ms `subject` was awake, and it and `viewer` could reach each other. */
  wasThere(subject: number, viewer: number, forMs: number): boolean {
    const since = this.#nowMs() - forMs;
    const wasCut = (way: string): boolean => (this.#cutUntilMs.get(way) ?? -Infinity) >= since;
    const pair = [subject, viewer].sort((a, b) => a - b).join(" ");
    const wereStrangers = (this.#strangersUntilMs.get(pair) ?? -Infinity) >= since;
    const awakeSince = this.#awakeSinceMs.get(subject) ?? Infinity;
    return awakeSince < since && !wereStrangers && !wasCut(`${subject} ${viewer}`) && !wasCut(`${viewer} ${subject}`);
  }
}
