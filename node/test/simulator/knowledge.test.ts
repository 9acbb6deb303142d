import { describe, expect, test } from "@jest/globals";
import { budgets, suspicionTimeoutMs } from "../../src/core/timing.js";
import { Knowledge, type Fact, type FactKind, type SimulatedPeer, type Simulation } from "../../src/simulator/index.js";
import { agree, agreed, held, peersOf } from "../support/simulation.js";

const PEERS = 5;

interface Watched {
  readonly simulation: Simulation;
  readonly knowledge: Knowledge;
  readonly first: SimulatedPeer;
  readonly second: SimulatedPeer;
}

function watched(count = PEERS): Watched {
  const simulation = agreed(count);
  const knowledge = new Knowledge(simulation);
  simulation.watch(knowledge);
  const [first, second] = peersOf(simulation);
  return { simulation, knowledge, first, second };
}

/** Says that it happened, and lets pass what it may take until all know. */
function spread({ simulation, knowledge }: Watched, kind: FactKind, subject: SimulatedPeer): Fact {
  knowledge.happened(kind, subject);
  const fact = knowledge.facts.at(-1);
  if (fact === undefined) throw new Error("no fact");
  expect(fact).toMatchObject({ kind, subject, at: simulation.now, firstMs: undefined, fullMs: undefined });
  const limit = budgets(simulation.timing, simulation.peers.length)[`${kind}Ms`];
  expect(simulation.passUntil(() => fact.fullMs !== undefined, limit)).toBe(true);
  expect(fact.firstMs).toBeGreaterThan(0);
  expect(fact.fullMs).toBeGreaterThanOrEqual(fact.firstMs ?? Infinity);
  expect(fact.fullMs).toBe(simulation.now - fact.at);
  return fact;
}

describe("of what happens it is measured when the first and when all know", () => {
  test("that a peer joined", () => {
    const all = watched();
    const { simulation, first } = all;
    const newcomer = simulation.addPeer({ seeds: [first.address] });
    simulation.start(newcomer);
    // The seed is asked at once and knows after one way; the news then takes rounds.
    expect(spread(all, "join", newcomer).firstMs).toBe(1);
    expect(simulation.peers.every((peer) => held(peer, newcomer).status === "alive")).toBe(true);
  });

  test("that a peer changed its metadata", () => {
    const all = watched();
    all.simulation.updateMeta(all.second, { name: "new" });
    spread(all, "update", all.second);
    expect(all.simulation.peers.every((peer) => held(peer, all.second).meta.name === "new")).toBe(true);
  });

  test("that a peer crashed", () => {
    const all = watched();
    all.simulation.pass(10_000);
    all.simulation.kill(all.second);
    const { firstMs } = spread(all, "crash", all.second);
    // All see their connection to it close, which leaves it no time to answer.
    expect(firstMs).toBeLessThan(all.simulation.timing.pingPeriodMs);
    expect(all.knowledge.wrongRemovals).toBe(0);
  });

  test("that a peer fell silent", () => {
    const all = watched();
    all.simulation.pause(all.second);
    const { firstMs } = spread(all, "silence", all.second);
    // Nobody is removed before its time to answer is over: that of a suspicion that all confirm.
    expect(firstMs).toBeGreaterThan(suspicionTimeoutMs(all.simulation.timing, PEERS, { confirmations: 3, wanted: 3 }));
    expect(all.knowledge.wrongRemovals).toBe(0);
  });

  test("that a peer left", () => {
    const all = watched();
    all.simulation.stop(all.second);
    // The peer tells some itself, which takes one way.
    expect(spread(all, "leave", all.second).firstMs).toBe(1);
    expect(all.knowledge.wrongRemovals).toBe(0);
  });
});

describe("nobody waits", () => {
  test("for the subject itself, so that what happens to one who is alone is known at once", () => {
    const { simulation, knowledge, first, second } = watched(2);
    simulation.kill(second);
    simulation.updateMeta(first, { name: "alone" });
    knowledge.happened("update", first);
    expect(knowledge.facts).toMatchObject([{ firstMs: undefined, fullMs: 0 }]);
  });

  test("for one that is gone before it has heard", () => {
    const { simulation, knowledge, first, second } = watched(2);
    simulation.pass(100);
    simulation.updateMeta(first, { name: "new" });
    knowledge.happened("update", first);
    simulation.kill(second);
    knowledge.happened("crash", second);
    expect(knowledge.facts[0]).toMatchObject({ kind: "update", firstMs: undefined, fullMs: 0 });
  });

  test("any longer for what all know: the same news again is not counted twice", () => {
    const all = watched();
    all.simulation.updateMeta(all.second, { name: "one" });
    const one = { ...spread(all, "update", all.second) };
    all.simulation.updateMeta(all.second, { name: "two" });
    spread(all, "update", all.second);
    expect(all.knowledge.facts[0]).toEqual(one);
    expect(all.knowledge.facts).toHaveLength(2);
  });
});

test("an earlier state of a peer is not taken for the news", () => {
  const { simulation, knowledge, first, second } = watched(2);
  simulation.updateMeta(second, { name: "one" });
  simulation.updateMeta(second, { name: "two" });
  knowledge.happened("update", second);
  const member = { ...held(first, second), meta: { name: "one" }, incarnation: 1 };
  knowledge.announced(first, { kind: "updated", member, reason: "" });
  expect(knowledge.facts[0]?.firstMs).toBeUndefined();
  knowledge.announced(first, { kind: "updated", member: { ...member, incarnation: 2 }, reason: "" });
  expect(knowledge.facts[0]?.fullMs).toBe(0);
});

describe("a removal is", () => {
  /** The first removes the second, whatever the second does. */
  function removed({ knowledge, first, second }: Watched, kind: "failed" | "left" | "suspected" = "failed"): number {
    knowledge.announced(first, { kind, member: held(first, second), reason: "made up" });
    return knowledge.wrongRemovals;
  }

  test("wrong when the peer runs and can be reached", () => {
    expect(removed(watched())).toBe(1);
  });

  test("not wrong when the peer was killed", () => {
    const all = watched();
    all.simulation.kill(all.second);
    expect(removed(all)).toBe(0);
  });

  test("not wrong when the peer is frozen", () => {
    const all = watched();
    all.simulation.pause(all.second);
    expect(removed(all)).toBe(0);
  });

  test.each(["from", "to"])("not wrong when nothing gets through %s the peer", (direction) => {
    const all = watched();
    const [first, second] = [all.first.address, all.second.address];
    if (direction === "from") all.simulation.network.cut(second, first);
    else all.simulation.network.cut(first, second);
    expect(removed(all)).toBe(0);
  });

  test("wrong when it is others that the peer is cut off from", () => {
    const all = watched();
    all.simulation.network.cut(all.simulation.peers[2]?.address ?? "", all.second.address);
    expect(removed(all)).toBe(1);
  });

  test("not wrong when it is of an earlier life, of which the one who removes has not heard yet", () => {
    const all = watched();
    all.simulation.kill(all.second);
    all.simulation.start(all.second);
    expect(removed(all)).toBe(0);
  });

  test.each<[string, (all: Watched) => void, (all: Watched) => void]>([
    [
      "was frozen",
      ({ simulation, second }) => {
        simulation.pause(second);
      },
      ({ simulation, second }) => {
        simulation.resume(second);
      },
    ],
    [
      "was cut off from the one who removes it, until the network was healed",
      ({ simulation, first, second }) => {
        simulation.network.cut(first.address, second.address);
      },
      ({ simulation }) => {
        simulation.healNetwork();
      },
    ],
    [
      "could not be heard by the one who removes it, until that way was mended",
      ({ simulation, first, second }) => {
        simulation.network.cut(second.address, first.address);
      },
      ({ simulation, first, second }) => {
        simulation.network.mend(second.address, first.address);
      },
    ],
  ])("not wrong when the peer %s a moment ago, and wrong when that is long past", (_, trouble, end) => {
    const { silenceMs } = budgets(watched().simulation.timing, PEERS);
    for (const [afterMs, wrong] of [
      [silenceMs, 0],
      [silenceMs + 1, 1],
    ] as const) {
      const all = watched();
      trouble(all);
      all.simulation.pass(100);
      end(all);
      all.simulation.pass(afterMs);
      expect(removed(all)).toBe(wrong);
    }
  });

  test("wrong when it was the one who removes that slept: a sleeper must blame nobody", () => {
    const all = watched();
    all.simulation.pause(all.first);
    all.simulation.pass(100);
    all.simulation.resume(all.first);
    expect(removed(all)).toBe(1);
  });

  test("wrong when the peer starts anew after it was frozen in an earlier life", () => {
    const all = watched();
    all.simulation.pause(all.second);
    all.simulation.resume(all.second);
    all.simulation.kill(all.second);
    all.simulation.start(all.second);
    agree(all.simulation);
    expect(removed(all)).toBe(1);
  });

  test("not wrong when the peer is to be ignored, and wrong when others are", () => {
    const ignored = watched();
    ignored.knowledge.ignore([ignored.second]);
    expect(removed(ignored)).toBe(0);
    const other = watched();
    other.knowledge.ignore([other.first]);
    expect(removed(other)).toBe(1);
  });

  test("none when it is a suspicion or a goodbye", () => {
    const all = watched();
    expect([removed(all, "suspected"), removed(all, "left")]).toEqual([0, 0]);
  });

  test("judged by the first who made it: whoever just believes it is as wrong or as right", () => {
    const { simulation, knowledge } = watched();
    const [first, second, third] = simulation.peers as [SimulatedPeer, SimulatedPeer, SimulatedPeer];
    const member = held(first, second);
    simulation.network.cut(first.address, second.address);
    knowledge.announced(first, { kind: "failed", member, reason: "made up" });
    knowledge.announced(third, { kind: "failed", member, reason: "told" });
    expect(knowledge.wrongRemovals).toBe(0);
    // The third is the first to call a later record failed, and is not cut off.
    const later = { ...member, incarnation: member.incarnation + 1 };
    knowledge.announced(third, { kind: "failed", member: later, reason: "made up" });
    knowledge.announced(first, { kind: "failed", member: later, reason: "told" });
    expect(knowledge.wrongRemovals).toBe(2);
  });

  test("counted as wrong in a run in which a lossy network makes the plain rule remove the healthy", () => {
    const simulation = agreed(4, { timing: { suspicionMultiplier: 0, indirectProbes: 0 } });
    const knowledge = new Knowledge(simulation);
    simulation.watch(knowledge);
    simulation.network.setAll({ loss: 0.3 });
    simulation.pass(20_000);
    expect(knowledge.wrongRemovals).toBeGreaterThan(0);
  });
});
