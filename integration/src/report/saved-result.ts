import { z } from "zod";
import { PLATFORMS } from "../experiment/experiment.js";

const ms = z.number();
const point = z.tuple([ms, z.number()]);
const knowledge = z.object({
  kind: z.string(),
  what: z.string(),
  line: z.int().optional(),
  atMs: ms,
  untilMs: ms,
  budgetMs: ms,
  firstMs: ms.optional(),
  fullMs: ms.optional(),
  knew: z.int(),
  viewers: z.int(),
  curve: z.array(point),
});
const load = z.object({ inPeriod: z.object({ messages: z.number(), bytes: z.number() }).optional() });

/** As much of a `result.json` as reports are compared by; `resultOf` writes it. */
const savedResult = z.object({
  verdict: z.enum(["true", "false", "unknown"]),
  reason: z.string(),
  on: z.enum(PLATFORMS),
  scenario: z.object({ title: z.string(), peers: z.int() }),
  judgement: z
    .object({
      knowledge: z.array(knowledge),
      wrongRemovals: z.array(z.unknown()),
      comebacks: z.array(z.unknown()),
      disagreedMs: ms,
      loads: z.array(load),
    })
    .optional(),
  sometimes: z.array(z.object({ what: z.string(), met: z.int(), runs: z.int() })).optional(),
  recording: z.object({ timing: z.object({ pingPeriodMs: ms }) }).optional(),
});

export type SavedResult = z.infer<typeof savedResult>;
export type SavedKnowledge = z.infer<typeof knowledge>;

/** A result as it was read, or what about the text shows that it is none. */
export function parseResult(text: string): SavedResult | { readonly problem: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { problem: "it is not JSON" };
  }
  const { data, error } = savedResult.safeParse(raw);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  return { problem: `"${issue?.path.join(".") ?? ""}" is not as a result has it: ${issue?.message ?? ""}` };
}
