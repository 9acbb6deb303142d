import type { Budgets, ProtocolTiming } from "gossip-peer";
import { durationMs } from "../fault/quantities.js";
import { ScenarioProblem } from "./problem.js";
import { isBudget } from "./schema.js";

/** The time in ms. Throws a ScenarioProblem where it is none, in which nothing can be seen or happen. */
export function someMs(duration: string, timing: ProtocolTiming): number {
  const ms = durationMs(duration, timing);
  if (ms === 0) throw new ScenarioProblem(`${duration} is no time: no effect`);
  return ms;
}

/** The time in ms of a budget, by its name, or of a duration. */
export function budgetMs(budget: string, { budgets, timing }: { budgets: Budgets; timing: ProtocolTiming }): number {
  return isBudget(budget) ? budgets[`${budget}Ms`] : durationMs(budget, timing);
}
