import type { Simulation } from "gossip-peer/simulator";

interface Wait {
  readonly holds: () => boolean;
  readonly endMs: number;
  readonly resolve: (held: boolean) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets virtual time pass for several pieces of work that are done side by side: it passes when all of them wait, to the
 * first moment at which one goes on. So a run is the same each time.
 */
export class Waits {
  readonly #simulation: Pick<Simulation, "now" | "passUntil">;
  /** How many pieces of work are under way. */
  #works = 0;
  #waiting: Wait[] = [];

  constructor(simulation: Pick<Simulation, "now" | "passUntil">) {
    this.#simulation = simulation;
  }

  /** Does work beside other work; settles as it does. When it rejects, everybody who waits is rejected with its error. */
  async beside<T>(work: () => Promise<T>): Promise<T> {
    this.#works++;
    try {
      await Promise.resolve(); // all that begins at the same moment is there before time passes
      return await work();
    } catch (error) {
      this.#rejectAll(error);
      throw error;
    } finally {
      this.#works--;
      this.#passIfAllWait();
    }
  }

  /** Waits for so long. Rejects when an invariant breaks. */
  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  /**
   * Waits until `holds`, which is called after every event, also by others who wait. Resolves to false when the time ran
   * out first; rejects with what `holds` throws, and when an invariant breaks.
   */
  until(holds: () => boolean, withinMs: number): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ holds, endMs: this.#simulation.now + withinMs, resolve, reject });
      this.#passIfAllWait();
    });
  }

  #passIfAllWait(): void {
    if (this.#waiting.length === 0 || this.#waiting.length < this.#works) return;
    const endMs = Math.min(...this.#waiting.map((wait) => wait.endMs));
    try {
      this.#simulation.passUntil(() => this.#settle(), Math.max(0, endMs - this.#simulation.now));
    } catch (error) {
      this.#rejectAll(error);
    }
    this.#remove((wait) => {
      const isOver = wait.endMs <= this.#simulation.now;
      if (isOver) wait.resolve(false);
      return isOver;
    });
  }

  /** Settles the waits of what holds now; returns whether there were any. */
  #settle(): boolean {
    const before = this.#waiting.length;
    this.#remove((wait) => {
      try {
        const held = wait.holds();
        if (held) wait.resolve(true);
        return held;
      } catch (error) {
        wait.reject(error);
        return true;
      }
    });
    return this.#waiting.length < before;
  }

  #remove(isSettled: (wait: Wait) => boolean): void {
    this.#waiting = this.#waiting.filter((wait) => !isSettled(wait));
  }

  #rejectAll(error: unknown): void {
    for (const wait of this.#waiting.splice(0)) wait.reject(error);
  }
}
