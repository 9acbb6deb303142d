// Provides what `npm run bench` measures against: packages of Debian and of npm, in .cache/rivals, a folder for each. They
// are no dependencies of the project, and no test needs them.
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpack } from "./debian.mjs";
import { cached } from "./paths.mjs";
import { Failure, note, run } from "./run.mjs";

const INSTALLED_WITHIN_MS = 5 * 60_000;

/** How each rival is had: fetches it into a folder, and returns its version. */
const RIVALS = {
  serf: (folder) => fromDebian("bookworm", "serf", folder),
  "serf-0.10": (folder) => fromDebian("trixie", "serf", folder),
  "happn-swim": (folder) => fromNpm("happn-swim", "1.0.3", folder),
  moleculer: (folder) => fromNpm("moleculer", "0.14.36", folder),
  alertmanager: (folder) => fromDebian("trixie", "prometheus-alertmanager", folder),
  erlang: (folder) => fromDebian("bookworm", "erlang-base", folder),
};

/** Returns once these rivals are there; one that was fetched before is not fetched again. */
export async function provideRivals(names) {
  for (const name of names) {
    const folder = join(cached("rivals"), name);
    if (existsSync(join(folder, "version"))) continue;
    note(`Fetching ${name} …`);
    const partial = `${folder}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    try {
      writeFileSync(join(partial, "version"), `${await RIVALS[name](partial)}\n`);
      rmSync(folder, { recursive: true, force: true });
      renameSync(partial, folder); // whole or not at all
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(`${name} could not be fetched; without it: --against none. ${error.sentence}`, error.details);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  }
}

async function fromNpm(name, version, folder) {
  writeFileSync(join(folder, "package.json"), "{}");
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"];
  await run("npm", ["install", ...options, `${name}@${version}`], { cwd: folder, timeoutMs: INSTALLED_WITHIN_MS });
  return version;
}

async function fromDebian(suite, name, folder) {
  const files = await unpack([name], folder, suite);
  const [, version] = files.find((file) => file.startsWith(`${name}_`)).split("_");
  return decodeURIComponent(version);
}
