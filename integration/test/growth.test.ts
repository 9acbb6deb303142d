import { expect, test } from "@jest/globals";
import { fitOf } from "../src/bench/fit.js";
import { fitText } from "../src/bench/growth-figures.js";
import { growthPicture } from "../src/bench/growth-picture.js";

const SIZES = [100, 300, 1000, 3000];
const pointsOf = (valueOf: (peers: number) => number) => SIZES.map((peers) => ({ peers, value: valueOf(peers) }));

test("what grows with each peer is found to be a line, and is known for more peers", () => {
  const fit = fitOf(pointsOf((peers) => 44_000 + 39 * peers));
  expect(fit.growth).toBe("line");
  expect(fit.at(100_000)).toBeCloseTo(44_000 + 39 * 100_000, 0);
  expect(fitText(fit, "bytes")).toBe("39 B · N + 44.0 kB");
});

test("what grows with each doubling is found to be a logarithm", () => {
  const fit = fitOf(pointsOf((peers) => 3 * Math.log2(peers) - 5));
  expect(fit.growth).toBe("logarithm");
  expect(fit.at(100_000)).toBeCloseTo(3 * Math.log2(100_000) - 5, 3);
  expect(fitText(fit, "number")).toBe("3 · log2 N − 5");
});

test("what stays within a tenth of itself does not grow", () => {
  const fit = fitOf(pointsOf((peers) => (peers === 1000 ? 4.2 : 4)));
  expect(fit.growth).toBe("none");
  expect(fit.at(100_000)).toBeCloseTo(4.05, 6);
});

test("a small size counts as much as a large one: what is off by half is as far off at both", () => {
  const values = [100, 200, 400].map((peers, at) => ({ peers, value: at === 0 ? 50 : peers }));
  const fit = fitOf(values);
  expect(Math.abs(fit.at(100) / 50 - 1)).toBeLessThan(0.2);
});

test("the picture has a dot for each size and figure, and a line for each figure", () => {
  const sizes = SIZES.map((peers) => ({
    peers,
    heap: 44_000 + 39 * peers,
    joinMessages: 12 * Math.log2(peers),
    joinBytes: 200 * peers,
    messages: 4,
    bytes: 436,
  }));
  const svg = growthPicture(sizes);
  expect(svg.match(/<circle /g)).toHaveLength(5 * SIZES.length);
  expect(svg.match(/<polyline /g)).toHaveLength(5);
  expect(svg).toContain("memory: 39 B · N + 44.0 kB; at 100 000: 3.94 MB");
  expect(svg).not.toContain("NaN");
});
