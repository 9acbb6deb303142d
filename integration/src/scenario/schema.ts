import { z } from "zod";

/** What a budget of the protocol is called in a scenario; each is one of `Budgets`. */
export const BUDGETS = ["join", "update", "crash", "silence", "leave", "heal", "settle"] as const;

export function isBudget(word: string): word is (typeof BUDGETS)[number] {
  return (BUDGETS as readonly string[]).includes(word);
}

/** The words that stand for peers, for messages. */
const RESERVED = '"any", "the seed", "the rest", "everyone"';

const DURATION_PATTERN = /^\d+(\.\d+)? (ms|s|min|periods?)$/;
const SHARE_PATTERN = /^\d{1,2}(\.\d+)?%$/;
const BANDWIDTH_PATTERN = /^\d+(\.\d+)? (kbit|mbit)$/;

const text = z.string().min(1).max(500);
const duration = z
  .string()
  .regex(DURATION_PATTERN, 'must be a duration, as "500 ms", "3 s", "2 min" or "10 periods"')
  .meta({ id: "Duration" });
const share = z.string().regex(SHARE_PATTERN, 'must be a share below 100%, as "20%"').meta({ id: "Share" });
const bandwidth = z
  .string()
  .regex(BANDWIDTH_PATTERN, 'must be a bandwidth, as "256 kbit" or "1.5 mbit", of a second')
  .meta({ id: "Bandwidth" });
const within = z
  .string()
  .regex(
    new RegExp(`^(${BUDGETS.join("|")})$|${DURATION_PATTERN.source}`),
    `must be a budget (${BUDGETS.join(", ")}) or a duration, as "10 periods"`,
  )
  .meta({ id: "Within" });

const one = z.union([z.int().min(1), text]);
const peers = z
  .union([one, z.array(one).min(1)], {
    error: `must be peers: a number from 1, a list, ${RESERVED}, "3 of", "30%" or a label given by "as"`,
  })
  .meta({ id: "Peers", description: "Which peers; what is drawn is drawn from the seed of the run." });
const label = z
  .string()
  .regex(/^[a-z][a-z-]*$/, 'must be a label of small letters, as "victim"')
  .refine((name) => name !== "any" && name !== "everyone", "must be no word that stands for peers already")
  .meta({ id: "Label", description: "Later steps name the same peers by it." });
const as = label.optional();
const name = text.optional();

const EXPECTATIONS = [
  "everyone sees everyone",
  "sides see only themselves",
  "groups see only themselves",
  "nothing happens",
  "nobody was removed wrongly",
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

/** The steps that hold no others. */
const PLAIN_STEPS = {
  kill: z.strictObject({ kill: peers, as }),
  stop: z.strictObject({ stop: peers, as }),
  start: z.strictObject({ start: peers, as, name, clockSkewMs: z.int().optional(), cluster: name }),
  restart: z.strictObject({ restart: peers, as }),
  pause: z.strictObject({ pause: peers, as }),
  resume: z.strictObject({ resume: peers, as }),
  close: z.strictObject({ close: peers, as }),
  partition: z.strictObject({ partition: z.array(peers).min(2) }),
  cut: z.strictObject({ cut: z.strictObject({ from: peers, to: peers }) }),
  isolate: z.strictObject({ isolate: peers, as }),
  heal: z.strictObject({ heal: z.literal("network") }),
  loss: z.strictObject({ loss: share }),
  delay: z.strictObject({ delay: duration, jitter: duration.optional() }),
  bandwidth: z.strictObject({ bandwidth }),
  cpu: z.strictObject({ cpu: peers, limit: z.union([share, z.literal("none")]), as }),
  starve: z.strictObject({ starve: peers, asleep: duration, awake: duration, for: duration, as }),
  add: z.strictObject({ add: z.int().min(1).max(10_000), seeds: peers.optional(), as }),
  "set-meta": z.strictObject({ "set-meta": peers, name: text, as }),
  "add-seed": z.strictObject({ "add-seed": peers, seed: z.union([z.int().min(1), text]), as }),
  pick: z.strictObject({ pick: peers, as: label }),
  wait: z.strictObject({ wait: duration }),
  expect: z
    .strictObject({ expect: expectation, within: within.optional(), for: duration.optional() })
    .refine(
      (step) => step.within === undefined || step.for === undefined,
      'has "within" and "for"; one of them can hold',
    ),
} as const;

/** Written out, since it holds itself. */
export type Step =
  | z.infer<(typeof PLAIN_STEPS)[keyof typeof PLAIN_STEPS]>
  | { repeat: number; steps: Step[] }
  | { each: Selector; as: string; steps: Step[] };
/** The steps that begin with one of these words. */
export type StepOf<V extends Verb> = V extends Verb ? Extract<Step, Record<V, unknown>> : never;
/** A step that does something to the peers or to the network. */
export type FaultStep = StepOf<Exclude<keyof typeof PLAIN_STEPS, "pick" | "wait" | "expect">>;
export type ExpectStep = StepOf<"expect">;
export type Selector = z.infer<typeof peers>;
export type Expectation = z.infer<typeof expectation>;
export type Verb = keyof typeof STEPS;

const steps: z.ZodType<Step[]> = z.lazy(() => z.array(step).min(1));

/** All steps, each known by its first word. */
export const STEPS = {
  ...PLAIN_STEPS,
  repeat: z.strictObject({ repeat: z.int().min(1).max(1000), steps }),
  each: z.strictObject({ each: peers, as: label, steps }),
} as const;

const step: z.ZodType<Step> = z.union(Object.values(STEPS)).meta({ id: "Step" });

export function isShare(text: string): boolean {
  return share.safeParse(text).success;
}

export function isDuration(text: string): boolean {
  return duration.safeParse(text).success;
}

/** Above 0: no bandwidth at all is a cut. */
export function isBandwidth(text: string): boolean {
  return bandwidth.safeParse(text).success && !/^[0.]+ /.test(text);
}

const positive = z.number().positive().optional();
const part = z.number().min(0).max(1).optional();

/** A scenario file. Unknown keys are errors everywhere, so that a misspelt one is not silently nothing. */
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
      pingPeriodMs: positive,
      exchangeTimeoutMs: positive,
      suspicionMultiplier: z.number().min(0).optional(),
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
    .regex(/^(first|chain|groups of [1-9]\d*)$/, 'must be "first", "chain" or "groups of 3"')
    .optional(),
  start: peers.optional(),
  steps,
});

export type ScenarioFile = z.infer<typeof scenarioSchema>;

/** For editors; the same that `scenario.schema.json` holds. */
export function jsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(scenarioSchema, { target: "draft-7" }), undefined, 2)}\n`;
}
