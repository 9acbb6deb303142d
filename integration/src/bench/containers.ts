#!/usr/bin/env node
// Measures how fast peers in containers learn what happens to others: `npm run bench:containers -- --peers 50`.
import { setTimeout as elapse } from "node:timers/promises";
import { Command } from "commander";
import { quantile } from "gossip-peer/simulator";
import type { Cluster, PeerHandle } from "../cluster/cluster.js";
import { DockerCluster } from "../cluster/docker/docker-cluster.js";
import { engine } from "../cluster/docker/engine.js";
import { removeCluster } from "../cluster/docker/sweep.js";
import { whole } from "../lib/number-option.js";
import { until } from "../cluster/until.js";
import { lists, running } from "../view/views.js";
import { Watch, type Sighting } from "./watch.js";

interface Options {
  readonly peers: number;
  readonly rounds: number;
  readonly quiet: number;
  readonly json?: boolean;
}

/** What became of one change, in ms from the moment on at which it was asked for. */
interface Course {
  /** The command for it had returned. */
  readonly doneMs: number;
  /** The first of the others had any notion of it, a suspicion at least. */
  readonly firstKnewMs: number;
  readonly allKnewMs: number;
}

interface Row {
  readonly what: string;
  readonly courses: readonly Course[];
}

const EXIT_INTERRUPTED = 1;

const program = new Command("bench:containers")
  .option("--peers <n>", "containers", whole(2, 500), 50)
  .option("--rounds <n>", "how often each change is made", whole(1, 1000), 10)
  .option("--quiet <seconds>", "how long nothing may happen at the end", whole(0, 3600), 30)
  .option("--json", "the figures as JSON");
const { peers, rounds, quiet, json = false } = program.parse().opts<Options>();

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};
const begun = performance.now();
say(`starting ${peers} containers …`);
const starting = DockerCluster.start({ peers, pingPeriodMs: 1000 });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => void interrupted());
await using cluster = await starting;
const startedMs = performance.now();
const agreedMs = await until(cluster, "all list all", 120_000, (views) =>
  running(views).every((viewer) => running(views).every(({ address = "" }) => lists(viewer, address))),
);
say(`started in ${seconds(startedMs - begun)}; all listed all ${agreedMs} ms after the last start`);

using watch = new Watch();
await Promise.all(cluster.peers.map((peer) => watch.follow(peer)));
const rows: Row[] = [];
rows.push(await measure("metadata", update));
rows.push(await measure("docker kill", kill));
rows.push(await measure("docker stop", leave));
rows.push(await measure("join", join));
const before = watch.sightings.length;
say(`quiet for ${quiet} s …`);
await elapse(quiet * 1000);
const unrest = watch.sightings.slice(before).map(({ kind, viewer, subject }) => `${viewer}: ${kind} ${subject}`);
const figures = { peers, startMs: Math.round(startedMs - begun), agreedMs, rows, unrest };
process.stdout.write(json ? `${JSON.stringify(figures, undefined, 2)}\n` : `${table()}\n`);

/** Once all have started, since a cluster that is still starting is nobody's to end. */
async function interrupted(): Promise<void> {
  say("interrupted: ending the containers …");
  process.on("uncaughtException", () => undefined); // what is being measured fails with them
  await starting.then(async ({ name }) => removeCluster(await engine(), name)).catch(() => undefined);
  process.exit(EXIT_INTERRUPTED);
}

async function measure(what: string, once: (cluster: Cluster, round: number) => Promise<Course>): Promise<Row> {
  const courses: Course[] = [];
  for (let round = 0; round < rounds; round++) {
    const course = await once(cluster, round);
    courses.push(course);
    const [done, first, all] = [course.doneMs, course.firstKnewMs, course.allKnewMs].map(Math.round);
    say(`${what} ${round + 1} of ${rounds}: done after ${done} ms, one knew after ${first} ms, all after ${all} ms`);
    await elapse(1000); // each from rest
  }
  return { what, courses };
}

async function update(all: Cluster, round: number): Promise<Course> {
  const peer = chosen(all, round);
  const name = `round ${round}`;
  const sinceMs = performance.now();
  await peer.remote.updateMeta({ name });
  return courseOf(all, peer, sinceMs, (sighting) => sighting.name === name);
}

async function kill(all: Cluster, round: number): Promise<Course> {
  const peer = chosen(all, round);
  const sinceMs = performance.now();
  await peer.kill();
  return backAgain(peer, await courseOf(all, peer, sinceMs, ({ kind }) => kind === "failed"));
}

async function leave(all: Cluster, round: number): Promise<Course> {
  const peer = chosen(all, round);
  const sinceMs = performance.now();
  await peer.stop();
  return backAgain(peer, await courseOf(all, peer, sinceMs, ({ kind }) => kind === "left"));
}

/** Known by all from the moment on at which the first lists it: before that the process has to start. */
async function join(all: Cluster): Promise<Course> {
  const sinceMs = performance.now();
  const peer = await all.add();
  const course = await courseOf(all, peer, sinceMs, ({ kind }) => kind === "joined");
  await watch.follow(peer);
  return { ...course, allKnewMs: course.allKnewMs - course.firstKnewMs };
}

async function backAgain(peer: PeerHandle, course: Course): Promise<Course> {
  await peer.start();
  await until(cluster, "it is back", 60_000, (views) =>
    running(views).every(
      (viewer) => lists(viewer, peer.address) && running(views).every(({ address = "" }) => lists(viewer, address)),
    ),
  );
  await watch.follow(peer);
  return course;
}

/** To be called when the command for the change has returned; resolves when the last of the others has said that it knows. */
async function courseOf(
  all: Cluster,
  peer: PeerHandle,
  sinceMs: number,
  isIt: (sighting: Sighting) => boolean,
): Promise<Course> {
  const doneMs = performance.now() - sinceMs;
  const viewers = others(all, peer);
  while (performance.now() < sinceMs + 60_000) {
    const delays = watch.delays(viewers, sinceMs, isAbout(peer, isIt));
    if (!delays.includes(undefined)) {
      const notions = watch.delays(
        viewers,
        sinceMs,
        isAbout(peer, (sighting) => isIt(sighting) || sighting.kind === "suspected"),
      );
      const known = (some: readonly (number | undefined)[]): number[] => some.flatMap((delay) => delay ?? []);
      return { doneMs, firstKnewMs: Math.min(...known(notions)), allKnewMs: Math.max(...known(delays)) };
    }
    await elapse(20);
  }
  throw new Error(
    `peer ${peer.number}: not known by all within a minute; ${await ignorant(viewers, peer, sinceMs, isIt)}`,
  );
}

/** Who has not said so, what each of them said instead, and how it holds the peer now. */
async function ignorant(
  viewers: readonly number[],
  peer: PeerHandle,
  sinceMs: number,
  isIt: (sighting: Sighting) => boolean,
): Promise<string> {
  const delays = watch.delays(viewers, sinceMs, isAbout(peer, isIt));
  const views = await cluster.views();
  const missing = viewers.filter((_, at) => delays[at] === undefined);
  return missing
    .map((viewer) => {
      const said = watch.sightings.filter((each) => each.viewer === viewer && each.atMs >= sinceMs);
      const kinds = said.map(({ kind, subject }) => `${kind} ${subject}`).join(", ") || "nothing";
      const held = views.find(({ number }) => number === viewer)?.members?.get(peer.address)?.status ?? "unknown";
      return `peer ${viewer} said ${kinds}, and holds it as ${held}`;
    })
    .join("; ");
}

function isAbout(peer: PeerHandle, isIt: (sighting: Sighting) => boolean): (sighting: Sighting) => boolean {
  return (sighting) => sighting.subject === peer.address && isIt(sighting);
}

function others(all: Cluster, peer: PeerHandle): number[] {
  return all.peers
    .filter(({ state, number }) => state === "running" && number !== peer.number)
    .map(({ number }) => number);
}

/** Another one each time, and never the seed. */
function chosen({ peers: all }: Cluster, round: number): PeerHandle {
  const peer = all[1 + ((7 * round) % (all.length - 1))];
  if (peer === undefined) throw new Error("there is no such peer");
  return peer;
}

function table(): string {
  const rank = (values: readonly number[], share: number): string =>
    `${Math.round(quantile(values, share))}`.padStart(9);
  const lines = rows.map(({ what, courses }) => {
    const all = courses.map(({ allKnewMs }) => allKnewMs);
    const medians = [courses.map(({ doneMs }) => doneMs), courses.map(({ firstKnewMs }) => firstKnewMs), all];
    const ranks = [...medians.map((values) => rank(values, 0.5)), rank(all, 0.95), rank(all, 1)];
    return `${what.padEnd(14)}${String(courses.length).padStart(4)}${ranks.join("")}`;
  });
  return [
    `${peers} containers started in ${seconds(startedMs - begun)}; all listed all ${agreedMs} ms after the last start`,
    "ms, from the command on        p50      p50      p50      p95      max",
    "                 n            done    first      all      all      all",
    ...lines,
    `changes in ${quiet} quiet seconds: ${unrest.length === 0 ? "none" : unrest.join("; ")}`,
  ].join("\n");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
