/**
 * One line on standard error that says how far a long run is: redrawn on a terminal, elsewhere written anew every ten
 * seconds. A run of less than a second shows nothing.
 */
export class Progress {
  readonly #begun = performance.now();
  readonly #isTerminal = process.stderr.isTTY;
  #shownAt = performance.now();
  #isShown = false;

  /** Shows `text` if enough time has passed since the last call; `text` is only called then. */
  show(text: () => string): void {
    const now = performance.now();
    const pause = this.#isTerminal ? (this.#isShown ? 100 : 1000) : 10_000;
    if (now - this.#shownAt < pause) return;
    this.#shownAt = now;
    this.#isShown = true;
    process.stderr.write(this.#isTerminal ? `\r\x1b[K${text()}` : `${text()}\n`);
  }

  /** Removes the line from a terminal, so that the next output stands alone. */
  clear(): void {
    if (this.#isShown && this.#isTerminal) process.stderr.write("\r\x1b[K");
  }

  get seconds(): number {
    return (performance.now() - this.#begun) / 1000;
  }
}
