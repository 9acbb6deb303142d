import { setTimeout as elapse } from "node:timers/promises";
import type { AskableCluster, Views } from "../view/views.js";

const POLL_MS = 100;

/**
 * Looks at the cluster again and again until `check` holds, and returns after how many ms it did. Rejects when it does not
 * within the budget, with what was awaited, who sees whom and the end of every log.
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

/** As `until`, for what is no matter of views. `report` is asked on failure only. */
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
 * Looks at the cluster again and again for so many ms, or while `during` is under way, and returns what that resolves to.
 * Rejects as soon as `forbidden` was seen, but not before `during` has ended, so that nothing goes on behind a failed test.
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
