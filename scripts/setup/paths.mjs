// The folders of the set-up. All that it makes inside the project lies in .cache, node_modules or .env, which git
// ignores.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/[/\\]$/, "");
export const envFile = join(root, ".env");

/** A path inside the project's .cache folder, which exists from then on. */
export function cached(name) {
  mkdirSync(join(root, ".cache"), { recursive: true });
  return join(root, ".cache", name);
}
