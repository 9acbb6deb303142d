import type { NetworkFault } from "../../fault/fault.js";
import { isNetworkKind, KINDS, rowOf, wayOf } from "../../fault/kinds.js";

// A note is the comment of a firewall rule: at most 255 characters, and no quotes. It says whose network has which
// fault, and with which values: "3 cut 1,2", "2 delay 100,20" or "all loss 0.2".

const NUMBERS_IN_A_NOTE = 40;
const ALL = "all";

/**
 * The faults of all networks as notes, the first of which says when they were written. None where there is no fault.
 */
export function notesOf(faults: Iterable<NetworkFault>, nowMs = Date.now()): string[] {
  const values = new Map<string, number[]>();
  for (const fault of faults) {
    const subject = `${holderOf(fault)} ${fault.kind}`;
    values.set(subject, [...(values.get(subject) ?? []), ...valuesOf(fault)]);
  }
  const notes = [...values].flatMap(([subject, all]) => inPieces(all).map((piece) => `${subject} ${piece.join()}`));
  return notes.length === 0 ? [] : [`at ${nowMs}`, ...notes.map((note) => note.trimEnd())];
}

/**
 * The faults of all networks, from the newest of several peers' notes: a peer that did not run while faults changed has
 * older ones.
 */
export function latest(all: readonly (readonly string[])[]): NetworkFault[] {
  const [newest = []] = all.toSorted((a, b) => writtenAt(b) - writtenAt(a));
  return newest.slice(1).flatMap(read);
}

function holderOf(fault: NetworkFault): number | typeof ALL {
  if ("to" in fault) return fault.to;
  return ("peer" in fault ? fault.peer : undefined) ?? ALL;
}

/** The values for the note; those of a closed way are the peer it comes from. Several ways to one peer share a note. */
function valuesOf(fault: NetworkFault): number[] {
  const way = wayOf(fault);
  if (way !== undefined) return [way[0]];
  const fields: Readonly<Record<string, unknown>> = { ...fault };
  return (rowOf(fault.kind).noted ?? []).map((field) => Number(fields[field]));
}

/** The faults of a note; none where it cannot be read, since another version may know other kinds. */
function read(note: string): NetworkFault[] {
  const [holder = "", word = "", text = ""] = note.split(" ");
  const kind = KINDS.find((each) => each === word);
  if (kind === undefined || !isNetworkKind(kind)) return [];
  const values = text === "" ? [] : text.split(",").map(Number);
  const { of, noted = [] } = rowOf(kind);
  if (of === "way") return values.map((from) => ({ kind, from, to: Number(holder) }) as NetworkFault);
  const own = Object.fromEntries(noted.map((field, at) => [field, values[at]]));
  return [{ kind, ...(holder === ALL ? {} : { peer: Number(holder) }), ...own } as NetworkFault];
}

/** The values in pieces that fit into a note. There is one piece at least, which may be empty. */
function inPieces(values: readonly number[]): (readonly number[])[] {
  const count = Math.max(1, Math.ceil(values.length / NUMBERS_IN_A_NOTE));
  return Array.from({ length: count }, (_, at) => values.slice(at * NUMBERS_IN_A_NOTE, (at + 1) * NUMBERS_IN_A_NOTE));
}

function writtenAt(notes: readonly string[]): number {
  return Number(/^at (\d+)$/.exec(notes[0] ?? "")?.[1] ?? -1);
}
