import { resolveTiming, type ProtocolTiming } from "gossip-peer";
import { pick, stream } from "gossip-peer/simulator";
import type { Fault } from "../../fault/fault.js";
import { wayOf } from "../../fault/kinds.js";
import { ranges } from "../../lib/text.js";
import { ALL_LOTS, drawEvents, lotsOf } from "./lots.js";

/** The faults of one moment of a plan: one, or several that belong together. */
export interface PlannedEvent {
  readonly atMs: number;
  /** How long the faults last, in ms, where they end by themselves and others go on. */
  readonly forMs?: number;
  readonly faults: readonly Fault[];
}

/** The plan of a whole run: with the same plan everything happens again. */
export interface Plan {
  readonly seed: number;
  readonly peers: number;
  readonly timing: ProtocolTiming;
  /** Whether the seed of all is a load balancer's address, which leads each call to a peer that runs, drawn anew. */
  readonly isBalanced: boolean;
  /** The events, in the order of their times. */
  readonly events: readonly PlannedEvent[];
}

/** A plan drawn from a seed: 4 to 30 times something is drawn, unless said otherwise among 2 to 12 peers and in a minute and a half. */
export function drawPlan(seed: number, given: { readonly peers?: number; readonly durationMs?: number } = {}): Plan {
  const random = stream(seed, "plan");
  const between = (low: number, high: number): number => low + Math.floor(random.next() * (high - low + 1));
  const drawn = between(2, 12);
  const { peers = drawn, durationMs = 90_000 } = given;
  const suspicionMultiplier = random.next() < 0.3 ? 0 : 4;
  // At least one kill: it hits a peer that runs, or something has hit that peer before. So no plan is without effect.
  const [kill] = lotsOf("kill");
  const events = Array.from({ length: between(4, 30) }, (_, at) => {
    const atMs = between(0, durationMs);
    return drawEvents(at === 0 ? kill : pick(random, ALL_LOTS), atMs, peers, random);
  }).flat();
  events.sort((a, b) => a.atMs - b.atMs);
  // Where the dead are remembered for a short time only, many a sleep is longer than that.
  const ground = stream(seed, "ground");
  const memory = ground.next() < 0.3 ? { tombstoneTtlMs: 15_000 } : {};
  const isBalanced = ground.next() < 0.2;
  return { seed, peers, timing: resolveTiming({ suspicionMultiplier, ...memory }), isBalanced, events };
}

/** The plan as text for people: its size, and every event with all that belongs to it. */
export function describePlan({ seed, peers, timing, isBalanced, events }: Plan): string {
  const { suspicionMultiplier, tombstoneTtlMs } = timing;
  const ground = `suspicionMultiplier ${suspicionMultiplier}, tombstoneTtlMs ${tombstoneTtlMs}`;
  const seeds = isBalanced ? ", seeds behind a balancer" : "";
  const head = `seed ${seed}: ${peers} peers, ${ground}${seeds}, ${events.length} faults`;
  const lines = events.map(({ atMs, forMs, faults }) => {
    const until = forMs === undefined ? "" : ` for ${(forMs / 1000).toFixed(3)} s`;
    return `${(atMs / 1000).toFixed(3).padStart(10)} s  ${describe(faults)}${until}`;
  });
  return [head, ...lines].join("\n");
}

function describe(faults: readonly Fault[]): string {
  const ways = waysText(faults);
  return ways ?? faults.map(describeOne).join(", ");
}

function describeOne({ kind, ...values }: Fault): string {
  return [kind, ...Object.entries(values).map(([name, value]) => `${name} ${JSON.stringify(value)}`)].join(" ");
}

/** Closed ways as text, "cut from 1, 3 to 2, 4"; undefined where any of the faults closes none. */
function waysText(faults: readonly Fault[]): string | undefined {
  const targets = new Map<number, number[]>();
  for (const fault of faults) {
    const way = wayOf(fault);
    if (way === undefined) return undefined;
    targets.set(way[0], [...(targets.get(way[0]) ?? []), way[1]]);
  }
  const sources = new Map<string, number[]>();
  for (const [from, to] of targets) sources.set(ranges(to), [...(sources.get(ranges(to)) ?? []), from]);
  return [...sources].map(([to, from]) => `${faults[0]?.kind ?? ""} from ${ranges(from)} to ${to}`).join(", ");
}
