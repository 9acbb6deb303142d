import { Screen } from "../../terminal/screen.js";
import { LEGEND, matrix, paint } from "../../view/matrix.js";
import { clip, duration } from "../../lib/text.js";
import type { Views } from "../../view/views.js";
import type { Display, Outcome } from "../../experiment/experiment.js";
import { rowsOf, type RecordedStep, type Row } from "../../experiment/run-record.js";
import { chosenText } from "../../experiment/steady.js";

/**
 * Prints a line for each step that has succeeded: for logs, and for runs that end too fast to be watched. What a loop
 * repeats is one line with its count, after the last round. Disposing prints those of a loop that did not come so far.
 */
export class PlainDisplay implements Display, Disposable {
  readonly #print: (line: string) => void;
  /** The steps that are still to be shown, in the order in which they ended. */
  #ended: readonly RecordedStep[] = [];

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  step(): void {}

  views(): void {}

  stepEnded(step: RecordedStep): void {
    this.#ended = [...this.#ended, step];
    const isLast = step.rounds.every(({ number, of }) => number === of);
    if (isLast) this.#show(({ line, what }) => line === step.line && what === step.what);
  }

  [Symbol.dispose](): void {
    this.#show(() => true);
  }

  #show(isShown: (step: RecordedStep) => boolean): void {
    for (const row of rowsOf(this.#ended.filter(isShown)))
      this.#print(rowLine(row, row.step.toMs ?? row.step.fromMs, "✓"));
    this.#ended = this.#ended.filter((step) => !isShown(step));
  }
}

export interface Scene {
  readonly title: string;
  readonly steps: readonly RecordedStep[];
  readonly views: Views;
  readonly nowMs: number;
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
}

/** At least so many lines are kept for steps; the matrix gets the rest. */
const FEWEST_STEPS = 4;
const BAR = 24;

/** The lines of one picture: the last steps, how much of its budget the present step has used, and who sees whom. */
export function frame({ title, steps, views, nowMs, columns, rows, colour }: Scene): string[] {
  const head = paint(clip(` chaos · ${title}`, columns), "bold", { colour });
  const legend = paint(clip(` ${LEGEND}    q ends`, columns), "gray", { colour });
  const table = matrix(views, { width: columns, height: Math.max(1, rows - FEWEST_STEPS - 4), colour });
  const room = Math.max(1, Math.min(10, rows - table.length - 4));
  const lines = rowsOf(steps)
    .slice(-room)
    .map((row) => clip(rowLine(row, nowMs), columns));
  return [head, "", ...lines, "", ...table, legend].slice(0, rows);
}

function rowLine({ step, times }: Row, nowMs: number, mark?: string): string {
  return `${stepLine(step, nowMs, mark)}${times === 1 ? "" : `  ×${times}`}`;
}

/** A step as "✓   1.20 s of 9.00 s  line 6   expect: …"; a step under way also has a bar of the time used. */
function stepLine(step: RecordedStep, nowMs: number, mark = step.toMs === undefined ? "▸" : "✓"): string {
  const { fromMs, toMs, limitMs } = step;
  const spentMs = (toMs ?? nowMs) - fromMs;
  const limit = limitMs === undefined || limitMs === 0 ? "" : ` of ${duration(limitMs)}`;
  const time = `${duration(spentMs)}${limit}`.padEnd(18);
  const left = toMs === undefined && limit !== "" ? `  ${bar(spentMs / (limitMs ?? 1))}` : "";
  return ` ${mark} ${time} ${said(step)}${left}`;
}

/** The line of a step in its file, its words, and whom these stood for. */
export function said({ line, what, chosen }: Pick<RecordedStep, "line" | "what" | "chosen">): string {
  const place = (line === undefined ? "" : `line ${line}`).padEnd(8);
  return `${place} ${what}${chosen.length === 0 ? "" : `  (${chosenText(chosen)})`}`;
}

function bar(share: number): string {
  const full = Math.min(BAR, Math.max(0, Math.round(share * BAR)));
  return "█".repeat(full) + "░".repeat(BAR - full);
}

/** Draws the picture on a terminal, anew with every change of the views. Disposing gives the terminal back. */
export class ScreenDisplay implements Display, Disposable {
  readonly #screen: Screen;
  readonly #title: string;
  readonly #steps: RecordedStep[] = [];
  #views: Views = [];
  #isOpen = true;

  /** Takes over the terminal. `end` is called when the user presses q or Ctrl-C. */
  constructor(title: string, end: () => void) {
    this.#title = title;
    this.#screen = new Screen(process.stdin, process.stdout, end);
  }

  step(step: RecordedStep): void {
    this.#steps.push(step);
    this.#draw(step.fromMs);
  }

  views(views: Views, nowMs: number): void {
    this.#views = views;
    this.#draw(nowMs);
  }

  stepEnded(step: RecordedStep): void {
    this.#draw(step.toMs ?? step.fromMs);
  }

  [Symbol.dispose](): void {
    this.#isOpen = false;
    this.#screen[Symbol.dispose]();
  }

  #draw(nowMs: number): void {
    if (!this.#isOpen) return;
    const { columns, rows, colour } = this.#screen;
    this.#screen.draw(
      frame({ title: this.#title, steps: this.#steps, views: this.#views, nowMs, columns, rows, colour }),
    );
  }
}

/** The title of a run on the screen. */
export function titleOf({ scenario, on, seed }: Pick<Outcome, "scenario" | "on" | "seed">): string {
  return `${scenario.title} · ${scenario.peers} peers · ${on} · seed ${seed}`;
}
