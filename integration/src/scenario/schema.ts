import { PRESETS, type Preset } from "gossip-peer";
import { z } from "zod";
import { DURATION } from "../fault/quantities.js";
import { FAULT_STEPS, type FaultStep } from "./fault-steps.js";
import { as, duration, label, peers, rate, text, type Selector } from "./fields.js";

/** The names of the protocol's budgets in a scenario; `Budgets` has each of them. */
export const BUDGETS = ["join", "update", "crash", "silence", "leave", "heal", "settle", "reclaim"] as const;

export function isBudget(word: string): word is (typeof BUDGETS)[number] {
  return (BUDGETS as readonly string[]).includes(word);
}

const within = z
  .string()
  .regex(
    new RegExp(`^(${BUDGETS.join("|")})$|${DURATION.source}`),
    `must be a budget (${BUDGETS.join(", ")}) or a duration, as "10 periods"`,
  )
  .meta({ id: "Within" });

const EXPECTATIONS = [
  "everyone sees everyone",
  "sides see only themselves",
  "groups see only themselves",
  "nothing happens",
  "nobody was removed wrongly",
  "everyone agrees on metadata",
] as const;
const at = peers.optional();
const expectation = z.union(
  [
    z.enum(EXPECTATIONS),
    z.strictObject({ gone: peers, at }),
    z.strictObject({ left: peers, at }),
    z.strictObject({ listed: peers, at }),
    z.strictObject({ meta: peers, name: text, at }),
  ],
  {
    error:
      `must be one of ${EXPECTATIONS.map((each) => `"${each}"`).join(", ")}, or { gone | left | listed: peers } ` +
      "or { meta: peers, name: text }, each of these with `at: peers` where not everybody is meant",
  },
);

/** What a scenario may have to meet in at least one of several runs. */
export const SOMETIMES = [
  "somebody was suspected",
  "a suspicion was denied",
  "somebody was removed",
  "somebody came back",
  "views differed",
] as const;
export type Sometimes = (typeof SOMETIMES)[number];
const sometimes = z.enum(SOMETIMES, { error: `must be one of ${SOMETIMES.map((each) => `"${each}"`).join(", ")}` });

/** The steps that contain no other steps. */
const PLAIN_STEPS = {
  ...(mapped(FAULT_STEPS) as { [K in keyof typeof FAULT_STEPS]: (typeof FAULT_STEPS)[K]["schema"] }),
  pick: z.strictObject({ pick: peers, as: label }),
  wait: z.strictObject({ wait: duration }),
  expect: z
    .strictObject({
      expect: expectation,
      within: within.optional(),
      since: label.optional(),
      for: duration.optional(),
      as,
    })
    .refine(
      (step) => step.within === undefined || step.for === undefined,
      'has "within" and "for"; one of them can hold',
    )
    .refine((step) => step.since === undefined || step.within !== undefined, 'has "since", which goes with "within"')
    .refine(
      (step) => step.expect !== "nothing happens" || step.for !== undefined,
      'needs "for": at once nothing can have happened',
    ),
} as const;

/** A step. The type is written out, since steps can contain steps. */
export type Step =
  | FaultStep
  | z.infer<(typeof PLAIN_STEPS)["pick" | "wait" | "expect"]>
  | { repeat: number; steps: Step[] }
  | { each: Selector; as: string; steps: Step[] }
  | { meanwhile: Step[] };
/** The steps whose first word is one of these. */
export type StepOf<W extends StepWord> = W extends StepWord ? Extract<Step, Record<W, unknown>> : never;
export type ExpectStep = StepOf<"expect">;
export type Expectation = z.infer<typeof expectation>;
export type StepWord = keyof typeof STEPS;

const steps: z.ZodType<Step[]> = z.lazy(() => z.array(step).min(1));

/** The steps by their first words. */
export const STEPS = {
  ...PLAIN_STEPS,
  repeat: z.strictObject({ repeat: z.int().min(1).max(1000), steps }),
  each: z.strictObject({ each: peers, as: label, steps }),
  meanwhile: z.strictObject({ meanwhile: steps }),
} as const;

/** The steps that contain others. */
export type OuterStep = StepOf<"repeat" | "each" | "meanwhile">;
export type PlainStep = Exclude<Step, OuterStep>;

export function isOuter(step: Step): step is OuterStep {
  return "steps" in step || "meanwhile" in step;
}

/** The steps that a step contains; none where it contains no others. */
export function stepsIn(step: Step): readonly Step[] {
  if ("meanwhile" in step) return step.meanwhile;
  return "steps" in step ? step.steps : [];
}

const step: z.ZodType<Step> = z.union(Object.values(STEPS)).meta({ id: "Step" });

const positive = z.number().positive().optional();
const part = z.number().min(0).max(1).optional();

/** The schema of a scenario file. Unknown keys are errors everywhere, so that a misspelt one is not ignored. */
export const scenarioSchema = z.strictObject({
  title: text,
  why: text,
  peers: z.int().min(1).max(10_000),
  on: z
    .strictObject({ simulator: text.optional(), docker: text.optional() })
    .refine((places) => Object.keys(places).length === 1, 'must name one place, with the reason, as "simulator: why"')
    .meta({ description: "The one place where it can be run, and why it cannot be elsewhere." })
    .optional(),
  timing: z
    .strictObject({
      preset: z.enum(Object.keys(PRESETS) as [Preset, ...Preset[]]).optional(),
      pingPeriodMs: positive,
      exchangeTimeoutMs: positive,
      suspicionMultiplier: z.number().min(0).optional(),
      suspicionTimeouts: z.number().min(0).optional(),
      indirectProbes: z.int().min(0).optional(),
      tombstoneTtlMs: positive,
    })
    .optional(),
  network: z
    .strictObject({
      latencyMs: z.number().min(0).optional(),
      jitterMs: z.number().min(0).optional(),
      loss: part,
      duplicate: part,
      reorder: part,
    })
    .optional(),
  seeds: z
    .string()
    .regex(
      /^(first|chain|groups of [1-9]\d*)( by name)?$/,
      'must be "first", "chain" or "groups of 3"; or one of these "by name", as "first by name"',
    )
    .optional(),
  start: peers.optional(),
  load: z
    .strictObject({ metadata: rate })
    .meta({ description: "What the peers have to cope with besides, while the steps run." })
    .optional(),
  sometimes: z
    .array(sometimes)
    .min(1)
    .meta({ description: "What must happen in at least one of several runs; else they prove nothing." })
    .optional(),
  lenient: text
    .meta({ description: "Why it may hold although --strict finds something that should not have happened." })
    .optional(),
  steps,
});

export type ScenarioFile = z.infer<typeof scenarioSchema>;

/** The schema as JSON Schema, for editors: the text of `scenario.schema.json`. */
export function jsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(scenarioSchema, { target: "draft-7" }), undefined, 2)}\n`;
}

function mapped(kinds: Readonly<Record<string, { readonly schema: z.ZodType }>>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(kinds).map(([word, { schema }]) => [word, schema]));
}
