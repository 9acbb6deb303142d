import type { Plan } from "./plan.js";

/**
 * Cuts a failing plan down to one that still fails and of which nothing more can be left out: first in halves, then
 * event by event until none can go (delta debugging; Zeller and Hildebrandt 2002, section 3). `tries` bounds how many
 * plans are run.
 */
export function shrink(plan: Plan, fails: (plan: Plan) => boolean, tries = 500): Plan {
  let smallest = plan;
  let left = tries;
  const leaveOut = (size: number): boolean => {
    const before = smallest;
    let from = 0;
    while (from < smallest.events.length && left-- > 0) {
      const { events } = smallest;
      const smaller = { ...smallest, events: [...events.slice(0, from), ...events.slice(from + size)] };
      if (fails(smaller)) smallest = smaller;
      else from += size;
    }
    return smallest !== before;
  };
  for (let size = Math.ceil(plan.events.length / 2); size > 1; size = Math.floor(size / 2)) leaveOut(size);
  // An event that mattered may matter no more once another is gone.
  while (leaveOut(1));
  return smallest;
}
