/**
 * Work of which one go serves all who ask for it: whoever asks while a go is under way, or in the same moment as others,
 * shares the next one.
 */
export class Together {
  readonly #work: () => Promise<void>;
  #underWay: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(work: () => Promise<void>) {
    this.#work = work;
  }

  /** Resolves when a go has ended that began after this was called; rejects as that does. */
  go(): Promise<void> {
    this.#next ??= this.#underWay
      .catch(() => undefined) // those who shared it have been told
      .then(() => {
        this.#next = undefined;
        this.#underWay = this.#work();
        return this.#underWay;
      });
    return this.#next;
  }
}
