import { setTimeout as elapse } from "node:timers/promises";
import type { RecordCounts } from "gossip-peer";
import { waysBetween } from "../fault/ways.js";
import { inParallel } from "../lib/parallel.js";
import type { ContenderCluster, BenchPeer } from "./contender-cluster.js";
import type { RowName } from "./contender.js";
import { chosen } from "./chosen.js";
import { copiesBetween, sumOf } from "./copies.js";
import { figuresOf, mostStarved, STARVED, type FigureName, type StarvingRow } from "./figures.js";
import type { LoggedChange } from "./log-watch.js";
import { STARVING } from "./starving.js";
import { holdingOf, usageOf, type Holding } from "./usage.js";

/** How long all may take to agree after a change. Erlang gives up a silent node after 75 s, Serf calls a lost one every 30. */
const WITHIN_MS = 180_000;
/** How often metadata change, and a peer leaves or is killed, in one turn. */
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
const LOSS = 0.2;

/** Where what was measured goes: a value, or why there is none. */
export interface Notebook {
  value(figure: FigureName, value: number): void;
  lack(figure: FigureName, reason: string): void;
}

/** What one cluster of a contender goes through, from its start on. */
export class Turn {
  readonly #cluster: ContenderCluster;
  readonly #seconds: number;
  readonly #notebook: Notebook;
  readonly #signal: AbortSignal;
  #changed = 0;
  readonly #measure: Readonly<Record<RowName, () => Promise<void>>> = {
    start: () => this.#start(),
    rest: () => this.#rest(),
    metadata: () => this.#metadata(),
    leave: () => this.#repeatedly(TIMES, () => this.#end("left", (peer) => this.#cluster.stop(peer))),
    kill: () => this.#repeatedly(TIMES, () => this.#end("killed", (peer) => this.#cluster.kill(peer))),
    pause: () => this.#repeatedly(Math.min(TRAIN, this.#cluster.peers.length - 1), () => this.#pause()),
    partition: () => this.#part(),
    throttled: () => this.#starve("throttled"),
    frozen: () => this.#starve("frozen"),
    loss: () => this.#lose(),
  };

  /** `seconds` is how long the cluster is looked at where nothing is waited for. */
  constructor(cluster: ContenderCluster, seconds: number, notebook: Notebook, signal: AbortSignal) {
    this.#cluster = cluster;
    this.#seconds = seconds;
    this.#notebook = notebook;
    this.#signal = signal;
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
    if (row !== "start") await this.#agreed();
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
    const agreedMs = await this.#agreed();
    this.#notebook.value("started", agreedMs - begunMs);
    this.#notebook.value("joined", Math.max(0, agreedMs - startedMs));
  }

  async #rest(): Promise<void> {
    const { running } = this.#cluster;
    await this.#wait(CONNECTING_MS * running.length);
    const containers = running.map(({ container }) => container.id);
    const [fromMs, before] = [performance.now(), await usageOf(containers)];
    await this.#wait(this.#seconds * 1000);
    const after = await usageOf(containers);
    const shares = (running.length * (performance.now() - fromMs)) / 1000;
    this.#notebook.value("cpu", (after.cpuMs - before.cpuMs) / shares);
    for (const name of ["sentBytes", "receivedBytes", "sentPackets", "receivedPackets"] as const)
      this.#notebook.value(name, (after[name] - before[name]) / shares);
    const held = await Promise.all(running.map(holdingOf));
    const mean = (of: keyof Holding): number => held.reduce((sum, each) => sum + each[of], 0) / held.length;
    this.#notebook.value("resident", mean("residentBytes"));
    this.#notebook.value("own", mean("ownBytes"));
    this.#notebook.value("connections", mean("connections"));
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
    const knows = (viewer: BenchPeer): boolean =>
      log.changes.some(
        ({ atMs, kind, ...change }) =>
          kind === "changed" && atMs >= sinceMs && change.viewer === viewer.number && change.subject === peer.number,
      );
    const atMs = await log.until(
      () => running.every((viewer) => viewer === peer || knows(viewer)),
      WITHIN_MS,
      this.#signal,
    );
    if (atMs === undefined) throw new Error(`not known by all within ${WITHIN_MS / 1000} s`);
    this.#notebook.value("metadata", atMs - sinceMs);
  }

  /** Has a peer end, and brings it back once all know. */
  async #end(figure: FigureName, end: (peer: BenchPeer) => Promise<void>): Promise<void> {
    const peer = this.#next();
    const sinceMs = Date.now();
    await end(peer);
    this.#notebook.value(figure, (await this.#agreed()) - sinceMs);
    await this.#cluster.start(peer);
    await this.#agreed();
  }

  async #pause(): Promise<void> {
    const peer = this.#next();
    const pausedMs = Date.now();
    await this.#cluster.pause(peer);
    this.#notebook.value("paused", (await this.#agreed()) - pausedMs);
    const resumedMs = Date.now();
    await this.#cluster.resume(peer);
    this.#notebook.value("resumed", Math.max(0, (await this.#agreed()) - resumedMs));
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
      this.#notebook.value("parted", (await this.#agreed(sideOf)) - partedMs);
    } finally {
      const healedMs = Date.now();
      await firewall.heal();
      this.#notebook.value("healed", (await this.#agreed()) - healedMs);
    }
  }

  async #starve(row: StarvingRow): Promise<void> {
    const { peers } = this.#cluster;
    for (const count of STARVED.filter((each) => each <= mostStarved(peers.length))) {
      await this.#agreed();
      const starved = peers.slice(-count);
      const healthy = peers.filter((peer) => !starved.includes(peer)).map(({ number }) => number);
      await STARVING[row](
        this.#cluster,
        starved,
        async () => {
          const removals = await this.#look(starved, `${row}${count}Killed`);
          const wrong = removals.filter(({ subject }) => healthy.includes(subject));
          this.#notebook.value(`${row}${count}Wrong`, wrong.length);
          this.#notebook.value(
            `${row}${count}ByHealthy`,
            wrong.filter(({ viewer }) => healthy.includes(viewer)).length,
          );
          this.#notebook.value(`${row}${count}Starved`, removals.length - wrong.length);
        },
        this.#signal,
      );
      await this.#cluster.start(...this.#cluster.down);
    }
  }

  async #lose(): Promise<void> {
    const { firewall } = this.#cluster;
    try {
      await firewall.apply({ kind: "loss", share: LOSS });
      this.#notebook.value("lossyRemoved", (await this.#look([], "lossyKilled")).length);
    } finally {
      await firewall.heal();
    }
    await this.#cluster.start(...this.#cluster.down);
  }

  /**
   * Looks at the cluster for as long as was asked for. In the middle of that a peer that is not starved is killed, and the
   * time until all others know that are not starved goes to `figure`; the peer stays down. Resolves to the removals of
   * members that ran: one for each list that a member was taken off.
   */
  async #look(starved: readonly BenchPeer[], figure: FigureName): Promise<LoggedChange[]> {
    const { log, peers } = this.#cluster;
    const half = (): Promise<void> => this.#wait(this.#seconds * 500);
    const sinceMs = Date.now();
    await half();
    const healthy = peers.filter((peer) => !starved.includes(peer));
    const killed = chosen(healthy, this.#changed++);
    const killedMs = Date.now();
    await this.#cluster.kill(killed);
    const viewers = healthy.filter((peer) => peer !== killed);
    const isKnown = (): boolean => viewers.every(({ number }) => !log.listOf(number).has(killed.number));
    const [knownMs] = await Promise.all([log.until(isKnown, WITHIN_MS, this.#signal), half()]);
    if (knownMs === undefined) this.#notebook.lack(figure, `not known by all within ${WITHIN_MS / 1000} s`);
    else this.#notebook.value(figure, knownMs - killedMs);
    return log.changes.filter(
      ({ atMs, kind, subject }) =>
        kind === "gone" && atMs >= sinceMs && !(subject === killed.number && atMs >= killedMs),
    );
  }

  async #repeatedly(times: number, once: () => Promise<void>): Promise<void> {
    for (let time = 0; time < times; time++) {
      await this.#wait(REST_MS);
      await once();
    }
  }

  /** As `ContenderCluster.agreed`; rejects where not all agree in time. */
  async #agreed(...sideOf: [] | [(peer: BenchPeer) => readonly BenchPeer[]]): Promise<number> {
    const atMs = await this.#cluster.agreed(WITHIN_MS, ...sideOf);
    if (atMs !== undefined) return atMs;
    throw new Error(`not agreed within ${WITHIN_MS / 1000} s: ${await this.#cluster.disagreement()}`);
  }

  /** The peer that is changed next: another one each time, and never the seed. */
  #next(): BenchPeer {
    return chosen(this.#cluster.peers, this.#changed++);
  }

  #wait(ms: number): Promise<void> {
    return elapse(ms, undefined, { signal: this.#signal });
  }
}
