import type { Scenario } from "../scenario/load.js";
import type { ExpectStep, Step } from "../scenario/schema.js";

const BEFORE: ExpectStep = { expect: "everyone sees everyone", within: "join" };
const AFTER: ExpectStep = { expect: "everyone sees everyone", within: "settle" };

/**
 * The expectation that must hold before anything is done: the first step, where that is one, so that a scenario can
 * have a beginning of its own. Undefined for a scenario that begins with some of its peers only.
 */
export function steadyBefore({ steps, start }: Pick<Scenario, "steps" | "start">): ExpectStep | undefined {
  const [first] = steps;
  if (first !== undefined && "expect" in first) return first;
  return start === undefined ? BEFORE : undefined;
}

/** The scenario with its steady state in front. */
export function withSteadyState(scenario: Scenario): Scenario {
  const before = steadyBefore(scenario);
  return before === undefined || before === scenario.steps[0]
    ? scenario
    : { ...scenario, steps: [before, ...scenario.steps] };
}

/** The expectation that must hold once everything is healed, as a scenario of one step. */
export function steadyAfter(scenario: Scenario): Scenario {
  return { ...scenario, steps: [AFTER] };
}

/** A step as one line, much as it stands in the file. */
export function stepText(step: Step): string {
  return Object.entries(step)
    .filter(([key, value]) => key !== "steps" && value !== undefined)
    .map(([key, value]) => `${key}: ${typeof value === "object" ? flow(value) : String(value)}`)
    .join(", ");
}

/** As YAML in one line: quotes only where they are needed by nobody are left out. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const parts = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{ ${parts.map(([key, each]) => `${key}: ${flow(each)}`).join(", ")} }`;
}
