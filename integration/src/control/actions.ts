import { z } from "zod";
import type { Breakable } from "../fault/verbs.js";
import { LIFE_VERBS, type LifeVerb } from "../fault/verbs.js";
import { heal, live, MOST_PEERS, partition, scale, setMeta, type Deed } from "./deeds.js";

const peers = z
  .array(
    z
      .int()
      .min(1)
      .max(10 * MOST_PEERS),
  )
  .min(1)
  .max(MOST_PEERS);
const verb = z.enum(Object.keys(LIFE_VERBS) as [LifeVerb, ...LifeVerb[]]);
/** In what is handed on, the first "=" ends the key. */
const tagName = z.string().regex(/^[^=]+$/, "a tag's name is not empty and has no = in it");

/** What the page may ask for. Peers go by their numbers. */
const ACTION = z.union([
  z.strictObject({ do: verb, peers }),
  z.strictObject({ do: z.literal("partition"), sides: z.array(peers).min(2).max(MOST_PEERS) }),
  z.strictObject({ do: z.literal("heal") }),
  z.strictObject({ do: z.literal("add") }),
  z.strictObject({
    do: z.literal("set-meta"),
    peers,
    name: z.string().optional(),
    tags: z.record(tagName, z.string()),
  }),
]);
export type Action = z.infer<typeof ACTION>;

const DOABLE = [...Object.keys(LIFE_VERBS), "partition", "heal", "add", "set-meta"];

/** Something was asked for that is not understood; the message names what, and what would be right. */
export class Misunderstood extends Error {}

/** Throws Misunderstood. */
export function readAction(text: string): Action {
  const outcome = ACTION.safeParse(parsed(text));
  if (outcome.success) return outcome.data;
  const asked = (parsed(text) as { do?: unknown } | null)?.do;
  if (typeof asked !== "string" || !DOABLE.includes(asked))
    throw new Misunderstood(`do: expected one of ${DOABLE.join(", ")}`);
  throw new Misunderstood(problems(outcome.error, asked).join("; "));
}

/** By the same code as the command line's. Throws a ScenarioProblem where it stands for nobody, or contradicts itself. */
export function decide(project: Breakable, action: Action): Deed {
  switch (action.do) {
    case "partition":
      return partition(project, action.sides.map(String));
    case "heal":
      return heal(project);
    case "add":
      return scale(project, project.replicas.length + 1);
    case "set-meta":
      return setMeta(project, String(action.peers), {
        ...(action.name === undefined ? {} : { name: action.name }),
        tags: action.tags,
      });
    case "kill":
    case "stop":
    case "start":
    case "restart":
    case "pause":
    case "resume":
      return live(project, action.do, String(action.peers));
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Misunderstood(`the body is no JSON: ${(error as Error).message}`);
  }
}

/** What is wrong with the variant that was meant; what is wrong with it as any of the others would only confuse. */
function problems(error: z.ZodError, asked: string): string[] {
  const variants = error.issues.flatMap((issue) => (issue.code === "invalid_union" ? issue.errors : [[issue]]));
  const meant = variants.find((issues) => issues.every(({ path }) => path[0] !== "do")) ?? [];
  return meant.map(({ path, message }) => `${asked}: ${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`);
}
