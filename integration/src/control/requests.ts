import { z } from "zod";
import type { Breakable } from "../fault/breakable.js";
import type { ButtonKind, WayKind } from "../fault/fault.js";
import { BUTTONS, WAYS } from "../fault/kinds.js";
import { heal, MOST_PEERS, partition, scale, toPeers, type Command } from "./commands.js";

type PeerButton = Exclude<ButtonKind, WayKind>;
const TO_PEERS = BUTTONS.filter((kind): kind is PeerButton => !WAYS.some((way) => way === kind));

const peers = z
  .array(
    z
      .int()
      .min(1)
      .max(10 * MOST_PEERS),
  )
  .min(1)
  .max(MOST_PEERS);
/** A tag is handed on as key=value, where the first "=" ends the key. */
const tagName = z.string().regex(/^[^=]+$/, "a tag's name is not empty and has no = in it");

/** The requests of the page. Peers go by their numbers. */
const REQUEST = z.union([
  z.strictObject({ do: z.enum(TO_PEERS), peers }),
  z.strictObject({
    do: z.literal("partition"),
    sides: z.array(peers).min(2).max(MOST_PEERS),
    by: z.enum(WAYS).optional(),
  }),
  z.strictObject({ do: z.literal("heal") }),
  z.strictObject({ do: z.literal("add") }),
  z.strictObject({
    do: z.literal("set-meta"),
    peers,
    name: z.string().optional(),
    tags: z.record(tagName, z.string()),
  }),
]);
export type PageRequest = z.infer<typeof REQUEST>;

const KNOWN: readonly string[] = [...TO_PEERS, "partition", "heal", "add", "set-meta"];

/** Something was asked for that is not understood; the message names what, and what would be right. */
export class Misunderstood extends Error {}

/** Throws Misunderstood. */
export function readRequest(text: string): PageRequest {
  const outcome = REQUEST.safeParse(parsed(text));
  if (outcome.success) return outcome.data;
  const asked = (parsed(text) as { do?: unknown } | null)?.do;
  if (typeof asked !== "string" || !KNOWN.includes(asked))
    throw new Misunderstood(`do: expected one of ${KNOWN.join(", ")}`);
  throw new Misunderstood(problems(outcome.error, asked).join("; "));
}

/**
 * The command for a request, by the same code as the command line's. Throws a ScenarioProblem where it stands for
 * nobody, or contradicts itself.
 */
export function decide(project: Breakable, request: PageRequest): Command {
  if (request.do === "partition") return partition(project, request.sides.map(String), request.by);
  if (request.do === "heal") return heal(project);
  if (request.do === "add") return scale(project, project.peers.length + 1);
  const peers = String(request.peers);
  if (request.do !== "set-meta") return toPeers(project, request.do, peers);
  const tag = Object.entries(request.tags).map(([key, value]) => `${key}=${value}`);
  return toPeers(project, request.do, peers, { name: request.name, tag });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Misunderstood(`the body is no JSON: ${(error as Error).message}`);
  }
}

/** The problems of the request as the variant that was meant; those as any other variant would only confuse. */
function problems(error: z.ZodError, asked: string): string[] {
  const variants = error.issues.flatMap((issue) => (issue.code === "invalid_union" ? issue.errors : [[issue]]));
  const meant = variants.find((issues) => issues.every(({ path }) => path[0] !== "do")) ?? [];
  return meant.map(({ path, message }) => `${asked}: ${path.length > 0 ? `${path.join(".")}: ` : ""}${message}`);
}
