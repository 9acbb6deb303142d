import type { Plan } from "./plan.js";

/**
 * Cuts a failing plan down to one that still fails and of which nothing more can be left out: first in halves, then
 * event by event until none can go (delta debugging; Zeller and Hildebrandt 2002, section 3). `tries` bounds how many
 * plans are run.
 */
export async function shrink(
  plan: Plan,
  fails: (plan: Plan) => boolean | Promise<boolean>,
  tries = 500,
): Promise<Plan> {
  let smallest = plan;
  let left = tries;
  const leaveOut = async (size: number): Promise<boolean> => {
    const before = smallest;
    let from = 0;
    while (from < smallest.events.length && left-- > 0) {
      const { events } = smallest;
      const smaller = { ...smallest, events: [...events.slice(0, from), ...events.slice(from + size)] };
      if (await fails(smaller)) smallest = smaller;
      else from += size;
    }
    return smallest !== before;
  };
  for (let size = Math.ceil(plan.events.length / 2); size > 1; size = Math.floor(size / 2)) await leaveOut(size);
  // An event that mattered may matter no more once another is gone.
  while (await leaveOut(1));
  return smallest;
}
