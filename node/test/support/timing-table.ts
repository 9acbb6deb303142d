import { expect } from "@jest/globals";
import { resolveTiming, type ProtocolTiming } from "../../src/core/timing.js";
import { numbersIn } from "./documents.js";

/** Expects that a default, as a document's table has it, is that of the code. */
export function expectDefault(name: string, cell: string, actual: number): void {
  if (name !== "exchangeTimeoutMs") {
    expect([name, numbersIn(cell)]).toEqual([name, [actual]]);
    return;
  }
  const [periods = NaN, least = NaN, most = NaN] = numbersIn(cell);
  for (const pingPeriodMs of [10, 400, 500, 501, 750, 1000, 1001, 5000]) {
    const expected = Math.min(most, Math.max(least, periods * pingPeriodMs));
    expect(resolveTiming({ pingPeriodMs }).exchangeTimeoutMs).toBe(expected);
  }
}

export const TIMING = resolveTiming() as ProtocolTiming & Readonly<Record<string, number>>;
