import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import type { FaultKind, Way } from "./recording.js";

/** Something done to a cluster, or what would undo it, as data. */
export interface Deed {
  readonly verb: FaultKind;
  readonly peers: readonly number[];
  readonly way?: Way;
  /** What else the verb takes. */
  readonly how?: Readonly<Record<string, unknown>>;
}

/** One line of a journal. `at` is the time of day, `atMs` the cluster's own. */
export type Entry =
  | {
      readonly type: "experiment";
      readonly scenario: string;
      readonly on: string;
      readonly peers: number;
      readonly seed: number;
    }
  | {
      readonly type: "fault";
      readonly id: number;
      readonly atMs: number;
      readonly line: number | undefined;
      readonly deed: Deed;
      /** Null where nothing can undo it, or it undoes others itself. */
      readonly inverse: Deed | null;
    }
  | { readonly type: "applied"; readonly id: number; readonly atMs: number }
  | { readonly type: "not applied"; readonly id: number; readonly atMs: number; readonly why: string }
  /** These faults are there no longer, because of fault `by`. */
  | { readonly type: "undone"; readonly ids: readonly number[]; readonly by: number; readonly atMs: number }
  | { readonly type: "verdict"; readonly verdict: string; readonly reason: string };

/** Where each fault is written, with what undoes it, before it is applied. */
export interface Journal {
  write(entry: Entry): void;
}

/** A journal as a file of JSON lines; each line is on the disk when `write` returns. */
export class JournalFile implements Journal, Disposable {
  readonly #file: number;

  /** Begins the file anew; throws when it cannot be written. */
  constructor(path: string) {
    this.#file = openSync(path, "w");
  }

  write(entry: Entry): void {
    const { type, ...rest } = entry;
    writeSync(this.#file, `${JSON.stringify({ type, at: new Date().toISOString(), ...rest })}\n`);
    // Nobody is healed by what was only meant to be written. That something is over needs no such haste.
    if (type === "fault") fsyncSync(this.#file);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}
