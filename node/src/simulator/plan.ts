import { pick, sample, type Random } from "../core/random.js";
import { resolveTiming, type Millis, type ProtocolTiming } from "../core/timing.js";
import { stream } from "./streams.js";

/** What a run does to its peers, by their number from 0. */
export type Fault =
  | { readonly type: "kill"; readonly peer: number; readonly refuses: boolean }
  | { readonly type: "stop" | "start" | "pause" | "resume"; readonly peer: number }
  /** Starts with a wall clock that is off by so much. */
  | { readonly type: "restart"; readonly peer: number; readonly clockSkewMs: Millis }
  /** Sends and hears late, again and again: blocked for so long, free for a moment. */
  | { readonly type: "starve"; readonly peer: number; readonly asleepMs: Millis; readonly times: number }
  | { readonly type: "partition"; readonly side: readonly number[] }
  /** Nothing gets through in this one direction. */
  | { readonly type: "cut"; readonly from: number; readonly to: number }
  | { readonly type: "heal" }
  | { readonly type: "loss" | "duplicate" | "reorder"; readonly share: number }
  | { readonly type: "latency"; readonly latencyMs: Millis; readonly jitterMs: Millis }
  | { readonly type: "meta"; readonly peer: number; readonly name: string }
  | { readonly type: "seed"; readonly peer: number; readonly seed: number };

export interface PlannedFault {
  readonly atMs: Millis;
  readonly fault: Fault;
}

/** One run, whole: with the same plan everything happens again. */
export interface Plan {
  readonly seed: number;
  readonly peers: number;
  readonly timing: ProtocolTiming;
  readonly faults: readonly PlannedFault[];
}

const WEIGHTS = {
  kill: 6,
  stop: 4,
  start: 6,
  restart: 4,
  pause: 4,
  resume: 4,
  starve: 2,
  partition: 3,
  cut: 3,
  heal: 3,
  loss: 2,
  duplicate: 1,
  reorder: 1,
  latency: 1,
  meta: 4,
  seed: 2,
} as const satisfies Record<Fault["type"], number>;

const KINDS = Object.entries(WEIGHTS).flatMap(([type, weight]) =>
  Array<Fault["type"]>(weight).fill(type as Fault["type"]),
);

/** A plan drawn from a seed: 4 to 30 faults, unless said otherwise among 2 to 12 peers and in a minute and a half. */
export function drawPlan(seed: number, given: { readonly peers?: number; readonly durationMs?: Millis } = {}): Plan {
  const random = stream(seed, "plan");
  const between = (low: number, high: number): number => low + Math.floor(random.next() * (high - low + 1));
  const drawn = between(2, 12);
  const { peers = drawn, durationMs = 90_000 } = given;
  const suspicionMultiplier = random.next() < 0.3 ? 0 : 4;
  // One kill at least: it hits somebody who runs, or something has hit that one before. So no plan is without effect.
  const faults = Array.from({ length: between(4, 30) }, (_, at) => ({
    atMs: between(0, durationMs),
    fault: drawFault(at === 0 ? "kill" : (pick(random, KINDS) ?? "heal"), peers, random),
  }));
  faults.sort((a, b) => a.atMs - b.atMs);
  return { seed, peers, timing: resolveTiming({ suspicionMultiplier }), faults };
}

function drawFault(type: Fault["type"], peers: number, random: Random): Fault {
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const peer = below(peers);
  const other = (peer + 1 + below(peers - 1)) % peers;
  switch (type) {
    case "kill":
      return { type, peer, refuses: random.next() < 0.5 };
    case "stop":
    case "start":
    case "pause":
    case "resume":
      return { type, peer };
    case "restart":
      return { type, peer, clockSkewMs: below(3) === 0 ? -below(3_600_000) : 0 };
    case "starve":
      return { type, peer, asleepMs: 500 + below(5000), times: 1 + below(5) };
    case "partition":
      return {
        type,
        side: sample(
          random,
          Array.from({ length: peers }, (_, at) => at),
          1 + below(peers - 1),
        ),
      };
    case "cut":
      return { type, from: peer, to: other };
    case "heal":
      return { type };
    case "loss":
    case "duplicate":
    case "reorder":
      return { type, share: Math.round(random.next() * 50) / 100 };
    case "latency":
      return { type, latencyMs: 1 + below(100), jitterMs: below(200) };
    case "meta":
      return { type, peer, name: `name ${below(1000)}` };
    case "seed":
      return { type, peer, seed: other };
  }
}

export function describePlan({ seed, peers, timing, faults }: Plan): string {
  const head = `seed ${seed}: ${peers} peers, suspicionMultiplier ${timing.suspicionMultiplier}, ${faults.length} faults`;
  return [
    head,
    ...faults.map(({ atMs, fault }) => `${(atMs / 1000).toFixed(3).padStart(10)} s  ${describeFault(fault)}`),
  ].join("\n");
}

function describeFault({ type, ...details }: Fault): string {
  const words = Object.entries(details).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return [type, ...words].join(" ");
}
