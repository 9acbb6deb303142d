import { budgets } from "gossip-peer";
import {
  disagreement,
  Invariants,
  pick,
  protobufCodec,
  Simulation,
  stream,
  Violation,
  type SimulatedPeer,
} from "gossip-peer/simulator";
import { course } from "../../scenario/random/course.js";
import type { Plan } from "../../scenario/random/plan.js";
import type { Sometimes } from "../../scenario/schema.js";
import { Announcements } from "./announcements.js";
import { SimulatedFaults } from "./simulated-faults.js";

/** The outcome of a plan: how it failed, if it did, and what it went through either way. */
export interface PlanOutcome {
  readonly plan: Plan;
  readonly failure: string | undefined;
  /** How many faults had an effect. A run in which none had proves nothing. */
  readonly bites: number;
  /** What happened of that which is to happen sometimes, and is announced. */
  readonly met: readonly Sometimes[];
  readonly traceHash: string;
  readonly lastEvents: readonly string[];
  /** The peers in the state in which the run left them. */
  readonly peers: readonly SimulatedPeer[];
}

/**
 * Runs a plan, checks every invariant after every event, then ends all faults and expects agreement within the budget.
 */
export function runPlan(plan: Plan, { codec = false } = {}): PlanOutcome {
  const simulation = new Simulation({
    seed: plan.seed,
    timing: plan.timing,
    ...(codec ? { codec: protobufCodec() } : {}),
  });
  const faults = new SimulatedFaults(simulation);
  const announcements = new Announcements();
  let failure: string | undefined;
  try {
    simulation.watch(new Invariants(simulation));
    simulation.watch(announcements);
    startAll(simulation, plan);
    for (const { atMs, faults: together } of course(plan.events)) {
      simulation.pass(Math.max(0, atMs - simulation.now));
      for (const fault of together) faults.apply(fault);
    }
    failure = settle(simulation, plan, faults);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    failure = error.message;
  }
  const { trace, peers } = simulation;
  const met = [...announcements.met];
  return { plan, failure, bites: faults.bites, met, traceHash: trace.hash, lastEvents: trace.last(60), peers };
}

/** The address of the load balancer, where there is one. */
const BALANCER = "10.1.0.1:7946";

/**
 * Starts the peers. The first is the seed of all others, and the second is the first's, so that every peer that starts
 * again finds the others; or a load balancer is the seed of all.
 */
function startAll(simulation: Simulation, { seed, peers, isBalanced }: Plan): void {
  for (let number = 1; number <= peers; number++) simulation.addPeer({ meta: { name: `peer ${number}` } });
  const random = stream(seed, "balancer");
  if (isBalanced) simulation.setBalancer(BALANCER, () => pick(random, simulation.running));
  const [first, second] = simulation.peers;
  for (const peer of simulation.peers) {
    const plain = (peer === first ? second : first)?.address;
    const address = isBalanced ? BALANCER : plain;
    peer.seeds = address === undefined ? [] : [address];
    simulation.start(peer);
  }
}

/**
 * Ends all faults and sees to it that the first peer runs. Returns a sentence unless, within the budget, everybody
 * lists exactly those that run.
 */
function settle(simulation: Simulation, { events }: Plan, faults: SimulatedFaults): string | undefined {
  faults.end();
  const first = simulation.peers[0];
  if (first !== undefined && first.state !== "running") simulation.start(first);
  const { settleMs, reclaimMs } = budgets(simulation.timing, simulation.peers.length);
  const hasTwin = events.some((event) => event.faults.some(({ kind }) => kind === "twin"));
  const withinMs = hasTwin ? Math.max(settleMs, reclaimMs) : settleMs;
  const settled = simulation.passUntil(() => disagreement(simulation) === undefined, withinMs);
  if (!settled) return `no agreement within ${withinMs} ms after the last fault: ${disagreement(simulation) ?? ""}`;
  // Agreement must also last: an agreement by chance would fall apart again.
  simulation.pass(settleMs);
  const after = disagreement(simulation);
  return after === undefined ? undefined : `agreement did not last: ${after}`;
}
