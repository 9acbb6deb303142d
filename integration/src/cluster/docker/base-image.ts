import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";

const ENV = new URL("../../../../.env", import.meta.url);

/**
 * The image that the peer's image starts from: NODE_IMAGE of the environment, else of the file .env, where the set-up
 * keeps its choice and Compose reads it. Undefined where neither names one, and the registry's is meant.
 */
export function baseImage(): string | undefined {
  const kept = existsSync(ENV) ? parseEnv(readFileSync(ENV, "utf8")) : {};
  return process.env["NODE_IMAGE"] || kept["NODE_IMAGE"] || undefined;
}
