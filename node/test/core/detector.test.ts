import { expect, test } from "@jest/globals";
import { Detector } from "../../src/core/detector.js";

function suspecting(deadlines: Record<string, number>): Detector {
  const detector = new Detector();
  for (const [address, until] of Object.entries(deadlines)) detector.suspect(address, until);
  return detector;
}

test("a suspicion runs out at its deadline and not before", () => {
  const detector = suspecting({ "a:1": 100, "b:1": 200 });
  expect(detector.expired(99)).toEqual([]);
  expect(detector.expired(100)).toEqual(["a:1"]);
  expect(detector.expired(200)).toEqual(["a:1", "b:1"]);
});

test("the next deadline is the earliest, and never when nobody is suspected", () => {
  const detector = suspecting({ "a:1": 200, "b:1": 100 });
  expect(detector.nextDeadline).toBe(100);
  detector.clear("b:1");
  expect(detector.nextDeadline).toBe(200);
  detector.clear("a:1");
  expect(detector.nextDeadline).toBe(Infinity);
  expect(detector.suspects()).toEqual([]);
});

test("a second accusation does not give the suspect more time", () => {
  const detector = suspecting({ "a:1": 100 });
  detector.suspect("a:1", 900);
  expect(detector.nextDeadline).toBe(100);
});

test("a sign of life gives a suspect time to clear itself, and takes none away", () => {
  const detector = suspecting({ "a:1": 100 });
  detector.extend("a:1", 300);
  expect(detector.nextDeadline).toBe(300);
  detector.extend("a:1", 50);
  expect(detector.nextDeadline).toBe(300);
});

test("a sign of life makes nobody a suspect", () => {
  const detector = suspecting({});
  detector.extend("a:1", 300);
  expect(detector.suspects()).toEqual([]);
});

test("lateness of our own is given back to every suspect", () => {
  const detector = suspecting({ "a:1": 100, "b:1": 200 });
  detector.excuse(1000);
  expect(detector.expired(1099)).toEqual([]);
  expect(detector.expired(1200)).toEqual(["a:1", "b:1"]);
});
