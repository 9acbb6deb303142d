import type { NetworkFault } from "../../fault/fault.js";
import { isNetworkKind, isWayKind, KINDS, rowOf, wayOf } from "../../fault/kinds.js";
import { ranges } from "../../lib/text.js";

// A note is a text that is kept in the kernel, beside the rules of each network: "at 1712345678901;1-2 cut 3-5;4 loss
// 0.2". It says when it was written, and whose networks have which fault, with which values; of a way these are the
// peers it comes from. Those who have the same stand together, so that a partition is a sentence for each side, however
// many peers there are.

const ALL = "all";
const BETWEEN = ";";

/** The faults of all networks as a note; "" where there is no fault. */
export function noteOf(faults: Iterable<NetworkFault>, nowMs = Date.now()): string {
  const all = [...faults];
  const ways = all.filter((fault) => "to" in fault);
  const senders = grouped(ways.map(({ kind, from, to }) => [`${kind} ${to}`, from]));
  const closed = [...senders].map(([place, from]): [string, number] => {
    const [kind = "", to] = place.split(" ");
    return [`${kind} ${tight(from)}`, Number(to)];
  });
  const own = all.flatMap((fault): [string, number][] => {
    const peer = peerOf(fault);
    return peer === undefined ? [] : [[whatOf(fault), peer]];
  });
  const ofAll = all.filter((fault) => wayOf(fault) === undefined && peerOf(fault) === undefined);
  const sentences = [
    // What all have comes first: it is read first then, and what a peer has instead is an exception from it.
    ...ofAll.map((fault) => `${ALL} ${whatOf(fault)}`),
    ...[...grouped([...closed, ...own])].map(([what, holders]) => `${tight(holders)} ${what}`),
  ];
  return sentences.length === 0 ? "" : [`at ${nowMs}`, ...sentences].join(BETWEEN);
}

/** The newest of several peers' notes: a peer that could not be reached while faults changed has an older one. */
export function newest(notes: readonly string[]): string {
  return notes.toSorted((a, b) => writtenAt(b) - writtenAt(a))[0] ?? "";
}

/** The faults of all networks that a note tells of. */
export function faultsIn(note: string): NetworkFault[] {
  return note.split(BETWEEN).slice(1).flatMap(read);
}

function peerOf(fault: NetworkFault): number | undefined {
  return "peer" in fault ? fault.peer : undefined;
}

/** A fault that is of no way in a sentence: its kind, and its values. */
function whatOf(fault: NetworkFault): string {
  const fields: Readonly<Record<string, unknown>> = { ...fault };
  const noted = (rowOf(fault.kind).noted ?? []).filter((field) => fields[field] !== undefined);
  const values = noted.map((field) => Number(fields[field]));
  return `${fault.kind} ${values.join()}`.trimEnd();
}

function grouped(pairs: readonly (readonly [string, number])[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [name, number] of pairs) {
    const group = groups.get(name) ?? [];
    group.push(number);
    groups.set(name, group);
  }
  return groups;
}

/** The faults of a sentence; none where it cannot be read, since another version may know other kinds. */
function read(sentence: string): NetworkFault[] {
  const [whose = "", word = "", text = ""] = sentence.split(" ");
  const kind = KINDS.find((each) => each === word);
  if (kind === undefined || !isNetworkKind(kind)) return [];
  const holders = whose === ALL ? [undefined] : numbersIn(whose);
  if (isWayKind(kind))
    return holders.flatMap((to) => numbersIn(text).map((from) => ({ kind, from, to }) as NetworkFault));
  const values = text.split(",").map(Number);
  // A value that may be missing is noted last.
  const noted = (rowOf(kind).noted ?? []).slice(0, values.length);
  const own = Object.fromEntries(noted.map((field, at) => [field, values[at]]));
  return holders.map((peer) => ({ kind, ...(peer === undefined ? {} : { peer }), ...own }) as NetworkFault);
}

/** Numbers without a blank: "1-3,5". */
function tight(numbers: readonly number[]): string {
  return ranges(numbers).replaceAll(" ", "");
}

function numbersIn(text: string): number[] {
  return text.split(",").flatMap((range) => {
    const [first = NaN, last = first] = range.split("-").map(Number);
    return Number.isNaN(last - first) ? [] : Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}

function writtenAt(note: string): number {
  return Number(/^at (\d+)/.exec(note)?.[1] ?? -1);
}
