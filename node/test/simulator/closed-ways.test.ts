import { describe, expect, test } from "@jest/globals";
import type { Input } from "../../src/core/messages.js";
import { GOOD_LINK, SimulatedNetwork, stream, type SimulatedPeer, type Simulation } from "../../src/simulator/index.js";
import { agreed, peersOf } from "../support/simulation.js";

/** A way there and back. */
const LATENCY_MS = 40;

/** The causes for which that peer takes something in, from now on. */
function causesOf(simulation: Simulation, peer: SimulatedPeer): (Input["type"] | "request" | "probe")[] {
  const causes: (Input["type"] | "request" | "probe")[] = [];
  simulation.watch({ handled: (by, cause) => by === peer && causes.push(cause) });
  return causes;
}

describe("a way on which calls are refused", () => {
  test("lets whoever calls know at once, and is open in the other direction", () => {
    const simulation = agreed(2, { link: { latencyMs: LATENCY_MS } });
    const [first, second] = peersOf(simulation);
    simulation.network.reject(first.address, second.address);
    const [here, there] = [causesOf(simulation, first), causesOf(simulation, second)];
    simulation.pass(5 * simulation.timing.pingPeriodMs);
    expect(here).toContain("unreachable");
    expect(here).not.toContain("overdue");
    expect(there).not.toContain("request");
    expect(simulation.network.bites.refused).toBeGreaterThan(0);
  });

  test("refuses in both directions where both are so: the reset is let through", () => {
    const simulation = agreed(2, { link: { latencyMs: LATENCY_MS } });
    const [first, second] = peersOf(simulation);
    simulation.network.reject(first.address, second.address);
    simulation.network.reject(second.address, first.address);
    const causes = [first, second].map((peer) => causesOf(simulation, peer));
    simulation.pass(5 * simulation.timing.pingPeriodMs);
    for (const of of causes) {
      expect(of).toContain("unreachable");
      expect(of).not.toContain("overdue");
    }
  });

  test("is open again once the network is healed, and remembered like a cut", () => {
    let now = 10;
    const network = new SimulatedNetwork(stream(1, "network"), GOOD_LINK, () => now);
    network.reject("a:1", "b:1");
    expect([network.isRejected("a:1", "b:1"), network.isRejected("b:1", "a:1")]).toEqual([true, false]);
    now = 20;
    network.heal(GOOD_LINK);
    expect(network.isRejected("a:1", "b:1")).toBe(false);
    expect([network.wasCutSince(20, "a:1", "b:1"), network.wasCutSince(21, "a:1", "b:1")]).toEqual([true, false]);
  });
});
