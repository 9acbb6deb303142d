import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("../../scenarios", import.meta.url));

/** The files of all scenarios of the project, in alphabetical order, as seen from the present folder. */
export function scenarioFiles(): string[] {
  const names = readdirSync(FOLDER).filter((name) => name.endsWith(".yaml"));
  return names.sort().map((name) => relative(process.cwd(), join(FOLDER, name)));
}
