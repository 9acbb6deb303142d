import type { ReadStream, WriteStream } from "node:tty";

/** Switches to the alternate screen, so that the text before comes back afterwards, and hides the cursor. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
const CTRL_C = "\x03";

/**
 * The terminal while a picture that changes is on it. Disposing restores what was on the terminal before, and prints
 * the last picture below it.
 */
export class Screen implements Disposable {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #onKey: (key: Buffer) => void;
  #last: readonly string[] = [];
  #isOpen = true;

  /** `onQuit` is called for q and for Ctrl-C, which is no signal but a key while the terminal is in raw mode. */
  constructor(input: ReadStream, output: WriteStream, onQuit: () => void) {
    this.#input = input;
    this.#output = output;
    this.#onKey = (key) => {
      if (["q", "Q", CTRL_C].includes(key.toString())) onQuit();
    };
    if (input.isTTY) input.setRawMode(true).on("data", this.#onKey).resume();
    output.write(ENTER);
    process.once("exit", this.#leave); // the terminal is restored also when something throws
  }

  get columns(): number {
    return this.#output.columns;
  }

  get rows(): number {
    return this.#output.rows;
  }

  get colour(): boolean {
    return this.#output.hasColors();
  }

  /** Draws the lines over the former picture, line by line, so that nothing flickers. */
  draw(lines: readonly string[]): void {
    this.#last = lines;
    this.#output.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE_END}`).join("\n")}${CLEAR_BELOW}`);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#leave);
    this.#leave();
  }

  readonly #leave = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    if (this.#input.isTTY) this.#input.setRawMode(false).off("data", this.#onKey).pause();
    this.#output.write(`${LEAVE}${this.#last.join("\n")}\n`);
  };
}
