#!/usr/bin/env node
// Measures what lasting churn does to the peers that stay: `npm run bench:churn -- --peers 20 --minutes 60`.
import { execFile } from "node:child_process";
import { setTimeout as elapse } from "node:timers/promises";
import { promisify } from "node:util";
import { Command } from "commander";
import { pick, quantile, stream } from "gossip-peer/simulator";
import { DockerCluster } from "../cluster/docker/docker-cluster.js";
import type { DockerPeer } from "../cluster/docker/docker-peer.js";
import { until } from "../cluster/until.js";
import { whole } from "../lib/number-option.js";
import { lists, running } from "../view/views.js";
import { say } from "./output.js";
import { removeOnInterruption } from "./remove-on-interruption.js";

/** What the process of a peer holds at a moment. */
interface Held {
  readonly peer: number;
  readonly residentKiB: number;
  readonly handles: number;
}

interface Sample {
  readonly minute: number;
  readonly changes: number;
  readonly held: readonly Held[];
}

const EXIT = { flat: 0, grown: 1 } as const;
const SAMPLED_EVERY_MS = 60_000;
/** The wait between two changes: a member dies, leaves, sleeps, comes back or is renamed so often. */
const CHANGED_EVERY_MS = 3000;
const READ_WITHIN_MS = 30_000;
/** Prints memory and handles of the program in the container, which is not process 1. */
const READ = `for p in /proc/[0-9]*; do case "$(readlink $p/exe)" in
  */node) grep VmRSS $p/status; ls $p/fd | wc -l ;; esac; done`;

const program = new Command("bench:churn")
  .option("--peers <n>", "containers", whole(3, 200), 20)
  .option("--stay <n>", "of these nothing is done to so many, which are measured", whole(1, 100), 5)
  .option("--minutes <n>", "how long", whole(4, 24 * 60), 60)
  .option("--seed <n>", "what the changes are drawn from", whole(0, 2 ** 31), 1)
  .option("--json", "the samples as JSON");
const {
  peers,
  stay,
  minutes,
  seed,
  json = false,
} = program.parse().opts<{
  peers: number;
  stay: number;
  minutes: number;
  seed: number;
  json?: boolean;
}>();
if (stay >= peers - 1) program.error(`--stay must be below ${peers - 1}: some have to come and go`);

const random = stream(seed, "churn");
const starting = DockerCluster.start({ peers });
removeOnInterruption(starting);
await using cluster = await starting;
const samples: Sample[] = [];
let changes = 0;
const begun = performance.now();
for (let minute = 0; ; minute++) {
  samples.push(await sample(minute));
  if (minute === minutes) break;
  const next = begun + (minute + 1) * SAMPLED_EVERY_MS;
  while (performance.now() < next) {
    await change(pick(random, cluster.peers.slice(stay)));
    changes++;
    await elapse(CHANGED_EVERY_MS);
  }
}
for (const peer of cluster.peers) {
  if (peer.state === "paused") await peer.resume();
  if (peer.state === "down") await peer.start();
}
const settledMs = await until(cluster, "all list all", cluster.budgets.settleMs, (views) =>
  running(views).every((viewer) => cluster.peers.every(({ address }) => lists(viewer, address))),
);
process.stdout.write(json ? `${JSON.stringify({ samples, settledMs }, undefined, 2)}\n` : `${table()}\n`);
process.exitCode = hasGrown() ? EXIT.grown : EXIT.flat;

/** Does something to a peer that its state allows. */
async function change(peer: DockerPeer | undefined): Promise<void> {
  if (peer === undefined) return;
  const drawn = random.next();
  if (peer.state === "down") await peer.start();
  else if (peer.state === "paused") await peer.resume();
  else if (drawn < 0.3) await peer.kill();
  else if (drawn < 0.6) await peer.stop();
  else if (drawn < 0.8) await peer.pause();
  else await peer.setMeta({ name: `renamed ${changes}` });
}

async function sample(minute: number): Promise<Sample> {
  const held = await Promise.all(cluster.peers.slice(0, stay).map(heldBy));
  const [residents, handles] = [held.map(({ residentKiB }) => residentKiB), held.map((each) => each.handles)];
  say(
    `minute ${minute} of ${minutes}, ${changes} changes: ${inMiB(Math.max(...residents))} MiB and ` +
      `${Math.max(...handles)} handles at most`,
  );
  return { minute, changes, held };
}

async function heldBy(peer: DockerPeer): Promise<Held> {
  const read = ["exec", peer.container ?? "", "sh", "-c", READ];
  const { stdout } = await promisify(execFile)("docker", read, { timeout: READ_WITHIN_MS });
  const [residentKiB, handles] = [...stdout.matchAll(/\d+/g)].map(Number);
  if (residentKiB === undefined || handles === undefined) throw new Error(`peer ${peer.number} runs no node`);
  return { peer: peer.number, residentKiB, handles };
}

/** Whether the last quarter holds a fifth more than the second, at the median: the first quarter is warming up. */
function hasGrown(): boolean {
  const quarter = Math.floor(samples.length / 4);
  const [second, last] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  return (["residentKiB", "handles"] as const).some((what) => median(last, what) > 1.2 * median(second, what));
}

function median(some: readonly Sample[], what: "residentKiB" | "handles"): number {
  const values = some.flatMap(({ held }) => held.map((each) => each[what]));
  return quantile(values, 0.5);
}

function inMiB(kib: number): string {
  return (kib / 1024).toFixed(1);
}

function table(): string {
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const rows = samples
    .filter(({ minute }) => minute % tenth === 0)
    .map((each) => {
      const values = [inMiB(median([each], "residentKiB")), median([each], "handles")].map((v) =>
        String(v).padStart(10),
      );
      return `${String(each.minute).padStart(6)}${String(each.changes).padStart(9)}${values.join("")}`;
    });
  return [
    `${peers} containers, of which ${stay} stayed; medians of these`,
    "minute  changes       MiB   handles",
    ...rows,
    `all listed all ${settledMs} ms after the last change`,
  ].join("\n");
}
