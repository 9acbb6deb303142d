import { expect, test } from "@jest/globals";
import { Retries } from "../../src/core/retries.js";

const PERIOD = 100;

/** After how many periods it is due again, each time it was tried. */
function waits(retries: Retries, address: string, times: number): number[] {
  let now = 0;
  return Array.from({ length: times }, () => {
    const since = now;
    retries.tried(address, PERIOD, now);
    while (!retries.isDue(address, now)) now += PERIOD / 2;
    return (now - since) / PERIOD;
  });
}

test("whoever was not tried yet is due", () => {
  expect(new Retries().isDue("a:1", 0)).toBe(true);
});

test("whoever was tried waits twice as long each time, up to 64 periods", () => {
  expect(waits(new Retries(), "a:1", 8)).toEqual([2, 4, 8, 16, 32, 64, 64, 64]);
});

test("each waits for itself", () => {
  const retries = new Retries();
  waits(retries, "a:1", 3);
  expect(retries.isDue("b:1", 0)).toBe(true);
  expect(waits(retries, "b:1", 2)).toEqual([2, 4]);
});

test("whoever was found begins anew when it is lost again, and the others wait on", () => {
  const retries = new Retries();
  for (const address of ["a:1", "b:1"]) waits(retries, address, 3);
  retries.keepOnly(new Set(["b:1"]));
  expect(retries.isDue("a:1", 0)).toBe(true);
  expect(retries.isDue("b:1", 0)).toBe(false);
  expect(waits(retries, "a:1", 2)).toEqual([2, 4]);
});
