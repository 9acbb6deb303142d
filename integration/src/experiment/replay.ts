import type { PeerState } from "../view/views.js";
import type { Belief, RunRecord } from "./run-record.js";

/** Whether a peer with this belief about another lists it as a member. */
export function isListed(belief: Belief | undefined): boolean {
  return belief === "alive" || belief === "suspect";
}

/** The beliefs and states of all peers at any moment of a run. Time only goes forward. */
export class Replay {
  readonly #record: RunRecord;
  readonly #states = new Map<number, PeerState>();
  readonly #beliefs = new Map<number, Map<number, Belief>>();
  /** The list of each running peer as text; an entry is deleted when it may have changed. */
  readonly #lists = new Map<number, string>();
  #change = 0;
  #life = 0;

  constructor(record: RunRecord) {
    this.#record = record;
  }

  /** The times at which a state or a belief changed, in whole ms, ascending. */
  get moments(): number[] {
    const { lives, beliefs, fromMs } = this.#record;
    const all = [fromMs, ...lives.map(({ atMs }) => atMs), ...beliefs.map(({ atMs }) => atMs)].map(Math.ceil);
    return [...new Set(all)].sort((a, b) => a - b);
  }

  /** Goes forward to this moment: everything up to and including it has happened then. */
  goTo(atMs: number): void {
    const { lives, beliefs } = this.#record;
    for (let life = lives[this.#life]; life !== undefined && life.atMs <= atMs; life = lives[++this.#life]) {
      this.#states.set(life.peer, life.state);
      this.#lists.delete(life.peer);
    }
    for (let next = beliefs[this.#change]; next !== undefined && next.atMs <= atMs; next = beliefs[++this.#change]) {
      const held = this.#beliefs.get(next.viewer) ?? new Map<number, Belief>();
      this.#beliefs.set(next.viewer, held.set(next.subject, next.belief));
      this.#lists.delete(next.viewer);
    }
  }

  /** The state of a peer; down before the record first mentions it. */
  stateOf(peer: number): PeerState {
    return this.#states.get(peer) ?? "down";
  }

  /** What a peer believes about another. A peer believes itself alive as long as it is not down. */
  beliefOf(viewer: number, subject: number): Belief {
    if (viewer === subject) return this.stateOf(viewer) === "down" ? "unknown" : "alive";
    return this.#beliefs.get(viewer)?.get(subject) ?? "unknown";
  }

  lists(viewer: number, subject: number): boolean {
    return isListed(this.beliefOf(viewer, subject));
  }

  running(): number[] {
    return this.#record.peers.map(({ number }) => number).filter((peer) => this.stateOf(peer) === "running");
  }

  /** How many different lists the running peers hold. */
  distinctLists(): number {
    return new Set(this.running().map((viewer) => this.#list(viewer))).size;
  }

  #list(viewer: number): string {
    const known = this.#lists.get(viewer);
    if (known !== undefined) return known;
    const { peers } = this.#record;
    const list = peers.map(({ number }) => (this.lists(viewer, number) ? "1" : "0")).join("");
    this.#lists.set(viewer, list);
    return list;
  }
}
