import type { MemberRecord } from "../../src/core/record.js";
import { budgets } from "../../src/core/timing.js";
import { disagreement, Simulation, type SimulatedPeer, type SimulationOptions } from "../../src/simulator/index.js";

/** Makes so many peers on good links, all started now, of which the first is the seed of the others. */
export function startTogether(count: number, options: Partial<SimulationOptions> = {}): Simulation {
  const simulation = new Simulation({ seed: 1, ...options });
  startMore(simulation, count);
  return simulation;
}

export function startMore(simulation: Simulation, count: number): void {
  for (let at = 0; at < count; at++) {
    const first = simulation.peers[0];
    simulation.start(simulation.addPeer({ seeds: first === undefined ? [] : [first.address] }));
  }
}

/** Lets time pass until everybody lists exactly those who run, and fails when that takes longer than it may. */
export function agree(simulation: Simulation): void {
  const { settleMs } = budgets(simulation.timing, simulation.peers.length);
  const agreed = simulation.passUntil(() => disagreement(simulation) === undefined, settleMs);
  if (!agreed) throw new Error(`no agreement: ${disagreement(simulation) ?? ""}`);
}

/** Makes peers as startTogether does, and lets time pass until they agree. */
export function agreed(count: number, options: Partial<SimulationOptions> = {}): Simulation {
  const simulation = startTogether(count, options);
  agree(simulation);
  return simulation;
}

/** The peers by their number from 0, as many as a test names. */
export function peersOf(simulation: Simulation): [SimulatedPeer, SimulatedPeer, ...SimulatedPeer[]] {
  const [first, second, ...others] = simulation.peers;
  if (first === undefined || second === undefined) throw new Error("fewer than two peers");
  return [first, second, ...others];
}

export function held(viewer: SimulatedPeer, subject: SimulatedPeer): MemberRecord {
  const records = viewer.protocol?.members({ includeGone: true }) ?? [];
  const record = records.find(({ address }) => address === subject.address);
  if (record === undefined) throw new Error(`${viewer.address} holds nothing of ${subject.address}`);
  return record;
}

export function self(peer: SimulatedPeer): MemberRecord {
  if (peer.protocol === undefined) throw new Error(`${peer.address} has never been started`);
  return peer.protocol.self;
}
