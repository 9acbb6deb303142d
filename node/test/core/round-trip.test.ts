import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { RoundTrip } from "../../src/core/round-trip.js";
import { resolveTiming } from "../../src/core/timing.js";

/** An answer is waited for from 10 to 1000 ms. */
const timing = resolveTiming({ exchangeTimeoutMs: 1000, minTimeoutMs: 10 });

function timeoutAfter(...roundTrips: number[]): number {
  const roundTrip = new RoundTrip(timing);
  for (const each of roundTrips) roundTrip.add(each);
  return roundTrip.timeoutMs;
}

const many = (count: number, roundTrip: number): number[] => Array.from({ length: count }, () => roundTrip);

describe("the timeout", () => {
  test("is the longest as long as nobody has answered", () => {
    expect(timeoutAfter()).toBe(1000);
  });

  test("is three times the first round trip, as TCP reckons", () => {
    expect(timeoutAfter(40)).toBe(120);
  });

  test("comes close to round trips that are all alike, and grows where they differ", () => {
    expect(timeoutAfter(...many(50, 40))).toBeCloseTo(40, 0);
    expect(timeoutAfter(...many(50, 40), 80)).toBeCloseTo(45 + 4 * 10, 0);
  });

  test("is never shorter than minTimeoutMs and never longer than exchangeTimeoutMs", () => {
    expect(timeoutAfter(...many(50, 0.1))).toBe(10);
    expect(timeoutAfter(...many(50, 5000))).toBe(1000);
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10_000, noNaN: true })), (roundTrips) => {
        const timeoutMs = timeoutAfter(...roundTrips);
        expect(timeoutMs).toBeGreaterThanOrEqual(10);
        expect(timeoutMs).toBeLessThanOrEqual(1000);
      }),
    );
  });
});
