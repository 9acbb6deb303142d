import { expect, test } from "@jest/globals";
import { Proofs } from "../../src/core/proofs.js";
import { resolveTiming } from "../../src/core/timing.js";

const ACCUSERS = [
  { address: "b:1", broken: true },
  { address: "c:1", broken: false },
];

/** P = 100 ms; a:1 failed at the moment 1000. */
function failed(): Proofs {
  const proofs = new Proofs(resolveTiming({ pingPeriodMs: 100 }));
  proofs.add("a:1", ACCUSERS, 1000);
  return proofs;
}

test("the accusers of a failed member are told for two periods, and of another member none are", () => {
  expect(failed().of("a:1", 1200)).toEqual(ACCUSERS);
  expect(failed().of("a:1", 1201)).toEqual([]);
  expect(failed().of("x:1", 1000)).toEqual([]);
});

test("a member whose record changes again has no accusers any more", () => {
  const proofs = failed();
  proofs.forget("a:1");
  expect(proofs.of("a:1", 1000)).toEqual([]);
});
