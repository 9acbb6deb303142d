// Provides promtool, by which alerts, queries and metrics are judged: the system's, else that of Debian 13 in .cache.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasApt, unpackIntoCache } from "./debian.mjs";
import { cached } from "./paths.mjs";
import { answer, Failure } from "./run.mjs";

const own = () => join(cached("promtool"), "usr/bin/promtool");

/** The command; undefined where there is none. */
export async function promtoolCommand() {
  if (existsSync(own())) return own();
  const version = await answer("promtool", ["--version"], { timeoutMs: 10_000 });
  return version === undefined ? undefined : "promtool";
}

/** Returns once there is a promtool. Throws a Failure whose sentence says what to install where none can be had. */
export async function providePromtool() {
  if ((await promtoolCommand()) !== undefined) return;
  if (!hasApt()) throw new Failure("There is no promtool: install Prometheus.");
  await unpackIntoCache("promtool");
}
