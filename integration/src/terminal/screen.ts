import type { ReadStream, WriteStream } from "node:tty";

const ENTER = "\x1b[?1049h\x1b[?25l"; // the other screen, so that what was there before comes back; no cursor
const LEAVE = "\x1b[?25h\x1b[?1049l";
const HOME = "\x1b[H";
const CLEAR_LINE_END = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
const CTRL_C = "\x03";

/** The terminal while a live picture is on it. Disposing gives it back as it was, with the last picture left to read. */
export class Screen implements Disposable {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #onKey: (key: Buffer) => void;
  #last: readonly string[] = [];
  #open = true;

  /** `onQuit` is called for q and Ctrl-C, which a terminal in raw mode passes on as a key. */
  constructor(input: ReadStream, output: WriteStream, onQuit: () => void) {
    this.#input = input;
    this.#output = output;
    this.#onKey = (key) => {
      if (["q", "Q", CTRL_C].includes(key.toString())) onQuit();
    };
    if (input.isTTY) input.setRawMode(true).on("data", this.#onKey).resume();
    output.write(ENTER);
    process.once("exit", this.#leave); // also when something throws
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

  /** Over the picture before, line by line, so that nothing flickers. */
  draw(lines: readonly string[]): void {
    this.#last = lines;
    this.#output.write(`${HOME}${lines.map((line) => `${line}${CLEAR_LINE_END}`).join("\n")}${CLEAR_BELOW}`);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#leave);
    this.#leave();
  }

  readonly #leave = (): void => {
    if (!this.#open) return;
    this.#open = false;
    if (this.#input.isTTY) this.#input.setRawMode(false).off("data", this.#onKey).pause();
    this.#output.write(`${LEAVE}${this.#last.join("\n")}\n`);
  };
}
