import { describe, expect, test } from "@jest/globals";
import type { Address } from "../../src/core/address.js";
import { LOOK_UP_WITHIN_MS, Simulation, type SimulatedPeer } from "../../src/simulator/index.js";
import { agree } from "../support/simulation.js";

/** A peer that knows its seed by a name, and has not started; the moments at which that name was asked for. */
function withName(): { simulation: Simulation; peer: SimulatedPeer; askedAt: readonly number[] } {
  const simulation = new Simulation({ seed: 1 });
  const other = simulation.addPeer();
  const peer = simulation.addPeer({ seeds: ["cluster:7946"] });
  const askedAt: number[] = [];
  simulation.setName("cluster:7946", () => {
    askedAt.push(simulation.now);
    return [other.address];
  });
  simulation.start(other);
  return { simulation, peer, askedAt };
}

/** Starts a peer, and notes when it is told what its seed's name means. */
function started(simulation: Simulation, peer: SimulatedPeer): readonly number[] {
  const toldAt: number[] = [];
  simulation.watch({
    handled: (by, cause) => {
      if (by === peer && cause === "resolved") toldAt.push(simulation.now);
    },
  });
  simulation.start(peer);
  return toldAt;
}

describe("a peer whose name servers refuse to answer", () => {
  test("finds no seed that is a name until the network is healed, and each lookup counts", () => {
    const { simulation, peer, askedAt } = withName();
    simulation.network.lookUps.set(peer.address, { areRefused: true });
    simulation.start(peer);
    simulation.pass(20 * simulation.timing.pingPeriodMs);
    expect(peer.protocol?.sizes().live).toBe(1);
    expect(askedAt).toEqual([]);
    expect(simulation.network.bites.unresolved).toBeGreaterThan(0);
    simulation.healNetwork();
    agree(simulation);
    expect(askedAt).not.toEqual([]);
  });

  test("needs none for a seed that is an address, and others' lookups go on", () => {
    const { simulation, peer } = withName();
    const address: Address = peer.address;
    const third = simulation.addPeer({ seeds: [simulation.peers[0]?.address ?? ""] });
    simulation.network.lookUps.set(third.address, { areRefused: true });
    simulation.start(peer);
    simulation.start(third);
    agree(simulation);
    expect(simulation.network.bites.unresolved).toBe(0);
    expect(simulation.peerAt(address)).toBe(peer);
  });
});

test("a peer whose name servers are late is told later, asks once meanwhile, and joins then", () => {
  const { simulation, peer, askedAt } = withName();
  const lateMs = 3.5 * simulation.timing.pingPeriodMs;
  simulation.network.lookUps.set(peer.address, { lateMs });
  const toldAt = started(simulation, peer);
  simulation.pass(lateMs - 1);
  expect([toldAt, askedAt.length, peer.protocol?.sizes().live]).toEqual([[], 1, 1]);
  agree(simulation);
  expect(toldAt[0]).toBe((askedAt[0] ?? 0) + lateMs);
});

test.each([{ areUnanswered: true }, { lateMs: LOOK_UP_WITHIN_MS }])(
  "a peer that gets no answer in time (%j) finds nobody when its system gives up, and joins once there are answers",
  (settings) => {
    const { simulation, peer } = withName();
    simulation.network.lookUps.set(peer.address, settings);
    const toldAt = started(simulation, peer);
    simulation.pass(LOOK_UP_WITHIN_MS - 1);
    expect([toldAt, simulation.network.bites.unresolved]).toEqual([[], 1]);
    simulation.pass(simulation.timing.pingPeriodMs);
    expect([toldAt.length, peer.protocol?.sizes().live]).toEqual([1, 1]);
    simulation.healNetwork();
    simulation.pass(LOOK_UP_WITHIN_MS); // the look-up under way goes on as it began
    agree(simulation);
  },
);

test("a peer whose names lead to itself stays alone, asks no name server, and joins once they lead where they should", () => {
  const { simulation, peer, askedAt } = withName();
  simulation.network.lookUps.set(peer.address, { leadTo: peer.address, areUnanswered: true });
  const toldAt = started(simulation, peer);
  simulation.pass(20 * simulation.timing.pingPeriodMs);
  expect([askedAt, peer.protocol?.sizes().live]).toEqual([[], 1]);
  expect(toldAt.length).toBeGreaterThan(1);
  simulation.network.lookUps.set(peer.address, { leadTo: undefined, areUnanswered: false });
  agree(simulation);
});
