import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Address } from "../../src/core/address.js";
import { branches, News, nextOf, type Branch, type Errand } from "../../src/core/news.js";
import { bucketOf } from "../../src/core/record.js";
import { resolveTiming } from "../../src/core/timing.js";
import { addresses } from "../support/records.js";

/** Gathers for 5 ms, and for 250 at most. */
const timing = resolveTiming({ pingPeriodMs: 1000, gatherMs: 5 });

const spoken = (errands: Errand[]): [string[], string][] =>
  errands.map(({ items, range }) => [[...items], range === undefined ? "all" : `${range.from} to ${range.to}`]);

describe("news", () => {
  test("is told after gatherMs, counted from the first item, and then there is none", () => {
    const news = new News(timing);
    expect(news.dueAt).toBe(Infinity);
    news.add("a:1", undefined, 9, 100);
    news.add("b:1", undefined, 9, 103);
    expect(news.dueAt).toBe(105);
    expect(spoken(news.take(105))).toEqual([[["a:1", "b:1"], "all"]]);
    expect(news.dueAt).toBe(Infinity);
    expect(news.take(106)).toEqual([]);
  });

  test("of the same member is told once", () => {
    const news = new News(timing);
    for (const now of [0, 1, 2]) news.add("a:1", undefined, 9, now);
    expect(spoken(news.take(5))).toEqual([[["a:1"], "all"]]);
  });

  test("for ranges of like size goes together, over all that lies between them", () => {
    const news = new News(timing);
    news.add("a:1", { from: "c:1", to: "p:1" }, 12, 0);
    news.add("b:1", { from: "b:1", to: "h:1" }, 5, 0);
    expect(spoken(news.take(5))).toEqual([[["a:1", "b:1"], "b:1 to p:1"]]);
  });

  test("for ranges of another size goes apart, and so does what is for all", () => {
    const news = new News(timing);
    news.add("a:1", { from: "c:1", to: "p:1" }, 12, 0);
    news.add("b:1", { from: "b:1", to: "x:1" }, 200, 0);
    news.add("c:1", undefined, 200, 0);
    expect(spoken(news.take(5))).toEqual([
      [["a:1"], "c:1 to p:1"],
      [["b:1"], "b:1 to x:1"],
      [["c:1"], "all"],
    ]);
  });

  test("for nobody is taken in nevertheless", () => {
    const news = new News(timing);
    news.add("a:1", { from: "b:1", to: "b:1" }, 0, 0);
    expect(spoken(news.take(5))).toEqual([[["a:1"], "b:1 to b:1"]]);
  });
});

describe("the time for which news is gathered", () => {
  /** News comes all the time; how long after each telling the next one is. */
  function windows(news: News, count: number, start: number): number[] {
    let last = start;
    return Array.from({ length: count }, () => {
      news.add("a:1", undefined, 9, last);
      const window = news.dueAt - last;
      last = news.dueAt;
      news.take(last);
      return window;
    });
  }

  test("doubles while news keeps coming, up to a quarter of a period", () => {
    const news = new News(timing);
    expect(windows(news, 10, 0)).toEqual([5, 5, 10, 20, 40, 80, 160, 250, 250, 250]);
  });

  test("is the shortest again after a quiet time", () => {
    const news = new News(timing);
    windows(news, 10, 0);
    expect(windows(news, 3, 5000)).toEqual([5, 5, 10]);
    expect(windows(news, 1, 9000)).toEqual([5]);
  });

  test("is not stretched by news now and then", () => {
    const news = new News(timing);
    for (const start of [0, 100, 200, 300]) expect(windows(news, 1, start)).toEqual([5]);
  });

  test("is never shorter than gatherMs after the item came", () => {
    const news = new News(timing);
    windows(news, 6, 0); // the last one at 160, the next not before 320
    news.add("a:1", undefined, 9, 318);
    expect(news.dueAt).toBe(323);
  });

  test("may be longer than a quarter of a period when that was asked for", () => {
    const news = new News(resolveTiming({ pingPeriodMs: 20, gatherMs: 50 }));
    expect(windows(news, 3, 0)).toEqual([50, 50, 50]);
  });
});

describe("branches", () => {
  test("share the members evenly, in order and none of them twice, at most as many as the fanout", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 1, max: 16 }), (count, fanout) => {
        const members = addresses(count);
        const split = branches(["news:1"], members, fanout);
        expect(split).toHaveLength(Math.min(count, fanout));
        expect(split.flatMap((branch) => branch.members)).toEqual(members);
        const sizes = split.map((branch) => branch.members.length);
        expect(Math.max(...sizes, 0) - Math.min(...sizes, Infinity)).toBeLessThanOrEqual(1);
        for (const branch of split) {
          const range = { from: branch.members[0], to: branch.members.at(-1) };
          expect(branch).toMatchObject({ items: ["news:1"], range, tried: [] });
        }
      }),
    );
  });
});

describe("the next of a branch", () => {
  const MEMBERS = addresses(10);
  const branch = (members: readonly Address[], tried: readonly Address[] = []): Branch => ({
    items: ["news:1"],
    members,
    range: undefined,
    tried,
  });
  /** As all order them. */
  const ordered = [...MEMBERS].sort((a, b) => bucketOf(a) - bucketOf(b) || (a < b ? -1 : 1));

  test("is its head: the one of the lowest bucket, and of those the first", () => {
    expect(nextOf(branch(MEMBERS))).toBe(ordered[0]);
    fc.assert(
      fc.property(fc.shuffledSubarray(MEMBERS, { minLength: 1 }), (some) => {
        const members = [...some].sort();
        expect(nextOf(branch(members))).toBe(ordered.find((member) => members.includes(member)));
      }),
    );
  });

  test("is each of the others in turn while none answers, six times in all", () => {
    const tried: Address[] = [];
    for (let next = nextOf(branch(MEMBERS)); next !== undefined; next = nextOf(branch(MEMBERS, tried)))
      tried.push(next);
    expect(tried).toEqual(ordered.slice(0, 6));
  });

  test("is one who was told before when all were, for a single call may be lost", () => {
    expect(nextOf(branch(["a:1"], ["a:1"]))).toBe("a:1");
    expect(nextOf(branch(["a:1"], Array<Address>(6).fill("a:1")))).toBeUndefined();
  });

  test("is one who is slow only after all others", () => {
    const isSlow = (member: Address): boolean => member === ordered[0];
    expect(nextOf(branch(MEMBERS), undefined, isSlow)).toBe(ordered[1]);
    const [slow = "", quick = ""] = ordered;
    expect(nextOf(branch([slow, quick], [quick]), undefined, isSlow)).toBe(slow);
  });

  test("is nobody who is to be left out, and nobody at all where that is everybody", () => {
    expect(nextOf(branch(MEMBERS), (member) => member !== ordered[0])).toBe(ordered[1]);
    expect(nextOf(branch(["a:1"]), () => false)).toBeUndefined();
    expect(nextOf(branch([]))).toBeUndefined();
  });
});
