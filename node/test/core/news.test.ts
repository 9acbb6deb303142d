import { describe, expect, test } from "@jest/globals";
import { News, type Batch } from "../../src/core/news.js";
import { resolveTiming } from "../../src/core/timing.js";

/** Gathers for 5 ms, and for 250 at most. */
const timing = resolveTiming({ pingPeriodMs: 1000, gatherMs: 5 });

const spoken = (batches: Batch[]): [string[], string][] =>
  batches.map(({ items, range }) => [[...items], range === undefined ? "all" : `${range.from} to ${range.to}`]);

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
