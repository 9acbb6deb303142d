import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  budgets,
  presetOf,
  PRESETS,
  resolveTiming,
  suspicionTimeoutMs,
  timingProblems,
  type Budgets,
  type Preset,
  type ProtocolTiming,
} from "../../src/core/timing.js";

const names = Object.keys(budgets(resolveTiming(), 1)) as (keyof Budgets)[];

describe("the defaults", () => {
  test("are sound", () => {
    expect(timingProblems(resolveTiming())).toEqual([]);
    expect(resolveTiming()).toEqual({
      pingPeriodMs: 1000,
      exchangeTimeoutMs: 5000,
      minTimeoutMs: 200,
      suspicionMultiplier: 4,
      suspicionTimeouts: 0,
      indirectProbes: 3,
      newsFanout: 4,
      gatherMs: 5,
      tombstoneTtlMs: 3_600_000,
    });
  });

  test.each([
    [50, 2500],
    [600, 3000],
    [1000, 5000],
    [60_000, 5000],
  ])("give a call up, with a period of %d ms, after %d ms", (pingPeriodMs, exchangeTimeoutMs) => {
    expect(resolveTiming({ pingPeriodMs }).exchangeTimeoutMs).toBe(exchangeTimeoutMs);
  });

  test("never let the shortest timeout be longer than one that was given", () => {
    expect(resolveTiming({ exchangeTimeoutMs: 50 }).minTimeoutMs).toBe(50);
  });

  test("fill in only what was not given", () => {
    const given: ProtocolTiming = {
      pingPeriodMs: 50,
      exchangeTimeoutMs: 70,
      minTimeoutMs: 7,
      suspicionMultiplier: 0,
      suspicionTimeouts: 3,
      indirectProbes: 1,
      newsFanout: 2,
      gatherMs: 0,
      tombstoneTtlMs: 9000,
    };
    expect(resolveTiming(given)).toEqual(given);
    expect(resolveTiming({ ...given, suspicionMultiplier: undefined }).suspicionMultiplier).toBe(4);
  });
});

test("times are known as those of their preset, and of none where one of them differs", () => {
  for (const preset of Object.keys(PRESETS) as Preset[]) {
    const timing = resolveTiming({ preset });
    expect(presetOf(timing)).toBe(preset);
    for (const name of Object.keys(timing) as (keyof ProtocolTiming)[])
      expect(presetOf({ ...timing, [name]: timing[name] + 50 })).toBeUndefined();
  }
});

describe("a problem is found", () => {
  test.each<[keyof ProtocolTiming, number, number, string?]>([
    ["pingPeriodMs", 10, 3_600_000],
    ["exchangeTimeoutMs", 10, 60_000],
    ["minTimeoutMs", 1, 60_000],
    ["suspicionMultiplier", 0, 100],
    ["suspicionTimeouts", 0, 100],
    ["indirectProbes", 0, 10, "whole number"],
    ["newsFanout", 0, 16, "whole number"],
    ["gatherMs", 0, 1000],
    ["tombstoneTtlMs", 1000, 604_800_000],
  ])("when %s is not from %d to %d, and the bounds are named", (name, low, high, kind = "number") => {
    for (const value of [low - 1, high + 1, NaN, Infinity, -Infinity, "100" as unknown as number]) {
      expect(timingProblems({ ...resolveTiming(), [name]: value })).toEqual([
        `${name} is ${value}; it must be a ${kind} from ${low} to ${high}`,
      ]);
    }
  });

  test("when the dead are forgotten too soon for the period, and both offenders are named", () => {
    const [problem, ...others] = timingProblems(resolveTiming({ pingPeriodMs: 1000, tombstoneTtlMs: 9999 }));
    expect(problem).toMatch(/tombstoneTtlMs \(9999\).*pingPeriodMs \(1000\)/);
    expect(others).toEqual([]);
    expect(timingProblems(resolveTiming({ pingPeriodMs: 1000, tombstoneTtlMs: 10_000 }))).toEqual([]);
  });

  test("when the shortest timeout is longer than the longest, and both offenders are named", () => {
    const [problem, ...others] = timingProblems(resolveTiming({ minTimeoutMs: 501, exchangeTimeoutMs: 500 }));
    expect(problem).toMatch(/minTimeoutMs \(501\).*exchangeTimeoutMs \(500\)/);
    expect(others).toEqual([]);
    expect(timingProblems(resolveTiming({ minTimeoutMs: 500, exchangeTimeoutMs: 500 }))).toEqual([]);
  });

  test("for each value that is wrong, not for the first only", () => {
    const wrong = { pingPeriodMs: 0, exchangeTimeoutMs: 0, suspicionMultiplier: -1, tombstoneTtlMs: 0 };
    expect(timingProblems({ ...resolveTiming(), ...wrong })).toHaveLength(4);
  });
});

describe("the time a suspect has", () => {
  test("is the multiplier times the period up to ten peers, and grows with the logarithm beyond", () => {
    const timing = resolveTiming({ pingPeriodMs: 100 });
    expect([1, 10, 100, 1000].map((peers) => suspicionTimeoutMs(timing, peers))).toEqual([400, 400, 800, 1200]);
  });

  test("shrinks with each confirmation, the first counting most, to 7/16 of the multiplier however many peers there are", () => {
    const timing = resolveTiming({ pingPeriodMs: 100 });
    const times = [0, 1, 2, 3].map((confirmations) => suspicionTimeoutMs(timing, 100, { confirmations, wanted: 3 }));
    expect(times.map(Math.round)).toEqual([800, 488, 305, 175]);
    expect(suspicionTimeoutMs(timing, 10_000, { confirmations: 3, wanted: 3 })).toBe(175);
    expect(suspicionTimeoutMs(timing, 100, { confirmations: 9, wanted: 3 })).toBe(175);
  });

  test("is none under the plain rule", () => {
    const timing = resolveTiming({ suspicionMultiplier: 0 });
    expect([0, 3].map((confirmations) => suspicionTimeoutMs(timing, 1000, { confirmations, wanted: 3 }))).toEqual([
      0, 0,
    ]);
  });
});

describe("the budgets", () => {
  const anyTiming = fc
    .record({
      pingPeriodMs: fc.integer({ min: 10, max: 10_000 }),
      suspicionMultiplier: fc.integer({ min: 0, max: 20 }),
    })
    .map(resolveTiming);

  test("are finite and longer than one period, for any sound timing and any number of peers", () => {
    fc.assert(
      fc.property(anyTiming, fc.integer({ min: 1, max: 10_000 }), (timing, peers) => {
        const all = budgets(timing, peers);
        for (const name of names) expect(all[name]).toBeGreaterThan(timing.pingPeriodMs);
        for (const name of names) expect(all[name]).toBeLessThan(Infinity);
      }),
    );
  });

  test("never shrink when peers are added, and grow from few to many", () => {
    fc.assert(
      fc.property(
        anyTiming,
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 5000 }),
        (timing, n, more) => {
          const [few, many] = [budgets(timing, n), budgets(timing, n + more)];
          for (const name of names) expect(many[name]).toBeGreaterThanOrEqual(few[name]);
        },
      ),
    );
    const [five, thousand] = [budgets(resolveTiming(), 5), budgets(resolveTiming(), 1000)];
    for (const name of names) expect(thousand[name]).toBeGreaterThan(five[name]);
  });

  test("leave a crash at least the time that a suspect has", () => {
    fc.assert(
      fc.property(anyTiming, fc.integer({ min: 2, max: 1000 }), (timing, peers) => {
        expect(budgets(timing, peers).crashMs).toBeGreaterThan(suspicionTimeoutMs(timing, peers));
      }),
    );
  });
});
