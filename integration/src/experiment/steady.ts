import { peers as peersText } from "../lib/text.js";
import type { Chosen } from "../scenario/cluster.js";
import type { Scenario } from "../scenario/load.js";
import type { ExpectStep, Step } from "../scenario/schema.js";

const BEFORE: ExpectStep = { expect: "everyone sees everyone", within: "join" };
const AFTER: ExpectStep = { expect: "everyone sees everyone", within: "settle" };
const AFTER_LOAD: ExpectStep = { expect: "everyone agrees on metadata", within: "settle" };

/**
 * The expectation that must hold before the first fault: the first step of the scenario where that is an expectation,
 * else that every peer sees every other. Undefined for a scenario that starts only some of its peers and has no such
 * step.
 */
export function steadyBefore({ steps, start }: Pick<Scenario, "steps" | "start">): ExpectStep | undefined {
  const [first] = steps;
  if (first !== undefined && "expect" in first) return first;
  return start === undefined ? BEFORE : undefined;
}

/** The scenario with the steady state before the first fault as its first step. */
export function withSteadyState(scenario: Scenario): Scenario {
  const before = steadyBefore(scenario);
  return before === undefined || before === scenario.steps[0]
    ? scenario
    : { ...scenario, steps: [before, ...scenario.steps] };
}

/** The steady state after healing, as a scenario without load. */
export function steadyAfter(scenario: Scenario): Scenario {
  const steps = scenario.load === undefined ? [AFTER] : [AFTER, AFTER_LOAD];
  return { ...scenario, steps, load: undefined };
}

/** A step as one line of text, close to how the file words it. */
export function stepText(step: Step): string {
  return Object.entries(step)
    .filter(([key, value]) => key !== "steps" && value !== undefined)
    .map(([key, value]) => `${key}: ${typeof value === "object" ? flow(value) : String(value)}`)
    .join(", ");
}

/** Whom the words of a step stood for: "any: peer 3; the rest: peers 1-2"; empty where it has no such words. */
export function chosenText(chosen: readonly Chosen[]): string {
  return chosen.map(({ selector, peers }) => `${selector}: ${peersText(peers)}`).join("; ");
}

/** A value in YAML's flow style, without quotes, for people to read. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  const parts = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{ ${parts.map(([key, each]) => `${key}: ${flow(each)}`).join(", ")} }`;
}
