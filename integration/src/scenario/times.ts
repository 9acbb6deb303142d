import type { ProtocolTiming } from "gossip-peer";
import { durationMs } from "../fault/quantities.js";
import { ScenarioProblem } from "./problem.js";

/** The time in ms. Throws a ScenarioProblem where it is none, in which nothing can be seen or happen. */
export function someMs(duration: string, timing: ProtocolTiming): number {
  const ms = durationMs(duration, timing);
  if (ms === 0) throw new ScenarioProblem(`${duration} is no time: no effect`);
  return ms;
}
