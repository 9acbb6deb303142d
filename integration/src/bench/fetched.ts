import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { baseImage } from "../cluster/docker/base-image.js";
import type { Build } from "./contender.js";

const CACHE = fileURLToPath(new URL("../../../.cache/rivals", import.meta.url));
/** Where a container finds what was fetched. */
export const INSIDE = "/rival";
/** The default of NODE_IMAGE in node/Dockerfile. */
const REGISTRY_IMAGE = "node:24-bookworm-slim";

/** A rival that was fetched: a folder of this machine with its programs. */
export interface Fetched {
  readonly folder: string;
  /** The version of the package that it came from. */
  readonly version: string;
  /** A container of the peer's base image that sees the folder at INSIDE. */
  readonly base: Build;
}

/** The rival of this name, as scripts/bench.mjs has fetched it. Throws where it has not. */
export function fetched(name: string): Fetched {
  const folder = join(CACHE, name);
  const file = join(folder, "version");
  if (!existsSync(file)) throw new Error(`${name} is not there; npm run bench -- --against ${name} fetches it`);
  const base = { image: baseImage() ?? REGISTRY_IMAGE, mounts: [`${folder}:${INSIDE}:ro`] };
  return { folder, version: readFileSync(file, "utf8").trim(), base };
}
