import { budgets, resolveTiming } from "gossip-peer";
import type { FaultKind } from "../../src/fault/fault.js";
import type { Way } from "../../src/fault/kinds.js";
import type { Sent } from "../../src/scenario/cluster.js";
import type {
  Belief,
  BeliefChange,
  Life,
  RecordedFault,
  RecordedStep,
  RunRecord,
} from "../../src/experiment/run-record.js";

/** The record of ten seconds in which everybody runs and lists everybody from the beginning, but for what is given. */
export function recorded(given: {
  readonly peers: number;
  readonly lives?: readonly Life[];
  readonly beliefs?: readonly BeliefChange[];
  readonly faults?: readonly RecordedFault[];
  readonly steps?: readonly RecordedStep[];
  readonly sent?: readonly Sent[];
}): RunRecord {
  const numbers = Array.from({ length: given.peers }, (_, index) => index + 1);
  const pairs = numbers.flatMap((viewer) => numbers.map((subject) => [viewer, subject] as const));
  const timing = resolveTiming({});
  return {
    timing,
    budgets: budgets(timing, given.peers),
    fromMs: 0,
    toMs: 10_000,
    peers: numbers.map((number) => ({ number, address: `10.0.0.${number}:7946` })),
    lives: [...numbers.map((peer) => ({ atMs: 0, peer, state: "running" }) as const), ...(given.lives ?? [])],
    beliefs: [
      ...pairs.flatMap(([viewer, subject]) => (viewer === subject ? [] : change(0, viewer, subject, "alive"))),
      ...(given.beliefs ?? []),
    ],
    faults: given.faults ?? [],
    steps: given.steps ?? [],
    sent: given.sent ?? [],
  };
}

export function change(atMs: number, viewer: number, subject: number, belief: Belief): BeliefChange {
  return { atMs, viewer, subject, belief, wrong: false };
}

export function fault(
  kind: FaultKind,
  peers: readonly number[],
  begunMs: number,
  fromMs = begunMs,
  ways: readonly Way[] = [],
): RecordedFault {
  return { kind, what: kind, line: 1, begunMs, fromMs, lasts: true, ends: [], peers, ways };
}
