import { letter } from "../observer/page/sides.js";
import { aligned, peers, ranges } from "../lib/text.js";
import type { BrokenPeer } from "../cluster/compose/breakable-project.js";
import { isOfNetwork, isWayKind, KINDS, rowOf } from "../fault/kinds.js";
import { unheard } from "../fault/network.js";
import { listed, type PeerState, type Views } from "../view/views.js";

/** The condition of a peer, as `status --json` prints it. */
export interface Condition {
  readonly peer: number;
  readonly address: string | undefined;
  readonly state: PeerState;
  /**
   * The letter of the peer's side; undefined when there is only one side, or the peer is down. The peers of a side can
   * reach each other, directly or through others.
   */
  readonly side: string | undefined;
  /** The numbers of the peers whose messages do not reach this one. */
  readonly deafTo: readonly number[];
  readonly faults: readonly string[];
  /** How many members the peer lists; undefined when the peer was not asked, or gave no answer. */
  readonly sees: number | undefined;
}

/**
 * The condition of each peer. `views` are the answers of the peers that were asked for their members; it may be empty.
 */
export function conditionsOf(broken: readonly BrokenPeer[], views: Views): Condition[] {
  const sides = sidesOf(broken);
  return broken.map((each) => {
    const { number, state, address } = each.peer;
    const view = views.find((one) => one.number === number);
    const side = sides.findIndex((one) => one.includes(number));
    return {
      peer: number,
      address,
      state,
      side: sides.length > 1 && side >= 0 ? letter(side) : undefined,
      deafTo: unheardBy(each),
      faults: faultsOf(each),
      sees: view?.members === undefined ? undefined : listed(view).length,
    };
  });
}

/** The conditions as a table for a terminal. */
export function table(all: readonly Condition[]): string {
  const lines = [
    ["peer", "address", "state", "side", "hears nothing of", "faults", "sees"],
    ...all.map(({ peer, address = "-", state, side = "", deafTo, faults, sees }) => {
      const seen = sees === undefined ? (state === "running" ? "no answer" : "") : String(sees);
      return [String(peer), address, state, side, deafTo.length > 0 ? peers(deafTo) : "", faults.join(", "), seen];
    }),
  ];
  return aligned(lines, () => true).join("\n");
}

/** The sides as text for messages: "1-3 | 4-5". */
export function sidesText(sides: readonly (readonly number[])[]): string {
  return sides.map((side) => ranges(side)).join(" | ");
}

function unheardBy({ faults }: BrokenPeer): number[] {
  return unheard(faults.filter(isOfNetwork));
}

function faultsOf(broken: BrokenPeer): string[] {
  const texts = KINDS.flatMap((kind) => {
    const { status, statusOfWays } = rowOf(kind);
    const faults = broken.faults.filter((fault) => fault.kind === kind);
    if (!isWayKind(kind)) return faults.flatMap((fault) => status?.(fault) ?? []);
    return faults.length > 0 ? (statusOfWays?.(unheard(faults.filter(isOfNetwork))) ?? []) : [];
  });
  const isLost = broken.peer.state !== "down" && !broken.isInForce;
  if (!isLost) return texts;
  const isAnyWanted = texts.length + unheardBy(broken).length > 0;
  return [...texts, isAnyWanted ? "not in force since a restart" : "rules of before a restart"];
}

/**
 * The sides: groups of peers, without those that are down, such that no two peers of different sides reach each other
 * in both directions.
 */
function sidesOf(broken: readonly BrokenPeer[]): number[][] {
  const up = broken.filter(({ peer }) => peer.state !== "down");
  const deaf = new Map(up.map((each) => [each, new Set(unheardBy(each))]));
  const isOpen = (a: BrokenPeer, b: BrokenPeer): boolean =>
    deaf.get(a)?.has(b.peer.number) === false && deaf.get(b)?.has(a.peer.number) === false;
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
    sides.push(side.map(({ peer }) => peer.number));
  }
  return sides;
}
