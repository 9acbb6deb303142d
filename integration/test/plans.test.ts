import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { budgets, resolveTiming } from "gossip-peer";
import { disagreement, Simulation } from "gossip-peer/simulator";
import { course } from "../src/scenario/random/course.js";
import { describePlan, drawPlan, type Plan, type PlannedEvent } from "../src/scenario/random/plan.js";
import { runPlan } from "../src/cluster/simulated/run-plan.js";
import { shrink } from "../src/scenario/random/shrink.js";
import { SimulatedFaults } from "../src/cluster/simulated/simulated-faults.js";
import type { Fault } from "../src/fault/fault.js";
import { KINDS, peersOf, rowOf } from "../src/fault/kinds.js";
import { NetworkFaults } from "../src/fault/network.js";

const SEEDS = Array.from({ length: 10 }, (_, at) => at + 1);
const anySeed = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** One of each that plans draw; of a partition the cuts, of a crash and a restart both. */
const EVERY_FAULT: readonly (readonly Fault[])[] = [
  [{ kind: "kill", peer: 2, refuses: true }],
  [{ kind: "stop", peer: 3 }],
  [{ kind: "start", peer: 3 }],
  [{ kind: "pause", peer: 3 }],
  [{ kind: "resume", peer: 3 }],
  [
    { kind: "kill", peer: 2 },
    { kind: "clock", peer: 2, aheadMs: -5000 },
    { kind: "start", peer: 2 },
  ],
  [{ kind: "starve", peer: 1, afterMs: 0, asleepMs: 700, awakeMs: 20, forMs: 2160 }],
  cuts([1, 3], [2]),
  [{ kind: "cut", from: 2, to: 1 }],
  [{ kind: "heal" }],
  [{ kind: "loss", share: 0.25 }],
  [{ kind: "duplicate", share: 0.5 }],
  [{ kind: "reorder", share: 0.1 }],
  [{ kind: "delay", latencyMs: 30, jitterMs: 60 }],
  [{ kind: "set-meta", peer: 2, meta: { name: "new" } }],
  [{ kind: "add-seed", peer: 2, seed: 3 }],
  [{ kind: "kill", peer: 2, closes: true }],
  [{ kind: "nat", peer: 3 }],
  [{ kind: "twin", peer: 3, forMs: 9000 }],
  [{ kind: "reject", from: 1, to: 3 }],
  [{ kind: "cpu", peer: 1, share: 0.1 }],
  [{ kind: "close", peer: 2 }],
  [
    { kind: "kill", peer: 2, vanishes: true },
    { kind: "start", peer: 2, elsewhere: true },
  ],
];

/** All ways between two sides. */
function cuts(one: readonly number[], other: readonly number[]): Fault[] {
  const ways = one.flatMap((a) => other.flatMap((b) => [[a, b] as const, [b, a] as const]));
  return ways.map(([from, to]) => ({ kind: "cut", from, to }));
}

function planOf(events: readonly (readonly Fault[])[], said: Partial<Plan> = {}): Plan {
  const planned = events.map((faults, at) => ({ atMs: 1000 * (at + 1), faults }));
  return { seed: 1, peers: 3, timing: resolveTiming(), isBalanced: false, events: planned, ...said };
}

/** So many peers that agree, of which the first is the seed of the others, and what breaks them. */
function agreed(count: number): { simulation: Simulation; faults: SimulatedFaults; told: string[] } {
  const simulation = new Simulation({ seed: 1 });
  const told: string[] = [];
  for (let at = 0; at < count; at++) {
    const [first] = simulation.peers;
    simulation.start(simulation.addPeer({ seeds: first === undefined ? [] : [first.address] }));
  }
  const { settleMs } = budgets(simulation.timing, count);
  expect(simulation.passUntil(() => disagreement(simulation) === undefined, settleMs)).toBe(true);
  return {
    simulation,
    told,
    faults: new SimulatedFaults(simulation, (fact, { index }) => told.push(`${fact} ${index + 1}`)),
  };
}

describe("a plan", () => {
  test("is drawn from its seed alone", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        expect(drawPlan(seed)).toEqual(drawPlan(seed));
      }),
    );
    expect(new Set(SEEDS.map((seed) => JSON.stringify(drawPlan(seed).events))).size).toBe(SEEDS.length);
  });

  test("has 2 to 12 peers, and events in order that begin within a minute and a half", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { peers, events } = drawPlan(seed);
        expect(peers >= 2 && peers <= 12).toBe(true);
        expect(events.length).toBeGreaterThanOrEqual(4);
        // A swizzle is one draw and several events.
        const drawn = events.filter(({ forMs }) => forMs === undefined);
        expect(drawn.length).toBeLessThanOrEqual(30);
        const moments = events.map(({ atMs }) => atMs);
        expect(moments).toEqual(moments.toSorted((a, b) => a - b));
        expect(drawn.every(({ atMs }) => atMs >= 0 && atMs <= 90_000)).toBe(true);
      }),
    );
  });

  test("is of the size and within the time that is asked for", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { peers, events } = drawPlan(seed, { peers: 20, durationMs: 500 });
        expect(peers).toBe(20);
        expect(events.every(({ atMs, forMs }) => atMs <= 500 || forMs !== undefined)).toBe(true);
        expect(events.every(({ faults }) => named(faults).every((peer) => peer <= 20))).toBe(true);
      }),
    );
  });

  test("kills somebody at least, so that none is without effect", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        expect(drawPlan(seed).events.some(({ faults }) => faults[0]?.kind === "kill")).toBe(true);
      }),
    );
  });

  test("names peers that are there, and two different ones where it names two", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { peers, events } = drawPlan(seed);
        for (const { faults } of events) {
          expect(named(faults).every((peer) => Number.isInteger(peer) && peer >= 1 && peer <= peers)).toBe(true);
          for (const fault of faults) {
            expect(new Set(named([fault])).size).toBe(named([fault]).length);
            if ("share" in fault) expect(fault.share >= 0 && fault.share <= 0.5).toBe(true);
          }
          // A partition with everybody on one side would be none.
          const ways = faults.filter(({ kind }) => kind === "cut");
          if (ways.length > 1) expect(new Set(named(ways)).size).toBe(peers);
          expect(faults.length).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("now and then cuts peers off one by one, and lets them back one by one: a swizzle", () => {
    const plans = Array.from({ length: 100 }, (_, seed) => drawPlan(seed));
    const swizzled = plans.filter(({ events }) => events.some(({ forMs }) => forMs !== undefined));
    expect(swizzled.length).toBeGreaterThan(5);
    for (const { peers, events } of swizzled) {
      const network = new NetworkFaults();
      const alone = events.filter(({ forMs }) => forMs !== undefined);
      const sizes = course(alone).map(({ faults }) => {
        for (const fault of faults)
          if (fault.kind === "cut") network.put(fault);
          else if (fault.kind === "heal" && fault.only?.kind === "cut") network.end(fault.only);
        return [...network].length;
      });
      expect(Math.max(...sizes)).toBeLessThanOrEqual(peers * (peers - 1));
      expect(sizes.at(-1)).toBe(0);
      expect(alone.every(({ forMs = 0 }) => forMs >= 5000)).toBe(true);
    }
  });

  test("has faults of every kind, in the long run", () => {
    const drawn = KINDS.filter((kind) => typeof rowOf(kind).drawn !== "string");
    const plans = Array.from({ length: 100 }, (_, seed) => drawPlan(seed));
    const seen = new Set(plans.flatMap(({ events }) => events.flatMap(({ faults }) => faults.map(({ kind }) => kind))));
    // Restarts are drawn as what they are made of, clocks among it.
    expect([...seen].sort()).toEqual([...drawn.filter((kind) => kind !== "restart"), "clock"].sort());
    expect([...seen].sort()).toEqual([...new Set(EVERY_FAULT.flat().map(({ kind }) => kind))].sort());
  });

  test("is now and then of a ground of its own: the dead soon forgotten, seeds behind a balancer", () => {
    const plans = Array.from({ length: 100 }, (_, seed) => drawPlan(seed));
    expect(new Set(plans.map(({ timing }) => timing.tombstoneTtlMs))).toEqual(new Set([15_000, 3_600_000]));
    expect(new Set(plans.map(({ isBalanced }) => isBalanced))).toEqual(new Set([true, false]));
    const balanced = plans.find(({ isBalanced }) => isBalanced);
    expect(balanced && describePlan(balanced)).toContain("seeds behind a balancer");
  });

  test("is told with its seed, its size and every fault with all that belongs to it", () => {
    const lines = describePlan(planOf(EVERY_FAULT, { seed: 4711 })).split("\n");
    expect(lines[0]).toBe("seed 4711: 3 peers, suspicionMultiplier 4, tombstoneTtlMs 3600000, 23 faults");
    expect(lines).toHaveLength(1 + EVERY_FAULT.length);
    EVERY_FAULT.forEach((faults, at) => {
      const line = lines[at + 1] ?? "";
      expect(line).toMatch(new RegExp(`^ +${at + 1}\\.000 s  ${faults[0]?.kind ?? ""}( |$)`));
      for (const { kind, ...details } of faults) {
        if (kind === "cut" || kind === "reject") continue;
        for (const [name, value] of Object.entries(details))
          expect(line).toContain(
            `${kind === "kill" && name === "peer" ? "kill " : ""}${name} ${JSON.stringify(value)}`,
          );
      }
    });
    expect(lines[8]).toMatch(/ cut from 1, 3 to 2, cut from 2 to 1, 3$/);
    expect(lines[9]).toMatch(/ cut from 2 to 1$/);
  });
});

function named(faults: readonly Fault[]): readonly number[] {
  const seeds = faults.flatMap((fault) => (fault.kind === "add-seed" ? Number(fault.seed) : []));
  return [...faults.flatMap((fault) => peersOf(fault) ?? []), ...seeds];
}

describe("running a plan", () => {
  test.each(SEEDS)("that was drawn from seed %i breaks something and ends in agreement", (seed) => {
    const { failure, bites, lastEvents } = runPlan(drawPlan(seed));
    expect(failure).toBeUndefined();
    expect(bites).toBeGreaterThan(0);
    expect(lastEvents.length).toBeGreaterThan(0);
  });

  test("gives the same trace each time, and through the real codec as well", () => {
    for (const seed of SEEDS.slice(0, 5)) {
      const { traceHash } = runPlan(drawPlan(seed));
      expect(runPlan(drawPlan(seed)).traceHash).toBe(traceHash);
      expect(runPlan(drawPlan(seed), { codec: true }).traceHash).toBe(traceHash);
    }
  });

  test("does every kind of fault", () => {
    const outcome = runPlan(planOf(EVERY_FAULT));
    expect(outcome.failure).toBeUndefined();
    // Killed, stopped, started, paused, resumed, restarted and starved, and messages that were lost and doubled.
    expect(outcome.bites).toBeGreaterThan(7);
    expect(outcome.peers.map(({ state }) => state)).toContain("running");
  });

  test("without faults counts no bites, since nothing was proved", () => {
    expect(runPlan(planOf([]))).toMatchObject({ failure: undefined, bites: 0 });
  });

  test("fails with the first disagreement in words where nobody can agree in time", () => {
    // There and back takes 2 ms: every exchange fails, by the plain rule that removes the other, and no news brings it back.
    const plain = resolveTiming({ suspicionMultiplier: 0, indirectProbes: 0, newsFanout: 0 });
    const timing = { ...plain, exchangeTimeoutMs: 1 };
    const { failure } = runPlan(planOf([], { timing }));
    expect(failure).toContain("no agreement within");
    expect(failure).toContain("peer 1 (10.0.0.1:7946)");
  });

  test("refuses one that names a peer that is not there", () => {
    expect(() => runPlan(planOf([[{ kind: "stop", peer: 4 }]]))).toThrow("there is no peer 4; there are 3");
  });
});

describe("faults", () => {
  const kill: Fault = { kind: "kill", peer: 2 };

  test("that change nothing do not count as bites", () => {
    const { faults } = agreed(2);
    faults.apply({ kind: "start", peer: 2 });
    faults.apply({ kind: "resume", peer: 2 });
    expect(faults.bites).toBe(0);
    faults.apply(kill);
    faults.apply(kill);
    expect(faults.bites).toBe(1);
  });

  test("that change something are reported as what the others are to learn", () => {
    const { faults, told } = agreed(3);
    faults.apply({ kind: "pause", peer: 1 });
    faults.apply({ kind: "resume", peer: 1 });
    faults.apply(kill);
    faults.apply(kill);
    faults.apply({ kind: "start", peer: 2 });
    faults.apply({ kind: "restart", peer: 2 });
    faults.apply({ kind: "stop", peer: 3 });
    expect(told).toEqual(["silence 1", "crash 2", "join 2", "join 2", "leave 3"]);
  });

  test("of the network count with each message that they hit", () => {
    const { simulation, faults } = agreed(2);
    for (const cut of cuts([1], [2])) faults.apply(cut);
    expect(faults.bites).toBe(0);
    simulation.pass(5000);
    expect(faults.bites).toBeGreaterThan(0);
    expect(faults.bites).toBe(simulation.network.bites.cut);
  });

  test("of a plan cut a partition in both directions, and only between the sides", () => {
    const drawn = KINDS.flatMap((kind) => {
      const { drawn: entries } = rowOf(kind);
      return kind === "cut" && typeof entries !== "string" ? entries : [];
    });
    const dice = {
      peers: 3,
      peer: 1,
      other: 2,
      below: () => 0,
      chance: () => false,
      share: () => 0,
      order: () => [1, 2, 3],
    };
    const ways = drawn[0]?.draw({ ...dice, side: () => new Set([1, 3]) }) ?? [];
    if ("parts" in ways) throw new Error("a partition begins at one moment");
    const texts = (faults: readonly Fault[]): string[] => faults.map((fault) => JSON.stringify(fault)).sort();
    expect(texts(ways)).toEqual(texts(cuts([1, 3], [2])));
    const { simulation, faults } = agreed(3);
    for (const way of ways) faults.apply(way);
    const isCut = (from: number, to: number): boolean =>
      simulation.network.isCut(faults.peer(from).address, faults.peer(to).address);
    expect([isCut(1, 2), isCut(2, 1), isCut(2, 3), isCut(3, 2)]).toEqual(Array(4).fill(true));
    expect([isCut(1, 3), isCut(3, 1)]).toEqual([false, false]);
  });

  test("of a link are of that one way alone", () => {
    const { simulation, faults } = agreed(3);
    faults.apply({ kind: "loss", peer: 3, other: 1, share: 1 });
    faults.apply({ kind: "delay", peer: 1, other: 2, latencyMs: 70, jitterMs: 0 });
    const delays = (from: number, to: number): readonly number[] =>
      simulation.network.delays(faults.peer(from).address, faults.peer(to).address);
    expect([delays(1, 3), delays(1, 2), delays(3, 1), delays(2, 3)]).toEqual([[], [70], [1], [1]]);
  });

  const starve: Fault = { kind: "starve", peer: 2, afterMs: 0, asleepMs: 1000, awakeMs: 20, forMs: 2040 };

  test("starve a peer for as long as told, with a moment awake in between", () => {
    const { simulation, faults } = agreed(2);
    faults.apply(starve);
    const isBlocked = (afterMs: number): boolean => {
      simulation.pass(afterMs);
      return faults.peer(2).blocked;
    };
    expect([999, 2, 20, 998, 2, 5000].map(isBlocked)).toEqual([true, false, true, true, false, false]);
  });

  test("starve a peer from later on where they are told so", () => {
    const { simulation, faults } = agreed(2);
    faults.apply({ ...starve, afterMs: 300 });
    expect(faults.peer(2).blocked).toBe(false);
    simulation.pass(301);
    expect(faults.peer(2).blocked).toBe(true);
  });

  test("that have ended starve nobody any more", () => {
    const { simulation, faults } = agreed(2);
    faults.apply({ ...starve, forMs: 5100 });
    simulation.pass(500);
    faults.end();
    expect(faults.peer(2).blocked).toBe(false);
    expect(simulation.passUntil(() => faults.peer(2).blocked, 20_000)).toBe(false);
  });

  test("that have ended wake nobody whom somebody else has put to sleep since", () => {
    const { simulation, faults } = agreed(2);
    faults.apply({ ...starve, forMs: 1020 });
    faults.end();
    simulation.pause(faults.peer(2));
    simulation.pass(5000);
    expect(faults.peer(2).frozen).toBe(true);
  });

  test("can be applied again after they have ended", () => {
    const { simulation, faults } = agreed(2);
    faults.end();
    faults.apply({ ...starve, forMs: 1020 });
    expect(faults.peer(2).blocked).toBe(true);
    simulation.pass(1000);
    expect(faults.peer(2).blocked).toBe(false);
  });

  test("that have ended leave a good network and nobody frozen or slow, and the dead dead", () => {
    const { simulation, faults } = agreed(3);
    faults.apply({ kind: "pause", peer: 1 });
    faults.apply(kill);
    faults.apply({ kind: "cut", from: 1, to: 3 });
    faults.apply({ kind: "loss", share: 1 });
    faults.apply({ kind: "cpu", peer: 3, share: 0.1 });
    faults.end();
    expect([faults.peer(1).frozen, faults.peer(2).state]).toEqual([false, "ended"]);
    expect(faults.peer(3).cpuShare).toBeUndefined();
    expect(simulation.network.settings.loss).toBe(0);
    expect(simulation.network.isCut(faults.peer(1).address, faults.peer(3).address)).toBe(false);
  });
});

describe("shrinking", () => {
  const culprits: readonly (readonly Fault[])[] = [[{ kind: "kill", peer: 2 }], [{ kind: "heal" }]];
  const isKill = ({ faults }: PlannedEvent): boolean => faults.length === 1 && faults[0]?.kind === "kill";
  const isHeal = ({ faults }: PlannedEvent): boolean => faults[0]?.kind === "heal";
  const fails = ({ events }: Plan): boolean => events.some(isKill) && events.some(isHeal);

  test("leaves the faults that matter, at their moments, and everything else of the plan as it was", async () => {
    const others = EVERY_FAULT.filter(([fault]) => fault?.kind !== "kill" && fault?.kind !== "heal");
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([...others, ...culprits], { minLength: others.length + 2 }),
        async (events) => {
          const plan = planOf(events, { seed: 9, peers: 5 });
          const smallest = await shrink(plan, fails);
          expect(smallest).toEqual({ ...plan, events: plan.events.filter((each) => isKill(each) || isHeal(each)) });
        },
      ),
    );
  });

  test("leaves one of several that would do", async () => {
    const { events } = await shrink(planOf([...culprits, ...culprits, ...culprits]), fails);
    expect(events.map(({ faults }) => faults[0]?.kind).sort()).toEqual(["heal", "kill"]);
  });

  test("looks again at what it had kept once something else is gone without which it can be left out", async () => {
    const [kill = [], heal = []] = culprits;
    const meta: readonly Fault[] = [{ kind: "set-meta", peer: 1, meta: { name: "new" } }];
    // The metadata matter only as long as there is a heal, which comes after them.
    const fails = ({ events }: Plan): boolean => {
      const count = (kind: Fault["kind"]): number => events.filter(({ faults }) => faults[0]?.kind === kind).length;
      return count("kill") === 2 && count("set-meta") >= count("heal");
    };
    const { events } = await shrink(planOf([meta, kill, heal, kill]), fails);
    expect(events.map(({ faults }) => faults[0]?.kind)).toEqual(["kill", "kill"]);
  });

  test("leaves nothing where the plan fails without any fault", async () => {
    expect((await shrink(planOf(EVERY_FAULT), () => true)).events).toEqual([]);
  });

  test("leaves all where every fault matters, and a plan without faults alone", async () => {
    const plan = planOf(EVERY_FAULT);
    expect(await shrink(plan, ({ events }) => events.length === EVERY_FAULT.length)).toEqual(plan);
    expect(await shrink(planOf([]), () => true)).toEqual(planOf([]));
  });

  test.each([0, 1, 7])("runs no more than %i plans when told so, and what it returns has failed", async (tries) => {
    let runs = 0;
    const smallest = await shrink(
      planOf([...EVERY_FAULT, ...culprits]),
      (plan) => {
        runs++;
        return fails(plan);
      },
      tries,
    );
    expect(runs).toBe(tries);
    expect(fails(smallest)).toBe(true);
  });
});
