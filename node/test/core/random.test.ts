import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { pick, sample, seededRandom } from "../../src/core/random.js";

const draw = (seed: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

test("the same seed makes the same choices, another seed others", () => {
  expect(draw(42, 20)).toEqual(draw(42, 20));
  expect(draw(42, 20)).not.toEqual(draw(43, 20));
});

test("numbers are from 0 to below 1 and spread evenly", () => {
  const numbers = draw(1, 10_000);
  expect(numbers.every((number) => number >= 0 && number < 1)).toBe(true);
  const tenths = Array.from({ length: 10 }, (_, at) => numbers.filter((n) => Math.floor(n * 10) === at).length);
  // Ten standard deviations round the mean of 1000: a generator that favours a tenth is far outside.
  expect(tenths.every((count) => Math.abs(count - 1000) < 300)).toBe(true);
});

test("picking gives each item its share, and nothing when there is none", () => {
  const random = seededRandom(5);
  const counts = new Map<string | undefined, number>();
  for (let at = 0; at < 3000; at++) {
    const picked = pick(random, ["a", "b", "c"]);
    counts.set(picked, (counts.get(picked) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(["a", "b", "c"]);
  expect(Math.min(...counts.values())).toBeGreaterThan(800);
  expect(pick<string>(random, [])).toBeUndefined();
});

test("a sample has as many different items as were asked for, or all there are, and leaves the list as it was", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer()), fc.integer({ min: 0, max: 20 }), fc.integer(), (items, count, seed) => {
      const before = [...items];
      const sampled = sample(seededRandom(seed), items, count);
      expect(sampled).toHaveLength(Math.min(count, items.length));
      expect(new Set(sampled).size).toBe(sampled.length);
      expect(sampled.every((item) => items.includes(item))).toBe(true);
      expect(items).toEqual(before);
    }),
  );
});

test("a sample gives each item its share", () => {
  const random = seededRandom(9);
  const counts = [0, 0, 0, 0, 0];
  for (let at = 0; at < 5000; at++)
    for (const item of sample(random, [0, 1, 2, 3, 4], 2)) counts[item] = (counts[item] ?? 0) + 1;
  expect(Math.min(...counts)).toBeGreaterThan(1700);
  expect(Math.max(...counts)).toBeLessThan(2300);
});
