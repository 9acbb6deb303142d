import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Pace } from "../../src/core/pace.js";
import { resolveTiming } from "../../src/core/timing.js";

/** An exchange is waited for 10 to 1000 ms. */
const timing = resolveTiming({ exchangeTimeoutMs: 1000, minTimeoutMs: 10 });

function paceAfter(...roundTrips: number[]): Pace {
  const pace = new Pace(timing);
  for (const each of roundTrips) pace.answered(each);
  return pace;
}

const many = (count: number, roundTrip: number): number[] => Array.from({ length: count }, () => roundTrip);

describe("the timeout", () => {
  test("is the longest as long as nobody has answered", () => {
    expect(new Pace(timing).timeoutMs).toBe(1000);
  });

  test("is three times the first round trip, as TCP reckons", () => {
    expect(paceAfter(40).timeoutMs).toBe(120);
  });

  test("comes close to round trips that are all alike, and grows where they differ", () => {
    expect(paceAfter(...many(50, 40)).timeoutMs).toBeCloseTo(40, 0);
    expect(paceAfter(...many(50, 40), 80).timeoutMs).toBeCloseTo(45 + 4 * 10, 0);
  });

  test("is never shorter than minTimeoutMs and never longer than exchangeTimeoutMs", () => {
    expect(paceAfter(...many(50, 0.1)).timeoutMs).toBe(10);
    expect(paceAfter(...many(50, 5000)).timeoutMs).toBe(1000);
    fc.assert(
      fc.property(fc.array(fc.option(fc.double({ min: 0, max: 10_000, noNaN: true }))), (outcomes) => {
        const pace = new Pace(timing);
        for (const each of outcomes) {
          if (each === null) pace.doubted();
          else pace.answered(each);
          expect(pace.timeoutMs).toBeGreaterThanOrEqual(10);
          expect(pace.timeoutMs).toBeLessThanOrEqual(1000);
          expect(pace.doubt).toBeGreaterThanOrEqual(0);
          expect(pace.doubt).toBeLessThanOrEqual(8);
        }
      }),
    );
  });
});

describe("doubt of ourselves", () => {
  test("adds the timeout once more each time, up to eight times", () => {
    const pace = paceAfter(...many(50, 1));
    const timeouts = Array.from({ length: 10 }, () => {
      pace.doubted();
      return pace.timeoutMs;
    });
    expect(timeouts).toEqual([20, 30, 40, 50, 60, 70, 80, 90, 90, 90]);
  });

  test("never stretches the timeout beyond the longest", () => {
    const pace = paceAfter(...many(50, 900));
    pace.doubted();
    expect(pace.timeoutMs).toBe(1000);
  });

  test("heals by one with each answer", () => {
    const pace = paceAfter(...many(50, 1));
    for (let times = 0; times < 3; times++) pace.doubted();
    const doubts = Array.from({ length: 4 }, () => {
      pace.answered(1);
      return pace.doubt;
    });
    expect(doubts).toEqual([2, 1, 0, 0]);
    expect(pace.timeoutMs).toBe(10);
  });
});
