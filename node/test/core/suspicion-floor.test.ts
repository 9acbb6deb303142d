import { describe, expect, test } from "@jest/globals";
import { RoundTrip } from "../../src/core/round-trip.js";
import { SuspicionFloor } from "../../src/core/suspicion-floor.js";
import { resolveTiming, type ProtocolTiming } from "../../src/core/timing.js";

/** The floor of suspicions, where answers have taken a millisecond and all members are known for so long. */
function floorOf(given: Partial<ProtocolTiming> = {}, ageMs = Infinity): SuspicionFloor {
  const timing = resolveTiming({ preset: "quick", ...given });
  const roundTrip = new RoundTrip(timing);
  roundTrip.add(1);
  return new SuspicionFloor(timing, { ageMs: () => ageMs }, roundTrip);
}

describe("a suspect that enough accuse", () => {
  test("has three timeouts of an answer", () => {
    expect(floorOf().ofMs("a:1", 0)).toBe(600);
  });

  test("has what the multiplier gives it where no timeouts are set, or it came less than five periods ago", () => {
    expect(floorOf({ suspicionTimeouts: 0 }).ofMs("a:1", 0)).toBe(Infinity);
    expect(floorOf({}, 4999).ofMs("a:1", 0)).toBe(Infinity);
    expect(floorOf({}, 5000).ofMs("a:1", 0)).toBe(600);
  });

  test("has three times as long as the second slowest of those took that denied in the last minute", () => {
    const floor = floorOf();
    floor.denied("b:1", 900, 0);
    expect(floor.ofMs("a:1", 0)).toBe(600);
    floor.denied("b:1", 1000, 0);
    expect(floor.ofMs("a:1", 0)).toBe(600);
    floor.denied("c:1", 500, 0);
    expect(floor.ofMs("a:1", 60_000)).toBe(1500);
    expect(floor.ofMs("a:1", 60_001)).toBe(600);
  });

  test("has no less because a member denied sooner this time", () => {
    const floor = floorOf();
    floor.denied("b:1", 900, 0);
    floor.denied("c:1", 900, 0);
    floor.denied("c:1", 300, 1000);
    expect(floor.ofMs("a:1", 1000)).toBe(2700);
  });
});
