import type { Millis } from "./core/timing.js";

/** setTimeout takes no more than this: a longer wait is made of several. */
export const LONGEST_TIMER_MS: Millis = 2 ** 31 - 1;

/** Waits for the work, but no longer than the bound. */
export async function atMost(boundMs: Millis, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, boundMs);
  });
  await Promise.race([work, bound]);
  clearTimeout(timer);
}
