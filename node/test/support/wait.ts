import { setTimeout as pass } from "node:timers/promises";
import type { Millis } from "../../src/core/timing.js";

/** How often a check is made: often enough that what holds for an instant only is seen. */
const STEP_MS: Millis = 5;

type Check = () => boolean | Promise<boolean>;
type What = string | (() => string);

/** Waits until the check holds, and fails when it does not within the budget. */
export async function until(budgetMs: Millis, what: What, check: Check): Promise<void> {
  const end = performance.now() + budgetMs;
  while (!(await check())) {
    if (performance.now() >= end) throw new Error(`not within ${Math.round(budgetMs)} ms: ${text(what)}`);
    await pass(STEP_MS);
  }
}

/** Lets the time pass, and fails at the first instant at which the check does not hold. */
export async function throughout(durationMs: Millis, what: What, check: Check): Promise<void> {
  const end = performance.now() + durationMs;
  while (performance.now() < end) {
    if (!(await check())) throw new Error(`no longer so: ${text(what)}`);
    await pass(STEP_MS);
  }
}

/** Gives what the promise resolves to, and fails when it is not settled within the budget. */
export async function inTime<T>(budgetMs: Millis, what: What, promise: Promise<T>): Promise<T> {
  const late = new AbortController();
  const bound = pass(budgetMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`not within ${Math.round(budgetMs)} ms: ${text(what)}`);
  });
  try {
    return await Promise.race([promise, bound]);
  } finally {
    bound.catch(() => undefined);
    late.abort();
  }
}

function text(what: What): string {
  return typeof what === "string" ? what : what();
}
