#!/usr/bin/env node
// Measures how a Compose project of many peers starts, and whether it stays quiet: `npm run bench:compose -- --peers
// 100`.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpus } from "node:os";
import { setTimeout as elapse } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Command } from "commander";
import { ComposeProject, type ComposePeer } from "../cluster/compose/compose-project.js";
import { engine } from "../cluster/docker/engine.js";
import { logTail } from "../cluster/docker/logs.js";
import { ownRun } from "../cluster/docker/owner.js";
import { onInterruption } from "../lib/interruption.js";
import { whole } from "../lib/number-option.js";
import { everyoneSees } from "../view/views.js";
import { say, seconds } from "./output.js";

interface Options {
  readonly peers: number;
  readonly quiet: number;
  readonly json?: boolean;
}

/** A change of a peer's list, as a line of its log has it. */
interface LoggedChange {
  /** When the line was written, in ms since 1970 by the peer's clock. */
  readonly atMs: number;
  readonly event: string;
  readonly member: string;
}

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** How often the peers are asked whether all list all. Each answer is a whole list, so that is done seldom. */
const POLL_EVERY_MS = 2000;
const AGREE_WITHIN_MS = 5 * 60_000;
const COMMAND_WITHIN_MS = 10 * 60_000;
/** How many lines of a log are read: more than any peer writes in a run of this program. */
const ALL_LINES = 100_000;
const run = promisify(execFile);

const program = new Command("bench:compose")
  .option("--peers <n>", "replicas", whole(2, 500), 100)
  .option("--quiet <seconds>", "how long nothing may happen at the end", whole(0, 3600), 300)
  .option("--json", "the figures as JSON");
const { peers, quiet, json = false } = program.parse().opts<Options>();
const name = `testbed-bench-${randomBytes(4).toString("hex")}`;
onInterruption(() => void down().finally(() => process.exit(1)));

async function measure(): Promise<ReturnType<typeof judge> & { busyShares: Record<string, number> }> {
  const processors = new Processors();
  say(`docker compose up --scale peer=${peers} …`);
  await compose("up", "--detach", "--no-build", "--scale", `peer=${peers}`, "peer");
  const startingShare = processors.busyShare();
  using project = await ComposeProject.open(name);
  const endMs = performance.now() + AGREE_WITHIN_MS;
  while (!everyoneSees(await project.views())) {
    if (performance.now() > endMs) throw new Error(`not all listed all within ${AGREE_WITHIN_MS / 1000} s`);
    await elapse(POLL_EVERY_MS);
  }
  const agreeingShare = processors.busyShare();
  say(`all list all; quiet for ${quiet} s …`);
  await elapse(quiet * 1000);
  const replicas = await project.peers();
  const [starts, logs] = await Promise.all([
    Promise.all(replicas.map(startOf)),
    Promise.all(replicas.map(changesLoggedBy)),
  ]);
  const busyShares = { starting: startingShare, agreeing: agreeingShare, quiet: processors.busyShare() };
  return { ...judge(Math.min(...starts), Math.max(...starts), logs), busyShares };
}

/**
 * Computes the figures from the logs, which can be read afterwards and so cost the peers nothing during the
 * measurement. Times are in ms. A change counts as unrest when it was logged after the moment at which the last peer
 * listed all.
 */
function judge(
  firstStartMs: number,
  lastStartMs: number,
  logs: readonly (readonly LoggedChange[])[],
): { peers: number; startMs: number; agreedMs: number; removals: string[]; unrest: string[] } {
  const complete = logs.map((log) => {
    const joined = new Map(log.filter(({ event }) => event === "joined").map((each) => [each.member, each.atMs]));
    return Math.max(...joined.values());
  });
  const agreedAtMs = Math.max(...complete);
  const all = logs.flat();
  return {
    peers,
    startMs: lastStartMs - firstStartMs,
    agreedMs: agreedAtMs - lastStartMs,
    removals: all.filter(({ event }) => event === "failed").map(sentence),
    unrest: all.filter(({ atMs }) => atMs > agreedAtMs).map(sentence),
  };
}

function sentence({ event, member }: LoggedChange): string {
  return `${event} ${member}`;
}

function text({ startMs, agreedMs, removals, unrest, busyShares }: Awaited<ReturnType<typeof measure>>): string {
  const some = (list: readonly string[]): string =>
    `${list.length}${list.length > 0 ? `: ${list.slice(0, 5).join("; ")}` : ""}`;
  const shares = Object.entries(busyShares).map(([phase, share]) => `${phase} ${Math.round(100 * share)} %`);
  return [
    `${peers} replicas: the last started ${seconds(startMs)} after the first; all listed all ${seconds(agreedMs)} after that`,
    `removals in the logs: ${some(removals)}`,
    `changes in ${quiet} quiet seconds: ${some(unrest)}`,
    `processors busy: ${shares.join(", ")}`,
  ].join("\n");
}

async function startOf({ container }: ComposePeer): Promise<number> {
  const { State } = await (await engine()).getContainer(container).inspect();
  return Date.parse(State.StartedAt);
}

async function changesLoggedBy({ container }: ComposePeer): Promise<LoggedChange[]> {
  const lines = await logTail((await engine()).getContainer(container), ALL_LINES);
  return lines.flatMap((line) => {
    try {
      const { time, event, member } = JSON.parse(line) as { time: string; event?: string; member?: string };
      return event === undefined || member === undefined ? [] : [{ atMs: Date.parse(time), event, member }];
    } catch {
      return [];
    }
  });
}

/** Measures how busy the processors of this machine are. */
class Processors {
  #before = times();

  /** The share of all processors that was in use since the last call, from 0 to 1. */
  busyShare(): number {
    const [before, now] = [this.#before, times()];
    this.#before = now;
    return 1 - (now.idle - before.idle) / Math.max(1, now.all - before.all);
  }
}

/** The time that all processors have been idle and have existed, in ms since the machine started. */
function times(): { idle: number; all: number } {
  const each = cpus().map(({ times }) => times);
  const all = each.flatMap((one) => Object.values(one)).reduce((sum, ms) => sum + ms, 0);
  return { idle: each.reduce((sum, { idle }) => sum + idle, 0), all };
}

async function compose(...args: string[]): Promise<void> {
  const files = ["docker-compose.yml", "integration/test/support/labels.compose.yml"].flatMap((file) => [
    "--file",
    file,
  ]);
  const env = { ...process.env, GOSSIP_TESTBED_RUN: ownRun(), GOSSIP_OBSERVER_PORT: "0" };
  const options = { cwd: ROOT, env, timeout: COMMAND_WITHIN_MS, maxBuffer: 2 ** 26 };
  await run("docker", ["compose", "--project-name", name, ...files, ...args], options);
}

function down(): Promise<void> {
  say("taking it down …");
  return compose("down", "--timeout", "1", "--volumes");
}

try {
  const figures = await measure();
  process.stdout.write(`${json ? JSON.stringify(figures, undefined, 2) : text(figures)}\n`);
} finally {
  await down();
}
