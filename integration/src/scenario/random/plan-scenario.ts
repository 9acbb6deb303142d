import { resolveTiming, type ProtocolTiming } from "gossip-peer";
import { stringify } from "yaml";
import type { Fault } from "../../fault/fault.js";
import { rowOf, wayOf, waysOf, type Way } from "../../fault/kinds.js";
import { percent } from "../../fault/quantities.js";
import type { Step } from "../schema.js";
import { feasible } from "./feasible.js";
import type { Foresight } from "./foresight.js";
import type { Plan, PlannedEvent } from "./plan.js";

/**
 * A plan as the text of a scenario file: a steady state, each event at its time, the end of all faults, and what must
 * hold then. Events that can have no effect are left out. `head` are the lines of the comment at its beginning.
 */
export function scenarioText(plan: Plan, head: readonly string[]): string {
  const { events, foresight } = feasible(plan);
  const lines: string[] = [];
  const put = (step: Step, comment = ""): void => {
    lines.push(`  - ${stringify(step, { collectionStyle: "flow", lineWidth: 0 }).trim()}${comment}`);
  };
  put({ expect: "everyone sees everyone", within: "join" });
  let atMs = 0;
  const waitUntil = (momentMs: number): void => {
    if (momentMs > atMs) put({ wait: `${momentMs - atMs} ms` });
    atMs = Math.max(atMs, momentMs);
  };
  for (const event of events) {
    waitUntil(event.atMs);
    for (const step of stepsOf(event)) put(step, ` # ${(event.atMs / 1000).toFixed(1)} s`);
  }
  const { quietAtMs } = foresight;
  waitUntil(quietAtMs);
  foresight.pass(quietAtMs);
  for (const step of endOf(foresight.left)) put(step);
  for (const step of expectationsOf(events)) put(step);
  return [
    ...head.map((line) => `# ${line}`),
    `title: Random faults of seed ${plan.seed}`,
    "why: Whatever befalls peers, once it has ended everybody sees everybody.",
    `peers: ${plan.peers}`,
    ...timingOf(plan),
    "steps:",
    ...lines,
    "",
  ].join("\n");
}

/** The line with the timing, as far as it is not the default. */
function timingOf({ timing }: Plan): string[] {
  const usual = Object.entries(resolveTiming());
  const own = usual.flatMap(([option, value]) => {
    const given = timing[option as keyof ProtocolTiming];
    return given === value ? [] : [`${option}: ${given}`];
  });
  return own.length === 0 ? [] : [`timing: { ${own.join(", ")} }`];
}

function endOf({ isNetworkBroken, limited, paused, down }: Foresight["left"]): Step[] {
  return [
    ...(isNetworkBroken ? [{ heal: "network" } as const] : []),
    ...(limited.length > 0 ? [{ cpu: [...limited], limit: "none" as const }] : []),
    ...(paused.length > 0 ? [{ resume: [...paused] }] : []),
    ...(down.length > 0 ? [{ start: [...down] }] : []),
  ];
}

function expectationsOf(events: readonly PlannedEvent[]): Step[] {
  const kinds = new Set(events.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
  const within = kinds.has("twin") ? "reclaim" : "settle";
  return [
    { expect: "everyone sees everyone", within },
    ...([...kinds].some((kind) => rowOf(kind).blurs === true)
      ? []
      : [{ expect: "nobody was removed wrongly" } as const]),
  ];
}

function stepsOf({ faults, forMs }: PlannedEvent): Step[] {
  const [first] = faults;
  const until = forMs === undefined ? {} : { for: `${forMs} ms` };
  const way = first === undefined ? undefined : wayOf(first);
  return first === undefined || way === undefined
    ? faults.map(stepOf)
    : [{ ...waysStep(first.kind, way, faults), ...until }];
}

/** Ways that are closed together: between two sides, or from one side to the other. */
function waysStep(kind: Fault["kind"], [first, second]: Way, faults: readonly Fault[]): Step {
  const ways = waysOf(faults);
  const ascending = (numbers: number[]): number[] => numbers.sort((a, b) => a - b);
  const from = ascending(ways.filter(([, to]) => to === second).map(([one]) => one));
  const to = ascending(ways.filter(([one]) => one === first).map(([, other]) => other));
  const isMutual = ways.some(([one, other]) => one === second && other === first);
  if (kind === "cut" && isMutual) return { partition: [from, to] };
  return kind === "reject" ? { reject: { from, to } } : { cut: { from, to } };
}

/** The step that stands for a fault. Throws an Error for one that has no step. */
function stepOf(fault: Fault): Step {
  switch (fault.kind) {
    case "kill":
      return { kill: fault.peer };
    case "stop":
      return { stop: fault.peer };
    case "start":
      return { start: fault.peer };
    case "restart":
      return { restart: fault.peer };
    case "pause":
      return { pause: fault.peer };
    case "resume":
      return { resume: fault.peer };
    case "starve": {
      const { peer, asleepMs, awakeMs, forMs } = fault;
      return { starve: peer, asleep: `${asleepMs} ms`, awake: `${awakeMs} ms`, for: `${forMs} ms` };
    }
    case "twin":
      return { twin: fault.peer, for: `${fault.forMs} ms` };
    case "nat":
      return { nat: fault.peer };
    case "close":
      return { close: fault.peer };
    case "cpu":
      return { cpu: fault.peer, limit: fault.share === undefined ? "none" : percent(fault.share) };
    case "heal":
      return { heal: "network" };
    case "loss":
      return { loss: percent(fault.share) };
    case "delay":
      return { delay: `${fault.latencyMs} ms`, jitter: `${fault.jitterMs} ms` };
    case "bandwidth":
      return { bandwidth: `${fault.kbits} kbit` };
    case "set-meta":
      return { "set-meta": fault.peer, name: fault.meta.name ?? "nameless" };
    case "add-seed":
      return { "add-seed": fault.peer, seed: fault.seed };
    case "cut":
    case "reject":
    case "add":
    case "ca":
    case "certificate":
    case "clock":
    case "dns":
    case "duplicate":
    case "memory":
    case "mute-dns":
    case "reorder":
    case "slow-dns":
    case "stranger":
    case "wrong-dns":
      throw new Error(`a plan that is a scenario has no ${fault.kind}`);
  }
}
