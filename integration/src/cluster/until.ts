import { setTimeout as elapse } from "node:timers/promises";
import type { AskableCluster, Views } from "../view/views.js";

const POLL_MS = 100;

/**
 * Reads the views of a cluster repeatedly until `check` holds. Resolves to the ms that this took. Rejects when it does
 * not hold within the budget, with `what`, who sees whom and the end of every log.
 */
export async function until(
  cluster: AskableCluster,
  what: string,
  budgetMs: number,
  check: (views: Views) => boolean,
): Promise<number> {
  return poll(
    what,
    budgetMs,
    async () => check(await cluster.views()),
    () => cluster.report(),
  );
}

/**
 * Calls `check` repeatedly until it resolves to true, as `until` does for views. `report` is called on failure only.
 */
export async function poll(
  what: string,
  budgetMs: number,
  check: () => Promise<boolean>,
  report: () => Promise<string> = () => Promise.resolve(""),
): Promise<number> {
  const begun = performance.now();
  const pollMs = Math.min(POLL_MS, budgetMs / 10);
  for (;;) {
    if (await check()) return Math.round(performance.now() - begun);
    if (performance.now() - begun >= budgetMs) break;
    await elapse(pollMs);
  }
  throw new Error(`not within ${Math.round(budgetMs)} ms: ${what}\n${await report()}`);
}

/**
 * Reads the views of a cluster repeatedly for so many ms, or until `during` has ended, and resolves to the result of
 * that. Rejects when `forbidden` held for any views, once `during` has ended, so that nothing goes on behind a failed
 * test.
 */
export async function never<T>(
  cluster: AskableCluster,
  what: string,
  forbidden: (views: Views) => boolean,
  during: number | (() => Promise<T>),
): Promise<T | undefined> {
  const work = typeof during === "number" ? elapse(during).then(() => undefined) : during();
  const ended = work.then(
    () => true,
    () => true,
  );
  for (let over = false; !over; over = await Promise.race([ended, elapse(POLL_MS, false)])) {
    if (!forbidden(await cluster.views())) continue;
    const report = await cluster.report();
    await ended;
    throw new Error(`must never be: ${what}\n${report}`);
  }
  return work;
}
