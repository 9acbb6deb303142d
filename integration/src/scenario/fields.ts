import { z } from "zod";
import { BANDWIDTH, DURATION, isMemory, MEMORY, RATE, SHARE } from "../fault/quantities.js";

/** The words that stand for peers, as error messages list them. */
const RESERVED = '"any", "the seed", "the rest", "everyone", "everyone but 3"';

export const text = z.string().min(1).max(500);
export const duration = z
  .string()
  .regex(DURATION, 'must be a duration, as "500 ms", "3 s", "2 min" or "10 periods"')
  .meta({ id: "Duration" });
export const share = z.string().regex(SHARE, 'must be a share below 100%, as "20%"').meta({ id: "Share" });
export const memory = z
  .string()
  .regex(MEMORY, 'must be an amount of memory, as "32 MiB"')
  .refine(isMemory, "must be no less than 6 MiB, the least that a container can have")
  .meta({ id: "Memory" });
export const bandwidth = z
  .string()
  .regex(BANDWIDTH, 'must be a bandwidth, as "256 kbit" or "1.5 mbit", of a second')
  .meta({ id: "Bandwidth" });

export const rate = z.string().regex(RATE, 'must be a rate from 1 to 100 a second, as "2 per s"');

const one = z.union([z.int().min(1), text]);
export const peers = z
  .union([one, z.array(one).min(1)], {
    error: `must be peers: a number from 1, a list, ${RESERVED}, "3 of", "30%", "50% of the rest" or a label given by "as"`,
  })
  .meta({ id: "Peers", description: "Which peers; what is drawn is drawn from the seed of the run." });
export type Selector = z.infer<typeof peers>;

export const label = z
  .string()
  .regex(/^[a-z][a-z-]*$/, 'must be a label of small letters, as "victim"')
  .refine((name) => name !== "any" && name !== "everyone", "must be no word that stands for peers already")
  .meta({ id: "Label", description: "Later steps name the same peers by it." });
export const as = label.optional();
export const name = text.optional();
