import type { Views } from "../view/views.js";
import type { ScenarioCluster } from "./cluster.js";
import { ScenarioProblem } from "./problem.js";
import type { Round } from "./rounds.js";
import type { Step } from "./schema.js";

/** How many pieces of work may go on at a time: each may look at all peers. */
const MOST_AT_ONCE = 200;

/** What goes on side by side in a run: its steps, those that run meanwhile, and faults that end by themselves. */
export class GoingOn {
  readonly #cluster: ScenarioCluster;
  readonly #works = new Set<Promise<void>>();
  readonly #end = new AbortController();
  #failure: { readonly error: unknown; readonly step: Step | undefined; readonly rounds: readonly Round[] } | undefined;

  constructor(cluster: ScenarioCluster) {
    this.#cluster = cluster;
  }

  /** Aborted when something has failed: then all else is to end. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** The step whose failure ended the run; undefined as long as none has failed. */
  get failedStep(): Step | undefined {
    return this.#failure?.step;
  }

  /** The rounds of the loops that the failed step is in, the outermost first. */
  get failedRounds(): readonly Round[] {
    return this.#failure?.rounds ?? [];
  }

  /** Whether nothing goes on any more but the work that asks. */
  get isLast(): boolean {
    return this.#works.size === 1;
  }

  /** Begins work of a step, which itself does not wait for time to pass and which `ended` waits for. Throws a ScenarioProblem when too much goes on already. */
  begin(step: Step | undefined, work: () => Promise<void>): void {
    if (this.#works.size >= MOST_AT_ONCE)
      throw new ScenarioProblem(`more than ${MOST_AT_ONCE} steps and faults go on at once; wait for some of them`);
    const going = work()
      .catch((error: unknown) => {
        this.failed(error, step);
      })
      .finally(() => this.#works.delete(going));
    this.#works.add(going);
  }

  /** Begins work of a step in which time passes; the rest is as with `begin`. */
  beside(step: Step | undefined, work: () => Promise<void>): void {
    this.begin(step, () =>
      this.#cluster.beside(() =>
        work().catch((error: unknown) => {
          this.failed(error, step); // before others are rejected with it
          throw error;
        }),
      ),
    );
  }

  /** Lets so much time pass. Rejects when something has failed meanwhile. */
  async pass(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  /** Waits as the cluster's `until` does. Rejects when something has failed meanwhile. */
  until(holds: (views: Views) => boolean, withinMs: number): Promise<boolean> {
    return this.#cluster.until((views) => {
      this.#end.signal.throwIfAborted();
      return holds(views);
    }, withinMs);
  }

  /** Notes a failure, and has all else end. Returns whether it is the first: only that counts. */
  failed(error: unknown, step: Step | undefined, rounds: readonly Round[] = []): boolean {
    if (this.#failure !== undefined) return false;
    this.#failure = { error, step, rounds };
    this.#end.abort(error);
    return true;
  }

  /** Resolves when all that was begun is over. Rejects as the first failure did, once all else has ended. */
  async ended(): Promise<void> {
    while (this.#works.size > 0) await Promise.all(this.#works);
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
