// Builds a stand-in for node:24-bookworm-slim where no image registry answers, from Debian's packages and the npm
// registry.
import { appendFileSync, chownSync, copyFileSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { isRoot, hasApt, keyring, mirror, unpack } from "./debian.mjs";
import { nodePackage } from "./node-package.mjs";
import { cached } from "./paths.mjs";
import { Failure, note, run } from "./run.mjs";

const npmPackage = "npm@11";
const certificates = "/etc/ssl/certs/ca-certificates.crt";
const stepMs = 10 * 60_000;

/** Builds the image and gives it its tag last, so that the tag never names half an image. */
export async function buildLocalImage(tag) {
  if (!hasApt() || !isRoot())
    throw new Failure(
      "No image registry answers, and only root on Debian can build the base image: `docker pull node:24-bookworm-slim` elsewhere.",
    );
  note("No image registry answers: building the base image from Debian's packages and the npm registry (a minute) …");
  const work = cached("base-image");
  const system = join(work, "root");
  await remove(work);
  try {
    await installDebian(work, system);
    await installNode(work, system);
    trustSameAuthorities(system);
    addUser(system);
    await run("tar", ["--create", "--file", join(work, "root.tar"), "--directory", system, "."], { timeoutMs: stepMs });
    await run("docker", ["import", ...settings(), join(work, "root.tar"), tag], { timeoutMs: stepMs });
  } finally {
    await remove(work);
  }
}

const settings = () => [
  ...["--change", 'CMD ["node"]'],
  ...["--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
  ...(existsSync(certificates) ? ["--change", `ENV NODE_EXTRA_CA_CERTS=${certificates}`] : []),
  ...["--message", "Node 24 on Debian 12, built by npm run setup"],
];

async function installDebian(work, system) {
  const tools = join(work, "tools");
  await unpack(["debootstrap"], tools);
  const debootstrap = [
    join(tools, "usr/sbin/debootstrap"),
    "--variant=minbase",
    `--keyring=${keyring}`,
    "bookworm",
    system,
    await mirror(),
  ];
  // The child ends when this process does, even by a kill. Its namespaces are its own, so that whatever it mounted or
  // started ends with it.
  const fenced = ["--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child", ...debootstrap];
  await run("setpriv", fenced, {
    timeoutMs: stepMs,
    env: { DEBOOTSTRAP_DIR: join(tools, "usr/share/debootstrap") },
  });
  const ballast = [
    "var/cache/apt",
    "var/lib/apt/lists",
    "var/log",
    "usr/share/doc",
    "usr/share/man",
    "usr/share/info",
    "usr/share/locale",
  ];
  for (const folder of ballast) {
    await remove(join(system, folder));
    mkdirSync(join(system, folder));
  }
}

async function installNode(work, system) {
  const packages = [nodePackage("24"), npmPackage];
  const names = await run("npm", ["pack", "--silent", ...packages], { timeoutMs: stepMs, cwd: work });
  const [nodeArchive, npmArchive] = names.split("\n");
  const npmFolder = join(system, "usr/local/lib/node_modules/npm");
  mkdirSync(npmFolder, { recursive: true });
  const extract = (archive, folder, ...only) =>
    run(
      "tar",
      ["--extract", "--file", archive, "--directory", folder, "--strip-components=1", "--no-same-owner", ...only],
      {
        timeoutMs: stepMs,
        cwd: work,
      },
    );
  await extract(nodeArchive, join(system, "usr/local"), "package/bin/node");
  await extract(npmArchive, npmFolder);
  for (const name of ["npm", "npx"])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(system, "usr/local/bin", name));
}

// Lets the image trust the certificate authorities of this machine: the way to the registries may lead through a proxy
// whose authority only this machine knows.
function trustSameAuthorities(system) {
  if (!existsSync(certificates)) return;
  mkdirSync(join(system, "etc/ssl/certs"), { recursive: true });
  copyFileSync(certificates, join(system, certificates));
}

// Adds the user that the registry's image has.
function addUser(system) {
  appendFileSync(join(system, "etc/passwd"), "node:x:1000:1000::/home/node:/bin/bash\n");
  appendFileSync(join(system, "etc/group"), "node:x:1000:\n");
  const home = join(system, "home/node");
  mkdirSync(home, { recursive: true });
  chownSync(home, 1000, 1000);
}

async function remove(folder) {
  await run("rm", ["-rf", "--one-file-system", folder], { timeoutMs: 60_000, shielded: true });
}
