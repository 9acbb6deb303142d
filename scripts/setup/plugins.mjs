// Provides Docker's plugins Compose v2 and buildx: the system's packages, else, on Debian, those of Debian 13 for the
// current user alone.
import { chmodSync, copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { canInstall, hasApt, install, system, unpack } from "./debian.mjs";
import { cached } from "./paths.mjs";
import { Failure, note, succeeds } from "./run.mjs";

const plugins = [
  { command: "compose", file: "docker-compose" },
  { command: "buildx", file: "docker-buildx" },
];

/** Returns once `docker compose` and `docker buildx` answer; a plugin file that is there already is never replaced. */
export async function providePlugins() {
  const missing = [];
  for (const plugin of plugins) if (!(await works(plugin))) missing.push(plugin);
  if (missing.length === 0) return;
  if (!hasApt())
    throw new Failure("Docker lacks Compose v2 or buildx: install both (https://docs.docker.com/compose/install/).");
  const commands = missing.map(({ command }) => `docker ${command}`);
  if (system().ID === "ubuntu" || (await canInstall(...commands))) await install(...commands);
  else await unpackFromDebian(missing);
  for (const plugin of missing)
    if (!(await works(plugin)))
      throw new Failure(`\`docker ${plugin.command} version\` fails, though it was installed just now.`);
}

const works = ({ command }) => succeeds("docker", [command, "version"], { timeoutMs: 10_000 });

async function unpackFromDebian(missing) {
  const home = join(process.env.DOCKER_CONFIG ?? join(homedir(), ".docker"), "cli-plugins");
  for (const { command, file } of missing)
    if (existsSync(join(home, file)))
      throw new Failure(`${join(home, file)} is there but \`docker ${command} version\` fails: mend or remove it.`);
  const files = missing.map(({ file }) => file);
  note(`Fetching Docker's plugins ${files.join(" and ")} from Debian's packages …`);
  const folder = cached("plugins");
  try {
    await unpack(files, folder); // the packages have the same names as the plugins
    mkdirSync(home, { recursive: true });
    for (const file of files) {
      const partial = join(home, `.${file}.partial`);
      copyFileSync(join(folder, "usr/libexec/docker/cli-plugins", file), partial);
      chmodSync(partial, 0o755);
      renameSync(partial, join(home, file)); // whole or not at all
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
