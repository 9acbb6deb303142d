// The project's own part of the set-up: its dependencies as the lock file says, and its TypeScript compiled.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { root } from "./paths.mjs";
import { note, run } from "./run.mjs";

const npm = process.platform === "win32" ? "npm.cmd" : "npm";

/** Installs the dependencies, unless those that are installed are the ones in package-lock.json. */
export async function installDependencies() {
  if (isInstalled()) return;
  note("Installing the dependencies of package-lock.json (half a minute) …");
  // The development dependencies as well, whatever NODE_ENV says.
  await run(npm, ["ci", "--no-progress", "--include=dev"], { timeoutMs: 10 * 60_000 });
}

/** Compiles what changed of the sources. The tests are compiled when they are run. */
export async function build() {
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "--build", "node", "integration"], {
    timeoutMs: 5 * 60_000,
  });
}

// npm writes its own account of what it installed, and writes it last: an installation that was cut short has none.
function isInstalled() {
  const account = join(root, "node_modules/.package-lock.json");
  if (!existsSync(account)) return false;
  return areInstalled(readPackages(join(root, "package-lock.json")), readPackages(account));
}

/**
 * Whether the packages of a lock file are those of npm's account of what it installed. What else stands there differs with
 * the version of npm: those before 11.11 leave `libc` out. Optional packages are for other machines where they are missing.
 */
export function areInstalled(wanted, installed) {
  const identity = ({ version, resolved, integrity, link }) => [version, resolved, integrity, link];
  return Object.entries(wanted).every(([name, each]) => {
    const there = installed[name];
    if (name === "" || (each.optional && there === undefined)) return true;
    return there !== undefined && isDeepStrictEqual(identity(each), identity(there));
  });
}

const readPackages = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
