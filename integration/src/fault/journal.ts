import { appendFileSync, closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import type { Fault } from "./fault.js";
import { rowOf } from "./kinds.js";

/**
 * A line of a journal. `at`, which is added when it is written, is the time of day; `atMs` is the cluster's own time.
 */
export type Entry =
  | {
      readonly type: "experiment";
      readonly scenario: string;
      readonly on: string;
      readonly peers: number;
      readonly seed: number;
      /** The Compose project; undefined on all other platforms. */
      readonly project?: string | undefined;
      /** The process that runs the experiment, named as in the labels of containers. */
      readonly run: string;
    }
  | {
      readonly type: "fault";
      readonly id: number;
      readonly atMs: number;
      readonly line: number | undefined;
      readonly fault: Fault;
      /** The fault that undoes this one. Null where none can, or where this fault only ends others. */
      readonly inverse: Fault | null;
    }
  | { readonly type: "applied"; readonly id: number; readonly atMs: number }
  | { readonly type: "not applied"; readonly id: number; readonly atMs: number; readonly why: string }
  /** The fault with the id `by` ended these faults. */
  | { readonly type: "undone"; readonly ids: readonly number[]; readonly by: number; readonly atMs: number }
  | { readonly type: "verdict"; readonly verdict: string; readonly reason: string }
  /** Another process undid these faults, after the process that wrote the journal was gone. */
  | { readonly type: "healed"; readonly ids: readonly number[] };

/** A journal: each fault is written to it before it is applied, with the fault that undoes it. */
export interface Journal {
  write(entry: Entry): void;
}

/** A journal as a file of JSON lines; each line is on the disk when `write` returns. */
export class JournalFile implements Journal, Disposable {
  readonly #file: number;
  #problem: string | undefined;

  /** Makes the file. Throws an Error when it is there already, since only it can heal what its run has left, or cannot be made. */
  constructor(path: string) {
    try {
      this.#file = openSync(path, "wx");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const why = `${path} is there already, and may have to heal what its run has left: choose another folder`;
      throw Object.assign(new Error(why, { cause: error }), { code: "EEXIST" });
    }
  }

  /** What could not be written, when that was; undefined as long as all is there. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Throws an Error when a fault cannot be written, since it must not be applied then. What else cannot be is a `problem`. */
  write(entry: Entry): void {
    try {
      writeSync(this.#file, lineOf(entry));
    } catch (error) {
      if (entry.type === "fault") throw error;
      this.#problem ??= error instanceof Error ? error.message : String(error);
      return;
    }
    // A fault must be on the disk before it is applied, or a killed run could not be healed. The other entries can
    // wait.
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
  /** The faults that still stand, the oldest first. */
  readonly standing: readonly Standing[];
}

/** Reads a journal file. Throws an Error that names the file when it cannot be read, or is no journal. */
export function readJournal(path: string): Account {
  const entries = readFileSync(path, "utf8").split("\n").flatMap(entryIn);
  const experiment = entries.find((entry) => entry.type === "experiment");
  if (experiment === undefined) throw new Error(`${path} is no journal of an experiment`);
  const hasEnded = entries.some(({ type }) => type === "verdict");
  const standing = new Map<number, Standing>();
  for (const entry of entries) {
    if (entry.type === "fault" && entry.inverse !== null)
      standing.set(entry.id, { id: entry.id, fault: entry.fault, inverse: entry.inverse });
    // A fault that is noted as not applied stands as well, since a part of it may be in force.
    if (entry.type === "undone" || entry.type === "healed") for (const id of entry.ids) standing.delete(id);
  }
  // A run that ended by itself has removed the peers that it added, and has given peers their metadata back.
  const isOver = ({ fault }: Standing): boolean => hasEnded && rowOf(fault.kind).isHarmless === true;
  return { experiment, standing: [...standing.values()].filter((each) => !isOver(each)) };
}

/** Notes in a journal file that these faults are undone. */
export function noteHealed(path: string, ids: readonly number[]): void {
  appendFileSync(path, `\n${lineOf({ type: "healed", ids })}`);
}

function lineOf({ type, ...rest }: Entry): string {
  return `${JSON.stringify({ type, at: new Date().toISOString(), ...rest })}\n`;
}

/** The entry in a line; none in the unfinished line of a run that was killed while it wrote. */
function entryIn(line: string): Entry[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as Entry];
  } catch {
    return [];
  }
}
