// Provides kustomize, by which the manifests of deploy/kubernetes are rendered: kubectl's, else that of Debian 13 in
// .cache.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasApt, unpackIntoCache } from "./debian.mjs";
import { cached } from "./paths.mjs";
import { answer, Failure } from "./run.mjs";

/** Components came with kustomize 3.7, and kubectl 1.21 was the first to have one as new. */
const oldest = 4;

const own = () => join(cached("kustomize"), "usr/bin/kustomize");

/** The words of the command that renders the folder appended to them; undefined where there is none. */
export async function kustomizeCommand() {
  if (existsSync(own())) return [own(), "build"];
  const version = await answer("kubectl", ["version", "--client", "--output", "json"], { timeoutMs: 10_000 });
  const [, major] = /"kustomizeVersion": "v(\d+)/.exec(version ?? "") ?? [];
  return Number(major) >= oldest ? ["kubectl", "kustomize"] : undefined;
}

/** Returns once there is a kustomize. Throws a Failure whose sentence says what to install where none can be had. */
export async function provideKustomize() {
  if ((await kustomizeCommand()) !== undefined) return;
  if (!hasApt()) throw new Failure("There is no kubectl from 1.21 on: install it.");
  await unpackIntoCache("kustomize");
}
