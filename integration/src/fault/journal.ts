import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Fault } from "./fault.js";
import { rowOf } from "./kinds.js";

/** A line of a journal. `at` is the time of day, `atMs` the cluster's own. */
export type Entry =
  | {
      readonly type: "experiment";
      readonly scenario: string;
      readonly on: string;
      readonly peers: number;
      readonly seed: number;
      /** The Compose project, where it runs on one. */
      readonly project?: string | undefined;
      /** Which process runs it, as containers are labelled with. */
      readonly run: string;
    }
  | {
      readonly type: "fault";
      readonly id: number;
      readonly atMs: number;
      readonly line: number | undefined;
      readonly fault: Fault;
      /** Null where nothing can undo it, or it undoes others itself. */
      readonly inverse: Fault | null;
    }
  | { readonly type: "applied"; readonly id: number; readonly atMs: number }
  | { readonly type: "not applied"; readonly id: number; readonly atMs: number; readonly why: string }
  /** Fault `by` ended these faults. */
  | { readonly type: "undone"; readonly ids: readonly number[]; readonly by: number; readonly atMs: number }
  | { readonly type: "verdict"; readonly verdict: string; readonly reason: string }
  /** Another process undid these after the one that wrote the rest was gone. */
  | { readonly type: "healed"; readonly ids: readonly number[] };

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
    writeSync(this.#file, lineOf(entry));
    // Nobody is healed by what was only meant to be written. That something is over needs no such haste.
    if (entry.type === "fault") fsyncSync(this.#file);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** A fault that was written down and that nothing has undone. */
export interface Standing {
  readonly id: number;
  readonly fault: Fault;
  readonly inverse: Fault;
}

/** The contents of a journal file, whose run may have ended in the middle of a line. */
export interface Account {
  readonly experiment: Extract<Entry, { type: "experiment" }>;
  /** The oldest first. */
  readonly standing: readonly Standing[];
}

/** Throws an Error that names the file when it cannot be read, or is no journal. */
export function readJournal(path: string): Account {
  const entries = readFileSync(path, "utf8").split("\n").flatMap(entryIn);
  const experiment = entries.find((entry) => entry.type === "experiment");
  if (experiment === undefined) throw new Error(`${path} is no journal of an experiment`);
  const hasEnded = entries.some(({ type }) => type === "verdict");
  const standing = new Map<number, Standing>();
  for (const entry of entries) {
    if (entry.type === "fault" && entry.inverse !== null)
      standing.set(entry.id, { id: entry.id, fault: entry.fault, inverse: entry.inverse });
    // Also one that was not applied may be there in part.
    if (entry.type === "undone" || entry.type === "healed") for (const id of entry.ids) standing.delete(id);
  }
  // A run that ended took back by itself whom it added and which metadata it set.
  const isOver = ({ fault }: Standing): boolean => hasEnded && rowOf(fault.kind).isHarmless === true;
  return { experiment, standing: [...standing.values()].filter((each) => !isOver(each)) };
}

/** Notes in a journal file that these are undone. */
export function noteHealed(path: string, ids: readonly number[]): void {
  appendFileSync(path, `\n${lineOf({ type: "healed", ids })}`);
}

function lineOf({ type, ...rest }: Entry): string {
  return `${JSON.stringify({ type, at: new Date().toISOString(), ...rest })}\n`;
}

/** None for the half line at which a killed run stopped to write. */
function entryIn(line: string): Entry[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}
