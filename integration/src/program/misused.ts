import { ScenarioProblem } from "../scenario/problem.js";

/** The command line is well-formed, but its options contradict each other, or what they name cannot be used. */
export class Misused extends Error {}

/** Whether a command could not be carried out for what it was given: options, scenarios, or files that cannot be read. */
export function isMisuse(error: unknown): error is Error {
  return error instanceof Misused || error instanceof ScenarioProblem || (error instanceof Error && "code" in error);
}
