import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { Queue } from "../../src/simulator/queue.js";

function drain<T>(queue: Queue<T>): T[] {
  return Array.from({ length: queue.size }, () => queue.take() as T);
}

test("what is due first comes first, whatever was put in first", () => {
  const queue = new Queue<string>();
  queue.put(30, "late");
  queue.put(10, "early");
  queue.put(20, "between");
  expect(drain(queue)).toEqual(["early", "between", "late"]);
});

test("what is due at the same moment comes in the order in which it was put in", () => {
  const queue = new Queue<number>();
  for (let at = 0; at < 20; at++) queue.put(5, at);
  expect(drain(queue)).toEqual(Array.from({ length: 20 }, (_, at) => at));
});

test("says when the next thing is due, and never when there is none", () => {
  const queue = new Queue<string>();
  expect(queue.nextAt).toBe(Infinity);
  expect(queue.take()).toBeUndefined();
  queue.put(7, "it");
  expect(queue.nextAt).toBe(7);
  queue.take();
  expect(queue.nextAt).toBe(Infinity);
  expect(queue.size).toBe(0);
});

test("however puts and takes alternate, it behaves as a list that is sorted stably after each put", () => {
  // A number is the moment of a put, nothing a take; few moments, so that ties are many.
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: 5 })), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (moments) => {
      const queue = new Queue<number>();
      const model: { at: number; what: number }[] = [];
      moments.forEach((at, what) => {
        if (at === null) {
          expect(queue.take()).toBe(model.shift()?.what);
        } else {
          queue.put(at, what);
          model.push({ at, what });
          model.sort((a, b) => a.at - b.at);
        }
        expect(queue.size).toBe(model.length);
        expect(queue.nextAt).toBe(model[0]?.at ?? Infinity);
      });
      expect(drain(queue)).toEqual(model.map(({ what }) => what));
    }),
  );
});
