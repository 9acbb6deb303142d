/**
 * A line on standard error that says how far a long run is: redrawn on a terminal, elsewhere written anew every ten
 * seconds. Nothing is shown of what takes less than a second.
 */
export class Progress {
  readonly #begun = performance.now();
  readonly #isTerminal = process.stderr.isTTY;
  #shownAt = performance.now();
  #isShown = false;

  /** `text` is asked for only when it is shown. */
  show(text: () => string): void {
    const now = performance.now();
    const pause = this.#isTerminal ? (this.#isShown ? 100 : 1000) : 10_000;
    if (now - this.#shownAt < pause) return;
    this.#shownAt = now;
    this.#isShown = true;
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${text()}` : `${text()}\n`);
  }

  /** The line goes, so that what is printed next stands alone. */
  clear(): void {
    if (this.#isShown && this.#isTerminal) process.stderr.write("\r\x1b[K");
  }

  get seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }
}
