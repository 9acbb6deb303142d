// Provides the image that the peer's image starts from: the registry's, else one that is built here. The choice is kept
// in .env, where Compose reads it.
import { existsSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { buildLocalImage } from "./local-image.mjs";
import { envFile } from "./paths.mjs";
import { note, succeeds } from "./run.mjs";

const registryImage = "node:24-bookworm-slim"; // the default of NODE_IMAGE in node/Dockerfile
const localImage = "gossip-testbed-node:24";

/** Returns once the engine has the base image or can fetch it. A NODE_IMAGE of the user's own is used as it is. */
export async function provideBaseImage() {
  const chosen = process.env.NODE_IMAGE || imageIn(readEnvFile());
  if (chosen !== undefined && chosen !== localImage) return;
  if (await isPresent(chosen ?? registryImage)) return;
  if (chosen === undefined && (await pull())) return;
  if (await isPresent(localImage)) note("No image registry answers: using the base image that was built here before.");
  else await buildLocalImage(localImage);
  if (chosen === undefined) choose(localImage);
}

const isPresent = (image) => succeeds("docker", ["image", "inspect", image], { timeoutMs: 30_000 });

function pull() {
  note(`Pulling ${registryImage} …`);
  return succeeds("docker", ["pull", "--quiet", registryImage], { timeoutMs: 5 * 60_000 });
}

const readEnvFile = () => (existsSync(envFile) ? readFileSync(envFile, "utf8") : "");

/** The image that the text of a .env file names; undefined where it names none, or an empty one. */
export const imageIn = (text) => parseEnv(text).NODE_IMAGE || undefined;

// Other lines of .env are the user's and stay as they are.
function choose(image) {
  const text = readEnvFile();
  const lineEnd = text === "" || text.endsWith("\n") ? "" : "\n";
  const comment =
    "# Built on this machine, because no image registry answered. Delete these two lines to try the registry again.";
  const target = existsSync(envFile) ? realpathSync(envFile) : envFile;
  const partial = `${target}.partial`;
  writeFileSync(partial, `${text}${lineEnd}${comment}\nNODE_IMAGE=${image}\n`, {
    mode: existsSync(target) ? statSync(target).mode : 0o644,
  });
  renameSync(partial, target);
}
