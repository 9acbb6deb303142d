#!/usr/bin/env node
// Measures how fast peers in containers learn what happens to others: `npm run bench:containers -- --peers 50`.
import { setTimeout as elapse } from "node:timers/promises";
import { Command } from "commander";
import { quantile } from "gossip-peer/simulator";
import type { Cluster, PeerHandle } from "../cluster/cluster.js";
import { DockerCluster } from "../cluster/docker/docker-cluster.js";
import { whole } from "../lib/number-option.js";
import { until } from "../cluster/until.js";
import { lists, running } from "../view/views.js";
import { chosen } from "./chosen.js";
import { say, seconds } from "./output.js";
import { removeOnInterruption } from "./remove-on-interruption.js";
import { usageOf, type Usage } from "./usage.js";
import { ListWatch, type ListChange } from "./list-watch.js";

interface Options {
  readonly peers: number;
  readonly rounds: number;
  readonly quiet: number;
  readonly tls?: boolean;
  readonly json?: boolean;
}

/** How the others learnt of one change, in ms since the command for it was given. */
interface Propagation {
  /** When the command returned. */
  readonly doneMs: number;
  /** When the first of the others had any notion of the change, a suspicion at least. */
  readonly firstKnewMs: number;
  readonly allKnewMs: number;
}

/** All the changes of one kind. */
interface Measurement {
  readonly what: string;
  readonly propagations: readonly Propagation[];
}

const PERIOD_MS = 1000;

const program = new Command("bench:containers")
  .option("--peers <n>", "containers", whole(2, 500), 50)
  .option("--rounds <n>", "how often each change is made", whole(1, 1000), 10)
  .option("--quiet <seconds>", "how long nothing may happen at the end", whole(0, 3600), 30)
  .option("--tls", "peers have certificates, and speak over TLS")
  .option("--json", "the figures as JSON");
const { peers, rounds, quiet, tls = false, json = false } = program.parse().opts<Options>();

const begun = performance.now();
say(`starting ${peers} containers …`);
const starting = DockerCluster.start({ peers, pingPeriodMs: PERIOD_MS, tls });
removeOnInterruption(starting);
await using cluster = await starting;
const startedMs = performance.now();
const agreedMs = await until(cluster, "all list all", 120_000, (views) =>
  running(views).every((viewer) => running(views).every(({ address = "" }) => lists(viewer, address))),
);
say(`started in ${seconds(startedMs - begun)}; all listed all ${agreedMs} ms after the last start`);

const usedAtStart = await usage();

using watch = new ListWatch();
await Promise.all(cluster.peers.map((peer) => watch.follow(peer)));
const measurements: Measurement[] = [];
measurements.push(await measure("metadata", update));
measurements.push(await measure("docker kill", kill));
measurements.push(await measure("docker stop", leave));
measurements.push(await measure("join", join));
const before = watch.changes.length;
say(`quiet for ${quiet} s …`);
const usedBefore = await usage();
const quietFrom = performance.now();
await elapse(quiet * 1000);
const usedAfter = await usage();
const shares = (running(await cluster.views()).length * (performance.now() - quietFrom)) / PERIOD_MS;
const atRest = {
  cpuMs: (usedAfter.cpuMs - usedBefore.cpuMs) / shares,
  sentBytes: (usedAfter.sentBytes - usedBefore.sentBytes) / shares,
};
const unrest = watch.changes.slice(before).map(({ kind, viewer, subject }) => `${viewer}: ${kind} ${subject}`);
const startMs = Math.round(startedMs - begun);
const { cpuMs } = usedAtStart;
const figures = { peers, tls, startMs, agreedMs, startCpuMs: cpuMs, rows: measurements.map(figuresOf), unrest, atRest };
process.stdout.write(json ? `${JSON.stringify(figures, undefined, 2)}\n` : `${table()}\n`);

/** What the containers that run have used since they started. */
function usage(): Promise<Usage> {
  return usageOf(cluster.peers.flatMap(({ container }) => container ?? []));
}

async function measure(
  what: string,
  once: (cluster: Cluster, round: number) => Promise<Propagation>,
): Promise<Measurement> {
  const propagations: Propagation[] = [];
  for (let round = 0; round < rounds; round++) {
    const propagation = await once(cluster, round);
    propagations.push(propagation);
    const { doneMs, firstKnewMs, allKnewMs } = propagation;
    const [done, first, all] = [doneMs, firstKnewMs, allKnewMs].map(Math.round);
    say(`${what} ${round + 1} of ${rounds}: done after ${done} ms, one knew after ${first} ms, all after ${all} ms`);
    await elapse(1000); // so that the next change meets a cluster at rest
  }
  return { what, propagations };
}

async function update(all: Cluster, round: number): Promise<Propagation> {
  const peer = chosen(all.peers, round);
  const name = `round ${round}`;
  const sinceMs = performance.now();
  await peer.remote.updateMeta({ name });
  return propagationOf(all, peer, sinceMs, (change) => change.name === name);
}

async function kill(all: Cluster, round: number): Promise<Propagation> {
  const peer = chosen(all.peers, round);
  const sinceMs = performance.now();
  await peer.kill();
  return backAgain(peer, await propagationOf(all, peer, sinceMs, ({ kind }) => kind === "failed"));
}

async function leave(all: Cluster, round: number): Promise<Propagation> {
  const peer = chosen(all.peers, round);
  const sinceMs = performance.now();
  await peer.stop();
  return backAgain(peer, await propagationOf(all, peer, sinceMs, ({ kind }) => kind === "left"));
}

/**
 * `allKnewMs` counts from the moment at which the first peer lists the newcomer: before that the process has to start.
 */
async function join(all: Cluster): Promise<Propagation> {
  const sinceMs = performance.now();
  const peer = await all.add();
  const propagation = await propagationOf(all, peer, sinceMs, ({ kind }) => kind === "joined");
  await watch.follow(peer);
  return { ...propagation, allKnewMs: propagation.allKnewMs - propagation.firstKnewMs };
}

/** Starts the peer again and waits until all list all, so that the next change meets a whole cluster. */
async function backAgain(peer: PeerHandle, propagation: Propagation): Promise<Propagation> {
  await peer.start();
  await until(cluster, "it is back", 60_000, (views) =>
    running(views).every(
      (viewer) => lists(viewer, peer.address) && running(views).every(({ address = "" }) => lists(viewer, address)),
    ),
  );
  await watch.follow(peer);
  return propagation;
}

/**
 * Waits until the last of the others has told the change that `isIt` recognises. To be called when the command for the
 * change has returned. Rejects after a minute, and says who did not tell the change.
 */
async function propagationOf(
  all: Cluster,
  peer: PeerHandle,
  sinceMs: number,
  isIt: (change: ListChange) => boolean,
): Promise<Propagation> {
  const doneMs = performance.now() - sinceMs;
  const viewers = others(all, peer);
  while (performance.now() < sinceMs + 60_000) {
    const delays = watch.delays(viewers, sinceMs, isAbout(peer, isIt));
    if (!delays.includes(undefined)) {
      const notions = watch.delays(
        viewers,
        sinceMs,
        isAbout(peer, (change) => isIt(change) || change.kind === "suspected"),
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

/** The peers that have not told the change, what each told instead, and which status it gives the peer now. */
async function ignorant(
  viewers: readonly number[],
  peer: PeerHandle,
  sinceMs: number,
  isIt: (change: ListChange) => boolean,
): Promise<string> {
  const delays = watch.delays(viewers, sinceMs, isAbout(peer, isIt));
  const views = await cluster.views();
  const missing = viewers.filter((_, at) => delays[at] === undefined);
  return missing
    .map((viewer) => {
      const said = watch.changes.filter((each) => each.viewer === viewer && each.atMs >= sinceMs);
      const kinds = said.map(({ kind, subject }) => `${kind} ${subject}`).join(", ") || "nothing";
      const held = views.find(({ number }) => number === viewer)?.members?.get(peer.address)?.status ?? "unknown";
      return `peer ${viewer} said ${kinds}, and holds it as ${held}`;
    })
    .join("; ");
}

/** A function that recognises a change as `isIt` does, if it is about this peer. */
function isAbout(peer: PeerHandle, isIt: (change: ListChange) => boolean): (change: ListChange) => boolean {
  return (change) => change.subject === peer.address && isIt(change);
}

function others(all: Cluster, peer: PeerHandle): number[] {
  return all.peers
    .filter(({ state, number }) => state === "running" && number !== peer.number)
    .map(({ number }) => number);
}

/** The measurement as `--json` prints it. */
function figuresOf({ what, propagations }: Measurement): object {
  return { what, courses: propagations };
}

function table(): string {
  const rank = (values: readonly number[], share: number): string =>
    `${Math.round(quantile(values, share))}`.padStart(9);
  const lines = measurements.map(({ what, propagations }) => {
    const all = propagations.map(({ allKnewMs }) => allKnewMs);
    const medians = [propagations.map(({ doneMs }) => doneMs), propagations.map(({ firstKnewMs }) => firstKnewMs), all];
    const ranks = [...medians.map((values) => rank(values, 0.5)), rank(all, 0.95), rank(all, 1)];
    return `${what.padEnd(14)}${String(propagations.length).padStart(4)}${ranks.join("")}`;
  });
  return [
    `${peers} containers started in ${seconds(startedMs - begun)}; all listed all ${agreedMs} ms after the last start`,
    "ms, from the command on        p50      p50      p50      p95      max",
    "                 n            done    first      all      all      all",
    ...lines,
    `changes in ${quiet} quiet seconds: ${unrest.length === 0 ? "none" : unrest.join("; ")}`,
    `processor time of all until all listed all: ${seconds(usedAtStart.cpuMs)}`,
    `at rest, each peer in a period: ${atRest.cpuMs.toFixed(2)} ms of processor time, ${Math.round(atRest.sentBytes)} bytes sent`,
  ].join("\n");
}
