import { resolveTiming } from "gossip-peer";
import { pick, stream } from "gossip-peer/simulator";
import type { Fault } from "../../fault/fault.js";
import { rowOf } from "../../fault/kinds.js";
import { Foresight } from "./foresight.js";
import { drawEvents, type Lot } from "./lots.js";
import type { Plan, PlannedEvent } from "./plan.js";

/** The mean time between two events: some of what they lead to is over by then, and some is not. */
const MEAN_GAP_MS = 8000;
/** How many times an event is drawn that would have no effect. */
const TRIES = 20;

export interface FeasibleOptions {
  readonly seed: number;
  /** How many peers; 5 to 8, drawn, where it is not said. */
  readonly peers?: number | undefined;
  readonly durationMs: number;
  /** The lots to draw from, each as often as its weight says. */
  readonly lots: readonly Lot[];
  /** How many peers may be down at the same time. Default: all but two. */
  readonly mostDown?: number | undefined;
}

/**
 * Draws a plan that can be carried out as a scenario: real peers can do each fault, and it has an effect. The timing is
 * the default. A plan without events is possible where the lots have nothing that breaks anything, or nothing but what blurs.
 */
export function drawFeasible({ seed, peers: given, durationMs, lots, mostDown }: FeasibleOptions): Plan {
  const random = stream(seed, "experiment");
  const drawn = 5 + Math.floor(random.next() * 4);
  const peers = given ?? drawn;
  const count = Math.max(1, Math.round(durationMs / MEAN_GAP_MS));
  const moments = Array.from({ length: count }, () => Math.floor(random.next() * durationMs)).sort((a, b) => a - b);
  // Every other plan is a clear one, of which can be said that nobody may be removed wrongly.
  const isClear = random.next() < 0.5;
  const drawnFrom = isClear ? lots.filter(({ kind }) => rowOf(kind).blurs !== true) : lots;
  const foresight = new Foresight(peers, { mostDown });
  const events: PlannedEvent[] = [];
  let later: PlannedEvent[] = [];
  const takeLater = (untilMs: number): void => {
    const due = later.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
    later = later.filter((event) => !due.includes(event));
    events.push(...due.filter((event) => foresight.take(event)));
  };
  for (const atMs of moments) {
    takeLater(atMs);
    for (let tries = 0; tries < TRIES; tries++) {
      const [event, ...rest] = drawEvents(pick(random, drawnFrom), atMs, peers, random).map(plain);
      if (event === undefined || !foresight.take(event)) continue;
      events.push(event);
      later.push(...rest);
      break;
    }
  }
  takeLater(Infinity);
  return { seed, peers, timing: resolveTiming(), isBalanced: false, events };
}

/** The plan without the events that can have no effect, since others were left out; and what it leaves broken. */
export function feasible(plan: Plan): { readonly events: readonly PlannedEvent[]; readonly foresight: Foresight } {
  const foresight = new Foresight(plan.peers);
  return { events: plan.events.filter((event) => foresight.take(event)), foresight };
}

/** The event without what only simulated peers know, as what becomes of calls to the dead; and no clocks. */
function plain({ faults, ...when }: PlannedEvent): PlannedEvent {
  return { ...when, faults: faults.flatMap(plainFault) };
}

function plainFault(fault: Fault): Fault | [] {
  if (fault.kind === "clock") return [];
  return fault.kind === "kill" || fault.kind === "start" ? { kind: fault.kind, peer: fault.peer } : fault;
}
