import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { resolveTiming } from "../../src/core/timing.js";
import {
  describePlan,
  drawPlan,
  Faults,
  runPlan,
  shrink,
  Simulation,
  type Fault,
  type Plan,
  type PlannedFault,
} from "../../src/simulator/index.js";
import { agreed, peersOf } from "../support/simulation.js";

const SEEDS = Array.from({ length: 10 }, (_, at) => at + 1);
const anySeed = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** One of each kind. */
const EVERY_FAULT: readonly Fault[] = [
  { type: "kill", peer: 1, refuses: true },
  { type: "stop", peer: 2 },
  { type: "start", peer: 2 },
  { type: "pause", peer: 2 },
  { type: "resume", peer: 2 },
  { type: "restart", peer: 1, clockSkewMs: -5000 },
  { type: "starve", peer: 0, asleepMs: 700, times: 3 },
  { type: "partition", side: [0, 2] },
  { type: "cut", from: 1, to: 0 },
  { type: "heal" },
  { type: "loss", share: 0.25 },
  { type: "duplicate", share: 0.5 },
  { type: "reorder", share: 0.1 },
  { type: "latency", latencyMs: 30, jitterMs: 60 },
  { type: "meta", peer: 1, name: "new" },
  { type: "seed", peer: 1, seed: 2 },
];

function planOf(faults: readonly Fault[], said: Partial<Plan> = {}): Plan {
  const planned = faults.map((fault, at) => ({ atMs: 1000 * (at + 1), fault }));
  return { seed: 1, peers: 3, timing: resolveTiming(), faults: planned, ...said };
}

describe("a plan", () => {
  test("is drawn from its seed alone", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        expect(drawPlan(seed)).toEqual(drawPlan(seed));
      }),
    );
    expect(new Set(SEEDS.map((seed) => JSON.stringify(drawPlan(seed).faults))).size).toBe(SEEDS.length);
  });

  test("has 2 to 12 peers, and 4 to 30 faults in order within a minute and a half", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { peers, faults } = drawPlan(seed);
        expect(peers >= 2 && peers <= 12).toBe(true);
        expect(faults.length >= 4 && faults.length <= 30).toBe(true);
        const moments = faults.map(({ atMs }) => atMs);
        expect(moments).toEqual(moments.toSorted((a, b) => a - b));
        expect(moments.every((atMs) => atMs >= 0 && atMs <= 90_000)).toBe(true);
      }),
    );
  });

  test("is of the size and within the time that is asked for", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { peers, faults } = drawPlan(seed, { peers: 20, durationMs: 500 });
        expect(peers).toBe(20);
        expect(faults.every(({ atMs, fault }) => atMs <= 500 && named(fault).every((peer) => peer < 20))).toBe(true);
      }),
    );
  });

  test("kills somebody at least, so that none is without effect", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        expect(drawPlan(seed).faults.some(({ fault }) => fault.type === "kill")).toBe(true);
      }),
    );
  });

  test("names peers that are there, and two different ones where it names two", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { peers, faults } = drawPlan(seed);
        for (const { fault } of faults) {
          expect(named(fault).every((peer) => Number.isInteger(peer) && peer >= 0 && peer < peers)).toBe(true);
          expect(new Set(named(fault)).size).toBe(named(fault).length);
          // A partition with everybody on one side would be none.
          if (fault.type === "partition") expect(fault.side.length >= 1 && fault.side.length < peers).toBe(true);
          if ("share" in fault) expect(fault.share >= 0 && fault.share <= 0.5).toBe(true);
        }
      }),
    );
  });

  test("has faults of every kind, in the long run", () => {
    const seen = new Set(
      Array.from({ length: 100 }, (_, seed) => drawPlan(seed).faults.map(({ fault }) => fault.type)).flat(),
    );
    expect([...seen].sort()).toEqual(EVERY_FAULT.map(({ type }) => type).sort());
  });

  test("is told with its seed, its size and every fault with all that belongs to it", () => {
    const lines = describePlan(planOf(EVERY_FAULT, { seed: 4711 })).split("\n");
    expect(lines[0]).toBe("seed 4711: 3 peers, suspicionMultiplier 4, 16 faults");
    expect(lines).toHaveLength(1 + EVERY_FAULT.length);
    EVERY_FAULT.forEach(({ type, ...details }, at) => {
      const line = lines[at + 1] ?? "";
      expect(line).toMatch(new RegExp(`^ +${at + 1}\\.000 s  ${type}( |$)`));
      for (const [name, value] of Object.entries(details)) expect(line).toContain(`${name} ${JSON.stringify(value)}`);
    });
  });
});

function named(fault: Fault): readonly number[] {
  if (fault.type === "partition") return fault.side;
  if (fault.type === "cut") return [fault.from, fault.to];
  if (fault.type === "seed") return [fault.peer, fault.seed];
  return "peer" in fault ? [fault.peer] : [];
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
    expect(failure).toContain("peer 0 (10.0.0.1:7946)");
  });

  test("refuses one that names a peer that is not there", () => {
    expect(() => runPlan(planOf([{ type: "stop", peer: 3 }]))).toThrow("there is no peer 3");
  });
});

describe("faults", () => {
  test("that change nothing do not count as bites", () => {
    const simulation = agreed(2);
    const faults = new Faults(simulation);
    faults.apply({ type: "start", peer: 1 });
    faults.apply({ type: "resume", peer: 1 });
    expect(faults.bites).toBe(0);
    faults.apply({ type: "kill", peer: 1, refuses: false });
    faults.apply({ type: "kill", peer: 1, refuses: false });
    expect(faults.bites).toBe(1);
  });

  test("that change something are reported as what the others are to learn", () => {
    const simulation = agreed(3);
    const told: string[] = [];
    const faults = new Faults(simulation, (kind, { index }) => told.push(`${kind} ${index}`));
    faults.apply({ type: "pause", peer: 0 });
    faults.apply({ type: "resume", peer: 0 });
    faults.apply({ type: "kill", peer: 1, refuses: false });
    faults.apply({ type: "kill", peer: 1, refuses: false });
    faults.apply({ type: "start", peer: 1 });
    faults.apply({ type: "restart", peer: 1, clockSkewMs: 0 });
    faults.apply({ type: "stop", peer: 2 });
    expect(told).toEqual(["silence 0", "crash 1", "join 1", "join 1", "leave 2"]);
  });

  test("of the network count with each message that they hit", () => {
    const simulation = agreed(2);
    const faults = new Faults(simulation);
    faults.apply({ type: "partition", side: [0] });
    expect(faults.bites).toBe(0);
    simulation.pass(5000);
    expect(faults.bites).toBeGreaterThan(0);
    expect(faults.bites).toBe(simulation.network.bites.cut);
  });

  test("cut a partition in both directions, and only between the sides", () => {
    const simulation = new Simulation({ seed: 1 });
    for (let at = 0; at < 3; at++) simulation.addPeer();
    const [a, b, c] = simulation.peers.map(({ address }) => address) as [string, string, string];
    new Faults(simulation).apply({ type: "partition", side: [0, 2] });
    const { network } = simulation;
    expect([network.isCut(a, b), network.isCut(b, a), network.isCut(b, c), network.isCut(c, b)]).toEqual(
      Array(4).fill(true),
    );
    expect([network.isCut(a, c), network.isCut(c, a)]).toEqual([false, false]);
  });

  test("starve a peer as often as told, with a moment awake in between", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    new Faults(simulation).apply({ type: "starve", peer: 1, asleepMs: 1000, times: 2 });
    const blocked = (afterMs: number): boolean => {
      simulation.pass(afterMs);
      return second.blocked;
    };
    expect([blocked(999), blocked(2), blocked(20), blocked(998), blocked(2), blocked(5000)]).toEqual([
      true,
      false,
      true,
      true,
      false,
      false,
    ]);
  });

  test("that have ended starve nobody any more", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    const faults = new Faults(simulation);
    faults.apply({ type: "starve", peer: 1, asleepMs: 1000, times: 5 });
    simulation.pass(500);
    faults.end();
    expect(second.blocked).toBe(false);
    expect(simulation.passUntil(() => second.blocked, 20_000)).toBe(false);
  });

  test("that have ended wake nobody whom somebody else has put to sleep since", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    const faults = new Faults(simulation);
    faults.apply({ type: "starve", peer: 1, asleepMs: 1000, times: 1 });
    faults.end();
    simulation.pause(second);
    simulation.pass(5000);
    expect(second.frozen).toBe(true);
  });

  test("can be applied again after they have ended", () => {
    const simulation = agreed(2);
    const [, second] = peersOf(simulation);
    const faults = new Faults(simulation);
    faults.end();
    faults.apply({ type: "starve", peer: 1, asleepMs: 1000, times: 1 });
    expect(second.blocked).toBe(true);
    simulation.pass(1000);
    expect(second.blocked).toBe(false);
  });

  test("that have ended leave a good network and nobody frozen, and the dead dead", () => {
    const simulation = agreed(3);
    const [first, second] = peersOf(simulation);
    const faults = new Faults(simulation);
    faults.apply({ type: "pause", peer: 0 });
    faults.apply({ type: "kill", peer: 1, refuses: false });
    faults.apply({ type: "cut", from: 0, to: 2 });
    faults.apply({ type: "loss", share: 1 });
    faults.end();
    expect([first.frozen, second.state]).toEqual([false, "ended"]);
    expect(simulation.network.settings.loss).toBe(0);
    expect(simulation.network.isCut(first.address, simulation.peers[2]?.address ?? "")).toBe(false);
  });
});

describe("shrinking", () => {
  const culprits: readonly Fault[] = [{ type: "kill", peer: 1, refuses: false }, { type: "heal" }];
  const isKill = ({ fault }: PlannedFault): boolean => fault.type === "kill" && fault.peer === 1;
  const isHeal = ({ fault }: PlannedFault): boolean => fault.type === "heal";
  const fails = ({ faults }: Plan): boolean => faults.some(isKill) && faults.some(isHeal);

  test("leaves the faults that matter, at their moments, and everything else of the plan as it was", () => {
    const others = EVERY_FAULT.filter(({ type }) => type !== "kill" && type !== "heal");
    fc.assert(
      fc.property(fc.shuffledSubarray([...others, ...culprits], { minLength: others.length + 2 }), (faults) => {
        const plan = planOf(faults, { seed: 9, peers: 5 });
        const smallest = shrink(plan, fails);
        expect(smallest).toEqual({ ...plan, faults: plan.faults.filter((each) => isKill(each) || isHeal(each)) });
      }),
    );
  });

  test("leaves one of several that would do", () => {
    const { faults } = shrink(planOf([...culprits, ...culprits, ...culprits]), fails);
    expect(faults.map(({ fault }) => fault.type).sort()).toEqual(["heal", "kill"]);
  });

  test("looks again at what it had kept once something else is gone without which it can be left out", () => {
    const [kill, heal, meta] = [culprits[0], culprits[1], { type: "meta", peer: 0, name: "new" }] as [
      Fault,
      Fault,
      Fault,
    ];
    // The metadata matter only as long as there is a heal, which comes after them.
    const fails = ({ faults }: Plan): boolean => {
      const count = (type: Fault["type"]): number => faults.filter(({ fault }) => fault.type === type).length;
      return count("kill") === 2 && count("meta") >= count("heal");
    };
    const { faults } = shrink(planOf([meta, kill, heal, kill]), fails);
    expect(faults.map(({ fault }) => fault.type)).toEqual(["kill", "kill"]);
  });

  test("leaves nothing where the plan fails without any fault", () => {
    expect(shrink(planOf(EVERY_FAULT), () => true).faults).toEqual([]);
  });

  test("leaves all where every fault matters, and a plan without faults alone", () => {
    const plan = planOf(EVERY_FAULT);
    expect(shrink(plan, ({ faults }) => faults.length === EVERY_FAULT.length)).toEqual(plan);
    expect(shrink(planOf([]), () => true)).toEqual(planOf([]));
  });

  test.each([0, 1, 7])("runs no more than %i plans when told so, and what it returns has failed", (tries) => {
    let runs = 0;
    const smallest = shrink(
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
