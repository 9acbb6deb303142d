import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";

/** The file in which Compose looks for variables, after the environment. */
const ENV_FILE = fileURLToPath(new URL("../../../../.env", import.meta.url));

/** The Compose project that a command means when it names none: the one that Compose itself uses in this folder. */
export const DEFAULT_PROJECT = nameIn(process.env) ?? nameIn(ofFile()) ?? "gossip";

function nameIn(variables: Readonly<Record<string, string | undefined>>): string | undefined {
  return variables["COMPOSE_PROJECT_NAME"] || undefined;
}

function ofFile(): Readonly<Record<string, string | undefined>> {
  return existsSync(ENV_FILE) ? parseEnv(readFileSync(ENV_FILE, "utf8")) : {};
}
