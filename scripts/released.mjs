// The last release, against which this source is held. `node scripts/released.mjs` prints the path of its peer, one file that
// Node runs, made of the sources in git's history. `node scripts/released.mjs --image` also makes gossip-peer:released of
// it, on the image of the present peer. `node scripts/released.mjs --now` takes the commit that is checked out for the last
// release from now on, with its .proto files, and is part of making one.
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { peerImage } from "./setup/compose.mjs";
import { cached, root } from "./setup/paths.mjs";
import { answer, Failure, main, run, say } from "./setup/run.mjs";

const WITHIN_MS = 60_000;
const kept = join(root, "scripts/released/release.json");
const { commit } = JSON.parse(readFileSync(kept, "utf8"));

const git = (...args) => run("git", ["-C", root, ...args], { timeoutMs: WITHIN_MS });

const folder = cached(`released-${commit}`);
const program = join(folder, "main.js");

/** Why the released peer cannot be made here, as in a clone without history; undefined where it can, or is there. */
export async function releaseObstacle() {
  if (existsSync(program)) return undefined;
  if ((await answer("git", ["-C", root, "cat-file", "-t", commit], { timeoutMs: WITHIN_MS })) !== undefined)
    return undefined;
  return `the last release, commit ${commit}, is not in this clone; \`git fetch --unshallow\` brings it`;
}

/** Makes the released peer, unless it is there; returns the path of its program. */
export async function releasedPeer() {
  if (existsSync(program)) return program;
  const obstacle = await releaseObstacle();
  if (obstacle !== undefined) throw new Failure(`${obstacle[0].toUpperCase()}${obstacle.slice(1)}.`);
  // Within the project, so that the sources find what they depend on, which are the packages of today.
  const sources = mkdtempSync(cached("release-"));
  try {
    await git(
      "archive",
      "--output",
      join(sources, "sources.tar"),
      commit,
      "node/src",
      "node/bundle.mjs",
      "node/package.json",
    );
    await run("tar", ["-xf", join(sources, "sources.tar"), "-C", sources], { timeoutMs: WITHIN_MS });
    await run(process.execPath, [join(sources, "node/bundle.mjs"), join(sources, "made")], { timeoutMs: WITHIN_MS });
    moveTo(folder, join(sources, "made"));
  } finally {
    rmSync(sources, { recursive: true });
  }
  return program;
}

/** Moves a folder to where another process may just have put the same. */
function moveTo(folder, made) {
  try {
    renameSync(made, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

/** The image of the present peer with the program of the last release in it. */
async function buildImage() {
  await releasedPeer();
  // Programs of a release that are ES modules have a package.json that says so.
  writeFileSync(join(folder, "Dockerfile"), `FROM ${peerImage}\nCOPY main.js gossip package.json* /app/\n`);
  await run("docker", ["build", "--quiet", "--tag", "gossip-peer:released", folder], { timeoutMs: WITHIN_MS });
}

async function release() {
  const { version } = JSON.parse(readFileSync(join(root, "node/package.json"), "utf8"));
  const head = (await git("rev-parse", "HEAD")).trim();
  const image = join(root, "scripts/released/proto.binpb");
  const args = ["build", join(root, "proto"), "--as-file-descriptor-set", "--exclude-source-info", "--output", image];
  await run(join(root, "node_modules/.bin/buf"), args, { timeoutMs: WITHIN_MS });
  writeFileSync(kept, `${JSON.stringify({ version, commit: head }, null, 2)}\n`);
  say(`The last release is ${version}, ${head}.`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  await main(async () => {
    if (process.argv.includes("--now")) await release();
    else {
      if (process.argv.includes("--image")) await buildImage();
      say(await releasedPeer());
    }
  });
