// Provides Debian's packages: installed through the system's own apt, or fetched and unpacked without touching the
// system.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { namesFor, packagesFor } from "./packages.mjs";
import { cached } from "./paths.mjs";
import { answer, Failure, note, run } from "./run.mjs";

const publicMirror = "http://deb.debian.org/debian";
export const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
const installMs = 10 * 60_000;

/** The fields of /etc/os-release; none where there is no such file. */
export function system() {
  if (!existsSync("/etc/os-release")) return {};
  const lines = readFileSync("/etc/os-release", "utf8").matchAll(/^(\w+)="?(.*?)"?$/gm);
  return Object.fromEntries([...lines].map(([, name, value]) => [name, value]));
}

export const isRoot = () => process.getuid?.() === 0;
export const hasApt = () => ["debian", "ubuntu"].includes(system().ID);

/** Whether packages with all of these commands can be installed by this user from the system's own sources. */
export async function canInstall(...commands) {
  if (!isRoot()) return false;
  await refreshLists();
  return packagesFor(commands, await policyOf(commands)).lacking.length === 0;
}

const policyOf = (commands) =>
  run("apt-cache", ["policy", ...namesFor(commands)], { timeoutMs: 30_000, env: { LC_ALL: "C" } });

let refreshed;

/**
 * Brings apt's lists up to date, once in this process. Resolves to what apt complains of, "" where all is well: a foreign
 * source that does not answer need not matter.
 */
function refreshLists() {
  refreshed ??= run("apt-get", ["update", "-qq", "-o", "APT::Update::Error-Mode=any"], { timeoutMs: 5 * 60_000 }).then(
    () => "",
    (error) => {
      if (error instanceof Failure) return error.message;
      throw error;
    },
  );
  return refreshed;
}

/**
 * Installs packages with these commands from the system's own sources. Nothing is removed for them, and no question is
 * asked. Throws a Failure that names the packages where that takes root, or where no source has them.
 */
export async function install(...commands) {
  const complaint = isRoot() ? await refreshLists() : "";
  const { packages, lacking } = packagesFor(commands, await policyOf(commands));
  if (lacking.length > 0)
    throw new Failure(
      `No package source of this system has ${lacking.join(", nor ")}: add one that has, or install it by hand.`,
      complaint,
    );
  if (!isRoot())
    throw new Failure(`There is no ${commands.join(", no ")}: as root, \`apt-get install ${packages.join(" ")}\`.`);
  note(`Installing ${packages.join(" and ")} from ${system().NAME ?? "the system"}'s packages …`);
  await installPackages(packages);
}

/** An installation that a power cut or a kill left half done is finished first. */
async function installPackages(packages) {
  const options = { timeoutMs: installMs, env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" }, shielded: true };
  const install = () =>
    run(
      "apt-get",
      ["install", "-y", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=120", ...packages],
      { ...options, log: cached("apt-install.log") },
    );
  try {
    await install();
  } catch (error) {
    if (!(error instanceof Failure && error.details.includes("dpkg --configure -a"))) throw error;
    note("Finishing an installation that was cut short before …");
    await run("dpkg", ["--configure", "-a"], { ...options, log: cached("dpkg.log") });
    await install();
  }
}

/** Returns once a package of Debian 13 is unpacked in `.cache` under its name: whole, or not at all. */
export async function unpackIntoCache(name) {
  note(`Fetching ${name} from Debian's packages …`);
  const partial = cached(`${name}.partial`);
  rmSync(partial, { recursive: true, force: true });
  await unpack([name], partial);
  renameSync(partial, cached(name));
}

/**
 * Fetches packages of Debian 13, or of another suite, and unpacks them into `folder`. The system's apt keeps its sources,
 * lists and cache. Returns the files of the packages by their names, which say the versions.
 */
export async function unpack(packages, folder, suite = "trixie") {
  if (!existsSync(keyring)) throw new Failure(`${keyring} is missing: install the package debian-archive-keyring.`);
  const apt = cached("apt");
  rmSync(apt, { recursive: true, force: true }); // what an interrupted run left
  for (const part of ["lists/partial", "cache/archives/partial", "download"])
    mkdirSync(join(apt, part), { recursive: true });
  writeFileSync(join(apt, "sources.list"), `deb [signed-by=${keyring}] ${await mirror()} ${suite} main\n`);
  writeFileSync(join(apt, "apt.conf"), ownConfiguration(apt));
  const options = { timeoutMs: installMs, cwd: join(apt, "download"), env: { APT_CONFIG: join(apt, "apt.conf") } };
  try {
    await run("apt-get", ["update", "-qq", "--error-on=any"], options);
    await run("apt-get", ["download", "-qq", ...packages], options);
    mkdirSync(folder, { recursive: true });
    const files = readdirSync(options.cwd);
    for (const file of files) await run("dpkg-deb", ["--extract", file, folder], options);
    return files;
  } finally {
    rmSync(apt, { recursive: true, force: true });
  }
}

const ownConfiguration = (apt) => `
Dir::Etc::SourceList "${apt}/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::Etc::Preferences "/dev/null";
Dir::Etc::PreferencesParts "/dev/null";
Dir::State::Lists "${apt}/lists";
Dir::Cache "${apt}/cache";
APT::Sandbox::User "root";
`;

/** The Debian mirror that the system itself uses, else Debian's public one. */
export async function mirror() {
  const format = "$(RELEASE) $(COMPONENT) $(REPO_URI)";
  const targets = await answer("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], {
    timeoutMs: 30_000,
  });
  const own = `${system().VERSION_CODENAME} main `;
  const uris = (targets ?? "").split("\n").flatMap((line) => (line.startsWith(own) ? [line.slice(own.length)] : []));
  return uris.map((uri) => uri.replace(/\/$/, "")).find((uri) => uri.endsWith("/debian")) ?? publicMirror;
}
