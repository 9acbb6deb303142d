/**
 * Coalesces requests for the same work: the requests of one moment, and all that arrive while the work runs, are served
 * by one run that begins afterwards. At most one run is under way at a time.
 */
export class Coalescer {
  readonly #work: () => Promise<void>;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when a run has ended that began after this call; rejects as that run does. */
  run(): Promise<void> {
    this.#next ??= this.#underWay
      .catch(() => undefined) // whoever waited for that run has the error
      .then(() => {
        this.#next = undefined;
        this.#underWay = this.#work();
        return this.#underWay;
      });
    return this.#next;
  }
}
