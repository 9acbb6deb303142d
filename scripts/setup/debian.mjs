// Provides Debian's packages: installed through the system's own apt, or fetched and unpacked without touching the
// system.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

/** Installs packages from the system's own sources. Nothing is removed for them, and no question is asked. */
export async function install(...packages) {
  note(`Installing ${packages.join(" and ")} from ${system().NAME ?? "the system"}'s packages …`);
  // The update fails when a foreign source does not answer; whether that matters shows in the installation.
  await answer("apt-get", ["update", "-qq"], { timeoutMs: 5 * 60_000 });
  await run(
    "apt-get",
    ["install", "-y", "--no-install-recommends", "--no-remove", "-o", "DPkg::Lock::Timeout=120", ...packages],
    {
      timeoutMs: installMs,
      env: { DEBIAN_FRONTEND: "noninteractive" },
      shielded: true,
      log: cached("apt-install.log"),
    },
  );
}

/**
 * Fetches packages of Debian 13 and unpacks them into `folder`. The system's apt keeps its sources, lists and cache.
 */
export async function unpack(packages, folder) {
  if (!existsSync(keyring)) throw new Failure(`${keyring} is missing: install the package debian-archive-keyring.`);
  const apt = cached("apt");
  rmSync(apt, { recursive: true, force: true }); // what an interrupted run left
  for (const part of ["lists/partial", "cache/archives/partial", "download"])
    mkdirSync(join(apt, part), { recursive: true });
  writeFileSync(join(apt, "sources.list"), `deb [signed-by=${keyring}] ${await mirror()} trixie main\n`);
  writeFileSync(join(apt, "apt.conf"), ownConfiguration(apt));
  const options = { timeoutMs: installMs, cwd: join(apt, "download"), env: { APT_CONFIG: join(apt, "apt.conf") } };
  try {
    await run("apt-get", ["update", "-qq", "--error-on=any"], options);
    await run("apt-get", ["download", "-qq", ...packages], options);
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(options.cwd)) await run("dpkg-deb", ["--extract", file, folder], options);
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
