import { sample, type Random } from "gossip-peer/simulator";
import type { Fault, FaultKind } from "../../fault/fault.js";
import type { Dice, Draw } from "../../fault/kind.js";
import { KINDS, rowOf } from "../../fault/kinds.js";
import { numbers } from "../stage.js";
import type { PlannedEvent } from "./plan.js";

/** One way to draw the faults of an event. */
export interface Lot extends Draw<Fault> {
  readonly kind: FaultKind;
  /** The word for it on the command line: the kind, unless the kind has several lots of their own names. */
  readonly word: string;
}

/**
 * The lots from which events are drawn, each as often as its weight says. The order is part of what a seed means.
 */
export const ALL_LOTS: readonly Lot[] = KINDS.flatMap(lotsOf).flatMap((lot) => Array<Lot>(lot.weight).fill(lot));

/** The lots of a kind, each once; none for a kind that is not drawn. */
export function lotsOf(kind: FaultKind): readonly Lot[] {
  const { drawn } = rowOf(kind);
  return typeof drawn === "string" ? [] : drawn.map((draw) => ({ ...draw, kind, word: draw.word ?? kind }));
}

/** The events at that moment, and after it, that are drawn from a lot; one without faults from no lot. */
export function drawEvents(lot: Lot | undefined, atMs: number, peers: number, random: Random): PlannedEvent[] {
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const peer = below(peers);
  const other = (peer + 1 + below(peers - 1)) % peers;
  const all = numbers(peers);
  const dice: Dice = {
    peers,
    peer: peer + 1,
    other: other + 1,
    below,
    chance: (share) => random.next() < share,
    share: () => Math.round(random.next() * 50) / 100,
    side: () => new Set(sample(random, all, 1 + below(peers - 1))),
    order: () => sample(random, all, peers),
  };
  const drawn = lot?.draw(dice) ?? [];
  if (!("parts" in drawn)) return [{ atMs, faults: drawn }];
  return drawn.parts.map(({ afterMs, ...part }) => ({ atMs: atMs + afterMs, ...part }));
}
