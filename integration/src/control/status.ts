import { letter } from "../observer/page/sides.js";
import { peers, ranges } from "../lib/text.js";
import { listed, type PeerState, type Views } from "../view/views.js";
import type { Patient } from "../cluster/compose/project.js";

/** What there is to know of a peer, as `--json` prints it. */
export interface Row {
  readonly peer: number;
  readonly address: string | undefined;
  readonly state: PeerState;
  /** The letter of its side when there are several: peers that can all reach each other, directly or through others. */
  readonly side: string | undefined;
  /** The numbers of the peers of which nothing reaches it. */
  readonly deafTo: readonly number[];
  readonly faults: readonly string[];
  /** How many members it lists; undefined when it was not asked, or gave no answer. */
  readonly sees: number | undefined;
}

export function rows(patients: readonly Patient[], views: Views): Row[] {
  const sides = sidesOf(patients);
  return patients.map((patient) => {
    const { number, state, address } = patient.replica;
    const view = views.find((each) => each.number === number);
    const side = sides.findIndex((each) => each.includes(number));
    return {
      peer: number,
      address,
      state,
      side: sides.length > 1 && side >= 0 ? letter(side) : undefined,
      deafTo: patient.network.deafTo,
      faults: faultsOf(patient),
      sees: view?.members === undefined ? undefined : listed(view).length,
    };
  });
}

/** A table for people. */
export function table(all: readonly Row[]): string {
  const lines = [
    ["peer", "address", "state", "side", "hears nothing of", "faults", "sees"],
    ...all.map(({ peer, address = "-", state, side = "", deafTo, faults, sees }) => {
      const seen = sees === undefined ? (state === "running" ? "no answer" : "") : String(sees);
      return [String(peer), address, state, side, deafTo.length > 0 ? peers(deafTo) : "", faults.join(", "), seen];
    }),
  ];
  const widths = lines[0]?.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0))) ?? [];
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** "1-3 | 4-5", for messages. */
export function sidesText(sides: readonly (readonly number[])[]): string {
  return sides.map((side) => ranges(side)).join(" | ");
}

function faultsOf({ network: { loss, delay, kbits, deafTo }, isInForce, cpu, replica }: Patient): string[] {
  const faults: string[] = [];
  if (loss > 0) faults.push(`loss ${percent(loss)}`);
  if (delay !== undefined) faults.push(`delay ${delay.latencyMs} ms ± ${delay.jitterMs} ms`);
  if (kbits !== undefined) faults.push(`bandwidth ${kbits} kbit`);
  if (cpu !== undefined) faults.push(`cpu ${percent(cpu)}`);
  const isLost = replica.state !== "down" && !isInForce;
  if (isLost)
    faults.push(deafTo.length + faults.length > 0 ? "not in force since a restart" : "rules of before a restart");
  return faults;
}

function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))}%`;
}

/** Groups of peers, those who are down left out, between which nothing gets through in both directions. */
function sidesOf(patients: readonly Patient[]): number[][] {
  const up = patients.filter(({ replica }) => replica.state !== "down");
  const isOpen = (a: Patient, b: Patient): boolean =>
    !a.network.deafTo.includes(b.replica.number) && !b.network.deafTo.includes(a.replica.number);
  const left = new Set(up);
  const sides: number[][] = [];
  for (const first of up) {
    if (!left.delete(first)) continue;
    const side = [first];
    for (const member of side) {
      for (const other of [...left].filter((each) => isOpen(member, each))) {
        left.delete(other);
        side.push(other);
      }
    }
    sides.push(side.map(({ replica }) => replica.number));
  }
  return sides;
}
