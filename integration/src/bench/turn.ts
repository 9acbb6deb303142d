import { setTimeout as elapse } from "node:timers/promises";
import type { RecordCounts } from "gossip-peer";
import { waysBetween } from "../fault/ways.js";
import { inParallel } from "../lib/parallel.js";
import { KNOWN_WITHIN_MS, type BenchPeer, type ContenderCluster } from "./contender-cluster.js";
import type { RowName } from "./contender.js";
import { chosen } from "./chosen.js";
import { copiesBetween, sumOf } from "./copies.js";
import { figuresOf, type FigureName } from "./figures.js";
import { Stress } from "./stress.js";
import type { Notebook } from "./notebook.js";
import { meanHolding, usageOf } from "./usage.js";

/** How often metadata change, and a peer leaves, is killed or comes back, in one turn. */
const TIMES = 3;
/** How many peers are paused, one after the other. */
const TRAIN = 5;
/** The wait before a change, so that it meets a cluster at rest, and before what was received is asked for. */
const REST_MS = 1000;
/**
 * So long for each peer is waited before rest is measured. Each second one of ours speaks to another, and may have to
 * connect; among fifty 95 of 98 connections are made after 200 s (measured).
 */
const CONNECTING_MS = 5000;
/** How many peers are asked at a time what they have received. */
const ASKED_AT_ONCE = 8;

/** What one cluster of a contender goes through, from its start on. */
export class Turn {
  readonly #cluster: ContenderCluster;
  readonly #seconds: number;
  readonly #notebook: Notebook;
  readonly #signal: AbortSignal;
  readonly #stress: Stress;
  #changed = 0;
  readonly #measure: Readonly<Record<RowName, () => Promise<void>>> = {
    start: () => this.#start(),
    rest: () => this.#rest(),
    metadata: () => this.#metadata(),
    leave: () => this.#repeatedly(TIMES, () => this.#end("left", (peer) => this.#cluster.stop(peer))),
    kill: () => this.#repeatedly(TIMES, () => this.#end("killed", (peer) => this.#cluster.kill(peer))),
    join: () => this.#repeatedly(TIMES, () => this.#join()),
    pause: () => this.#repeatedly(Math.min(TRAIN, this.#cluster.peers.length - 1), () => this.#pause()),
    partition: () => this.#part(),
    throttled: () => this.#stress.starve("throttled"),
    frozen: () => this.#stress.starve("frozen"),
    loss: () => this.#stress.lose(),
    churn: () => this.#stress.churn(),
  };

  /** `seconds` is how long the cluster is looked at where nothing is waited for. */
  constructor(cluster: ContenderCluster, seconds: number, notebook: Notebook, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#seconds = seconds;
    this.#notebook = notebook;
    this.#signal = signal;
    this.#stress = new Stress(cluster, seconds, notebook, signal);
  }

  /** Measures these rows. Where all do not agree any more, what is left says so. Rejects when the signal aborts. */
  async take(rows: readonly RowName[]): Promise<void> {
    const { cannot } = this.#cluster.contender;
    if (!rows.includes("start")) await this.#cluster.start(...this.#cluster.peers);
    for (const row of rows) {
      const reason = cannot[row] ?? (await this.#tried(() => this.#onceAgreed(row)));
      if (reason !== undefined)
        for (const figure of figuresOf(row, this.#cluster.peers.length)) this.#notebook.lack(figure, reason);
    }
  }

  /** Measures a row once all agree, which before the start nobody can. */
  async #onceAgreed(row: RowName): Promise<void> {
    if (row !== "start") await this.#cluster.agreed();
    await this.#measure[row]();
  }

  /** Measures something. Resolves to why it could not be measured, or not to its end. */
  async #tried(measure: () => Promise<void>): Promise<string | undefined> {
    try {
      await measure();
      return undefined;
    } catch (error) {
      this.#signal.throwIfAborted();
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #start(): Promise<void> {
    const begunMs = Date.now();
    await this.#cluster.start(...this.#cluster.peers);
    const startedMs = Date.now();
    const agreedMs = await this.#cluster.agreed();
    this.#notebook.value("started", agreedMs - begunMs);
    this.#notebook.value("joined", Math.max(0, agreedMs - startedMs));
    this.#notebook.value("startRemoved", this.#cluster.log.changesSince(begunMs, "gone").length);
  }

  async #rest(): Promise<void> {
    const { running } = this.#cluster;
    await this.#wait(CONNECTING_MS * running.length);
    const containers = running.map(({ container }) => container.id);
    const [fromMs, before] = [Date.now(), await usageOf(containers)];
    await this.#wait(this.#seconds * 1000);
    const after = await usageOf(containers);
    const shares = (running.length * (Date.now() - fromMs)) / 1000;
    this.#notebook.value("restChanges", this.#cluster.log.changesSince(fromMs).length);
    this.#notebook.value("cpu", (after.cpuMs - before.cpuMs) / shares);
    for (const name of ["sentBytes", "receivedBytes", "sentPackets", "receivedPackets"] as const)
      this.#notebook.value(name, (after[name] - before[name]) / shares);
    const held = await meanHolding(running);
    this.#notebook.value("resident", held.residentBytes);
    this.#notebook.value("own", held.ownBytes);
    this.#notebook.value("connections", held.connections);
  }

  /** Has metadata change, and counts the copies of the changed records from before the first change until after the last. */
  async #metadata(): Promise<void> {
    await this.#wait(REST_MS);
    const before = await this.#received();
    await this.#repeatedly(TIMES, () => this.#rename());
    await this.#wait(REST_MS);
    const after = before && (await this.#received());
    if (before === undefined || after === undefined) return;
    const copies = copiesBetween(before, after, TIMES, this.#cluster.running.length - 1);
    this.#notebook.value("copies", copies.all);
    this.#notebook.value("duplicates", copies.duplicates);
  }

  /** What all have received of the records of others. Undefined where that is not known; the notebook has the reason. */
  async #received(): Promise<RecordCounts | undefined> {
    const { contender, running } = this.#cluster;
    const counts: RecordCounts[] = [];
    const reason = await this.#tried(() =>
      inParallel(ASKED_AT_ONCE, running, async ({ ip }) => {
        if (contender.received === undefined) throw new Error("it does not count them");
        counts.push(await contender.received(ip, this.#signal));
      }),
    );
    if (reason === undefined) return sumOf(counts);
    for (const figure of ["copies", "duplicates"] as const)
      this.#notebook.lack(figure, `how many copies it receives is not known: ${reason}`);
    return undefined;
  }

  async #rename(): Promise<void> {
    const { log, running, contender } = this.#cluster;
    const peer = this.#next();
    const sinceMs = Date.now();
    await contender.rename?.(peer.port, `changed ${this.#changed}`);
    const knows = ({ number }: BenchPeer): boolean =>
      log.changesSince(sinceMs, "changed").some(({ viewer, subject }) => viewer === number && subject === peer.number);
    const atMs = await log.until(
      () => running.every((viewer) => viewer === peer || knows(viewer)),
      KNOWN_WITHIN_MS,
      this.#signal,
    );
    if (atMs === undefined) throw new Error(`not known by all within ${KNOWN_WITHIN_MS / 1000} s`);
    this.#notebook.value("metadata", atMs - sinceMs);
  }

  /** Has a peer end, and brings it back once all know. */
  async #end(figure: FigureName, end: (peer: BenchPeer) => Promise<void>): Promise<void> {
    const peer = this.#next();
    const sinceMs = Date.now();
    await end(peer);
    this.#notebook.value(figure, (await this.#cluster.agreed()) - sinceMs);
    await this.#cluster.start(peer);
    await this.#cluster.agreed();
  }

  /** Has a peer leave, and come back. */
  async #join(): Promise<void> {
    const peer = this.#next();
    await this.#cluster.stop(peer);
    await this.#cluster.agreed();
    const sinceMs = Date.now();
    await this.#cluster.start(peer);
    this.#notebook.value("back", (await this.#cluster.agreed()) - sinceMs);
  }

  async #pause(): Promise<void> {
    const peer = this.#next();
    const pausedMs = Date.now();
    await this.#cluster.pause(peer);
    this.#notebook.value("paused", (await this.#cluster.agreed()) - pausedMs);
    const resumedMs = Date.now();
    await this.#cluster.resume(peer);
    this.#notebook.value("resumed", Math.max(0, (await this.#cluster.agreed()) - resumedMs));
  }

  async #part(): Promise<void> {
    const { running, firewall } = this.#cluster;
    const half = Math.ceil(running.length / 2);
    const sides = [running.slice(0, half), running.slice(half)];
    const sideOf = (peer: BenchPeer): BenchPeer[] => sides.find((side) => side.includes(peer)) ?? [];
    const cuts = waysBetween(
      "cut",
      sides.map((side) => side.map(({ number }) => number)),
    );
    const partedMs = Date.now();
    await firewall.apply(...cuts);
    try {
      this.#notebook.value("parted", (await this.#cluster.agreed(sideOf)) - partedMs);
    } finally {
      const healedMs = Date.now();
      await firewall.heal();
      this.#notebook.value("healed", (await this.#cluster.agreed()) - healedMs);
    }
  }

  async #repeatedly(times: number, once: () => Promise<void>): Promise<void> {
    for (let time = 0; time < times; time++) {
      await this.#wait(REST_MS);
      await once();
    }
  }

  /** The peer that is changed next: another one each time, and never the seed. */
  #next(): BenchPeer {
    return chosen(this.#cluster.peers, this.#changed++);
  }

  #wait(ms: number): Promise<void> {
    return elapse(ms, undefined, { signal: this.#signal });
  }
}
