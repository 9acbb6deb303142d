// The programs are run as they are installed, from node/dist: `node_modules/.bin/tsc --build node` builds it and must come
// before the tests.
import { afterEach } from "@jest/globals";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Address } from "../../src/core/address.js";
import type { Millis } from "../../src/core/timing.js";
import { PERIOD_MS } from "./peers.js";
import { inTime, until } from "./wait.js";

/** Within this a program has started, or has done one thing, on a machine that is busy with other tests. */
export const START_MS: Millis = 10_000;

const root = fileURLToPath(new URL("../../..", import.meta.url));

const running = new Set<ChildProcess>();
afterEach(async () => {
  const left = [...running];
  for (const child of left) child.kill("SIGKILL");
  await Promise.all(left.map(ended));
});

/** A program under way: the lines it has printed so far, and its exit code once it has ended (-1 after a signal). */
export interface Program {
  readonly child: ChildProcess;
  readonly stdout: string[];
  readonly stderr: string[];
  readonly ended: Promise<number>;
}

/** Starts `node` with these arguments in the project's root. Of the environment it gets the path and what is given. */
export function start(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Program {
  const env = { PATH: process.env["PATH"], ...variables };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const [stdout, stderr]: [string[], string[]] = [[], []];
  createInterface({ input: child.stdout }).on("line", (line) => stdout.push(line));
  createInterface({ input: child.stderr }).on("line", (line) => stderr.push(line));
  return { child, stdout, stderr, ended: ended(child) };
}

async function ended(child: ChildProcess): Promise<number> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  running.delete(child);
  return child.exitCode ?? -1;
}

/** The exit code of a program; fails when it does not end in time. */
export function endOf({ stderr, ended }: Program, withinMs = START_MS): Promise<number> {
  return inTime(withinMs, () => `the program ends: ${stderr.join(" ")}`, ended);
}

/** Runs the `gossip` command to its end. */
export async function gossip(
  args: readonly string[],
  variables = {},
): Promise<{ code: number; out: string; err: string }> {
  const program = start(["node/dist/cli.js", ...args], variables);
  const code = await endOf(program);
  return { code, out: program.stdout.join("\n"), err: program.stderr.join("\n") };
}

export interface PeerProgram extends Program {
  readonly address: Address;
  /** The lines of its log so far. */
  log(): Record<string, unknown>[];
}

/** The variables that set these options. */
export function variablesOf(options: Readonly<Record<string, number>>): Record<string, string> {
  const nameOf = (option: string): string => option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [`GOSSIP_${nameOf(name)}`, String(value)]));
}

/**
 * A peer in a process of its own, which can be killed and frozen as no peer in this process can; `main` is its program,
 * where that is not the present one.
 */
export async function startPeerProgram(
  variables: Readonly<Record<string, string>> = {},
  main = "node/dist/main.js",
): Promise<PeerProgram> {
  const program = start([main], {
    GOSSIP_ADDRESS: "127.0.0.1:0",
    GOSSIP_ADMIN_ADDRESS: "127.0.0.1:0",
    GOSSIP_HEALTH_ADDRESS: "127.0.0.1:0",
    GOSSIP_METRICS_ADDRESS: "127.0.0.1:0",
    GOSSIP_PING_PERIOD_MS: String(PERIOD_MS),
    ...variables,
  });
  const log = (): Record<string, unknown>[] =>
    program.stdout.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : []));
  const started = (): Record<string, unknown> | undefined => log().find(({ msg }) => msg === "started");
  await until(
    START_MS,
    () => `a peer starts: ${program.stderr.join(" ")}`,
    () => started() !== undefined,
  );
  return { ...program, address: String(started()?.["peer"]), log };
}
