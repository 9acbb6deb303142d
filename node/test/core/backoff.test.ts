import { expect, test } from "@jest/globals";
import { Backoff } from "../../src/core/backoff.js";

const PERIOD = 100;

/** The numbers of periods after which the address is due again, each time it was tried. */
function waits(backoff: Backoff, address: string, times: number): number[] {
  let now = 0;
  return Array.from({ length: times }, () => {
    const since = now;
    backoff.tried(address, PERIOD, now);
    while (!backoff.isDue(address, now) && now < 1000 * PERIOD) now += PERIOD / 2;
    return (now - since) / PERIOD;
  });
}

test("whoever was not tried yet is due", () => {
  expect(new Backoff().isDue("a:1", 0)).toBe(true);
});

test("whoever was tried waits twice as long each time, up to 64 periods", () => {
  expect(waits(new Backoff(), "a:1", 8)).toEqual([2, 4, 8, 16, 32, 64, 64, 64]);
});

test("each waits for itself", () => {
  const backoff = new Backoff();
  waits(backoff, "a:1", 3);
  expect(backoff.isDue("b:1", 0)).toBe(true);
  expect(waits(backoff, "b:1", 2)).toEqual([2, 4]);
});

test("whoever was found begins anew when it is lost again, and the others wait on", () => {
  const backoff = new Backoff();
  for (const address of ["a:1", "b:1"]) waits(backoff, address, 3);
  backoff.keepOnly(new Set(["b:1"]));
  expect(backoff.isDue("a:1", 0)).toBe(true);
  expect(backoff.isDue("b:1", 0)).toBe(false);
  expect(waits(backoff, "a:1", 2)).toEqual([2, 4]);
});
