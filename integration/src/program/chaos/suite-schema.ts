import { z } from "zod";
import { PLATFORMS } from "../../experiment/experiment.js";
import { WALL_TIME, WALL_TIME_IS, wallTimeMs } from "../../lib/wall-time.js";
import { text } from "../../scenario/fields.js";

function oneOrMore<T extends z.ZodType>(one: T, what: string): z.ZodUnion<[T, z.ZodArray<T>]> {
  return z.union([one, z.array(one).min(1)], { error: `must be ${what}, or a list of such` });
}

const run = z
  .strictObject({
    scenarios: oneOrMore(text, "the path of a scenario, as seen from the folder of this file").meta({
      description: "Paths of scenarios, as seen from the folder of this file.",
    }),
    on: oneOrMore(z.enum(PLATFORMS), `one of ${PLATFORMS.join(", ")}`),
    peers: oneOrMore(z.int().min(1).max(10_000), "a number of peers from 1 to 10000")
      .meta({ description: "How many peers, instead of what the scenario says." })
      .optional(),
    repeat: z.int().min(1).max(1000).optional(),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31)
      .optional(),
  })
  .refine(
    ({ on, peers }) => peers === undefined || ![on].flat().includes("compose"),
    "has peers, and is on compose; a Compose project has as many peers as it has",
  );

/** The schema of a suite file. Unknown keys are errors, so that a misspelt one is not ignored. */
export const suiteSchema = z.strictObject({
  title: text,
  budget: z
    .string()
    .regex(WALL_TIME, `must be ${WALL_TIME_IS}`)
    .refine((time) => wallTimeMs(time) !== undefined, `must be ${WALL_TIME_IS}`)
    .meta({ description: "How long all runs may take. What does not fit is not run, and the suite does not pass." })
    .optional(),
  failFast: z.boolean().meta({ description: "Run nothing more after a verdict that is not true." }).optional(),
  runs: z.array(run).min(1),
});

/** The schema as JSON Schema, for editors: the text of `suite.schema.json`. */
export function suiteJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(suiteSchema, { target: "draft-7" }), undefined, 2)}\n`;
}
