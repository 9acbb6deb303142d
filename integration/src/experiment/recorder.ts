import type { MemberEventKind } from "gossip-peer";
import type { Chosen, Occasion, ScenarioCluster, Sent } from "../scenario/cluster.js";
import type { PeerState, PeerView, Views } from "../view/views.js";
import type { FaultKind } from "../fault/fault.js";
import type { Belief, BeliefChange, Life, RecordedFault, RecordedStep, RunRecord } from "./run-record.js";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const BELIEFS: Readonly<Record<MemberEventKind, Belief>> = {
  joined: "alive",
  updated: "alive",
  recovered: "alive",
  suspected: "suspect",
  failed: "failed",
  left: "left",
};

/** Records what happens to a cluster and what its peers believe. Recording has no effect on the cluster. */
export class Recorder {
  readonly #cluster: ScenarioCluster;
  readonly #fromMs: number;
  readonly #lives: Life[] = [];
  readonly #changes: BeliefChange[] = [];
  readonly #faults: Mutable<RecordedFault>[] = [];
  /** The faults by the steps that applied them. A step has several when it is of different kinds. */
  readonly #faultsOf = new Map<Occasion, Mutable<RecordedFault>[]>();
  readonly #steps: Mutable<RecordedStep>[] = [];
  readonly #states = new Map<number, PeerState>();
  readonly #beliefs = new Map<number, Map<number, Belief>>();
  readonly #numbers = new Map<string, number>();
  /** Beliefs in the last views that differ from the events; each counts once the next views show the same. */
  readonly #doubts = new Map<string, { readonly belief: Belief; readonly atMs: number }>();
  readonly #seen = new Map<number, PeerView>();
  #heard = 0;
  #misbehavedMs: number | undefined;

  constructor(cluster: ScenarioCluster) {
    this.#cluster = cluster;
    this.#fromMs = Math.min(cluster.nowMs, cluster.history[0]?.atMs ?? Infinity);
    this.#noteStates(this.#fromMs);
    this.listen();
  }

  get nowMs(): number {
    return this.#cluster.nowMs;
  }

  /** Records the events of the peers since the last call, and the states. To be called after all that takes time. */
  listen(): void {
    const { history } = this.#cluster;
    for (const change of history.slice(this.#heard)) {
      const subject = this.#number(change.subject);
      if (subject === undefined || this.#states.get(change.viewer) === "down") continue;
      const { viewer, atMs, kind, wrong } = change;
      this.#change({ atMs, viewer, subject, belief: BELIEFS[kind], kind, wrong });
    }
    this.#heard = history.length;
    this.#noteStates(this.nowMs);
  }

  /**
   * Records beliefs of the views that differ from the events of the peers: a stream of events that broke leaves a gap.
   * A view may be older than an event that overtook it, so a difference counts only when two successive views agree on
   * it.
   */
  compare(views: Views): void {
    this.listen();
    for (const view of views) {
      if (view.members === undefined || (this.#seen.get(view.number) === view && this.#doubts.size === 0)) continue;
      this.#seen.set(view.number, view);
      for (const { number, address } of this.#cluster.peers) {
        if (number === view.number) continue; // a peer's belief about itself is not recorded
        this.#compareOne(view.number, number, view.members.get(address)?.status ?? "unknown");
      }
    }
  }

  /** Begins the record of a step, which is returned as it stands. */
  stepBegins(step: Omit<RecordedStep, "fromMs" | "toMs" | "failedMs" | "chosen">): RecordedStep {
    const begun = { ...step, chosen: [], fromMs: this.nowMs, toMs: undefined, failedMs: undefined };
    this.#steps.push(begun);
    return begun;
  }

  /** Words of a step, which `stepBegins` returned, stand for these peers. */
  stepChose(step: Mutable<RecordedStep>, chosen: readonly Chosen[]): void {
    step.chosen = chosen;
  }

  /** A step, which `stepBegins` returned, has succeeded. */
  stepEnds(step: Mutable<RecordedStep>): void {
    step.toMs = this.nowMs;
  }

  /** A step, which `stepBegins` returned, has failed. */
  stepFails(step: Mutable<RecordedStep>): void {
    step.failedMs = this.nowMs;
  }

  /** The step that began last. */
  get step(): RecordedStep | undefined {
    return this.#steps.at(-1);
  }

  /** A fault is in force. Several of one kind in one step are recorded as one. */
  faultDone(fault: Omit<RecordedFault, "fromMs" | "ends">, occasion: Occasion): void {
    const those = this.#faultsOf.get(occasion) ?? [];
    const same = those.find(({ kind }) => kind === fault.kind);
    if (same === undefined) {
      const done = { ...fault, fromMs: this.nowMs, ends: [] };
      this.#faults.push(done);
      this.#faultsOf.set(occasion, [...those, done]);
      return;
    }
    same.peers = [...new Set([...same.peers, ...fault.peers])];
    same.ways = [...same.ways, ...fault.ways];
    same.fromMs = this.nowMs;
  }

  /** A lasting fault of that step has ended now for these peers; for all peers when none are given. */
  faultOver(kind: FaultKind, peers: readonly number[] | undefined, occasion: Occasion): void {
    const atMs = this.nowMs;
    for (const fault of this.#faultsOf.get(occasion) ?? []) {
      if (!fault.lasts || fault.kind !== kind) continue;
      const had = fault.peers.filter((peer) => !fault.ends.some((end) => end.peer === peer));
      const freed = had.filter((peer) => peers?.includes(peer) ?? true);
      fault.ends = [...fault.ends, ...freed.map((peer) => ({ peer, atMs }))];
    }
  }

  /** A peer has been found to have ended by itself. */
  misbehaved(): void {
    this.#misbehavedMs ??= this.nowMs;
  }

  /** The record so far, with what the peers have sent. */
  record(sent: readonly Sent[]): RunRecord {
    const { timing, budgets, peers } = this.#cluster;
    return {
      timing,
      budgets,
      fromMs: this.#fromMs,
      toMs: this.nowMs,
      peers: peers.map(({ number, address }) => ({ number, address })),
      lives: [...this.#lives],
      beliefs: this.#changes.toSorted((a, b) => a.atMs - b.atMs),
      faults: this.#faults.map((each) => ({ ...each })).sort((a, b) => a.begunMs - b.begunMs),
      steps: this.#steps.map((each) => ({ ...each })),
      misbehavedMs: this.#misbehavedMs,
      sent,
    };
  }

  #noteStates(atMs: number): void {
    for (const { number, state } of this.#cluster.peers) {
      if (this.#states.get(number) === state) continue;
      this.#states.set(number, state);
      this.#lives.push({ atMs, peer: number, state });
      if (state === "down") this.#forget(number, atMs);
    }
  }

  /** A peer that goes down loses its view: all its beliefs become unknown. */
  #forget(viewer: number, atMs: number): void {
    for (const [subject, belief] of this.#beliefs.get(viewer) ?? []) {
      if (belief !== "unknown") this.#change({ atMs, viewer, subject, belief: "unknown", wrong: false });
    }
  }

  #compareOne(viewer: number, subject: number, seen: Belief): void {
    const pair = `${viewer} ${subject}`;
    const doubt = this.#doubts.get(pair);
    this.#doubts.delete(pair);
    if (seen === this.#belief(viewer, subject)) return;
    if (doubt?.belief === seen) this.#change({ atMs: doubt.atMs, viewer, subject, belief: seen, wrong: false });
    else this.#doubts.set(pair, { belief: seen, atMs: this.nowMs });
  }

  #change(change: BeliefChange): void {
    this.#doubts.delete(`${change.viewer} ${change.subject}`);
    const held = this.#beliefs.get(change.viewer) ?? new Map<number, Belief>();
    this.#beliefs.set(change.viewer, held);
    // An update of a suspect leaves it suspect; a later event tells when the suspicion has ended.
    const belief = change.kind === "updated" ? (held.get(change.subject) ?? change.belief) : change.belief;
    held.set(change.subject, belief);
    this.#changes.push({ ...change, belief });
  }

  #belief(viewer: number, subject: number): Belief {
    return this.#beliefs.get(viewer)?.get(subject) ?? "unknown";
  }

  #number(address: string): number | undefined {
    if (!this.#numbers.has(address)) {
      for (const peer of this.#cluster.peers) this.#numbers.set(peer.address, peer.number);
    }
    return this.#numbers.get(address);
  }
}
