import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { LocalHealth } from "../../src/core/local-health.js";
import { resolveTiming } from "../../src/core/timing.js";

/** An answer is waited for 1000 ms at most. */
const timing = resolveTiming({ exchangeTimeoutMs: 1000, minTimeoutMs: 10 });

describe("local health", () => {
  test("adds the timeout once more each time it gets worse, up to eight times", () => {
    const health = new LocalHealth(timing);
    const timeouts = Array.from({ length: 10 }, () => {
      health.worsen();
      return health.scale(10);
    });
    expect(timeouts).toEqual([20, 30, 40, 50, 60, 70, 80, 90, 90, 90]);
  });

  test("never stretches a timeout beyond the longest", () => {
    const health = new LocalHealth(timing);
    health.worsen();
    expect(health.scale(900)).toBe(1000);
  });

  test("improves by one with each answer", () => {
    const health = new LocalHealth(timing);
    for (let times = 0; times < 3; times++) health.worsen();
    const scores = Array.from({ length: 4 }, () => {
      health.improve();
      return health.score;
    });
    expect(scores).toEqual([2, 1, 0, 0]);
    expect(health.scale(10)).toBe(10);
  });

  test("has a score from 0 to 8, and no timeout becomes shorter by it, whatever happens", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (outcomes) => {
        const health = new LocalHealth(timing);
        for (const isAnswered of outcomes) {
          if (isAnswered) health.improve();
          else health.worsen();
          expect(health.score).toBeGreaterThanOrEqual(0);
          expect(health.score).toBeLessThanOrEqual(8);
          expect(health.scale(10)).toBeGreaterThanOrEqual(10);
        }
      }),
    );
  });
});
