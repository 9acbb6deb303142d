import { isWell, NO_FAULTS, type NetworkFaults } from "../../fault/network.js";

// A note is the comment of a rule: at most 255 characters, and no quotes.
const NUMBERS_IN_A_NOTE = 40;

/** What is wrong with whom, as notes that are kept with the rules of every peer; none when nothing is. */
export function notesOf(faults: ReadonlyMap<number, NetworkFaults>, nowMs = Date.now()): string[] {
  const notes = [...faults].filter(([, each]) => !isWell(each)).flatMap(([number, each]) => noteFor(number, each));
  return notes.length === 0 ? [] : [`at ${nowMs}`, ...notes];
}

function noteFor(number: number, { deafTo, loss, delay, kbits }: NetworkFaults): string[] {
  const notes: string[] = [];
  for (let at = 0; at < deafTo.length; at += NUMBERS_IN_A_NOTE) {
    notes.push(`${number} deaf ${deafTo.slice(at, at + NUMBERS_IN_A_NOTE).join()}`);
  }
  if (loss > 0) notes.push(`${number} loss ${loss}`);
  if (delay !== undefined) notes.push(`${number} delay ${delay.latencyMs},${delay.jitterMs}`);
  if (kbits !== undefined) notes.push(`${number} kbits ${kbits}`);
  return notes;
}

/** What is wrong with whom, by the newest of several peers' notes: who was away while others changed has older ones. */
export function latest(all: readonly (readonly string[])[]): Map<number, NetworkFaults> {
  const [newest = []] = all.toSorted((a, b) => writtenAt(b) - writtenAt(a));
  const faults = new Map<number, NetworkFaults>();
  for (const note of newest) {
    const [number = "", kind, values = ""] = note.split(" ");
    if (kind === undefined || values === "") continue;
    const numbers = values.split(",").map(Number);
    const before = faults.get(Number(number)) ?? NO_FAULTS;
    faults.set(Number(number), { ...before, ...read(kind, numbers, before) });
  }
  return faults;
}

function read(kind: string, values: readonly number[], { deafTo }: NetworkFaults): Partial<NetworkFaults> {
  const [first = 0, second = 0] = values;
  if (kind === "deaf") return { deafTo: [...deafTo, ...values] };
  if (kind === "loss") return { loss: first };
  if (kind === "delay") return { delay: { latencyMs: first, jitterMs: second } };
  return kind === "kbits" ? { kbits: first } : {};
}

function writtenAt(notes: readonly string[]): number {
  return Number(/^at (\d+)$/.exec(notes[0] ?? "")?.[1] ?? -1);
}
