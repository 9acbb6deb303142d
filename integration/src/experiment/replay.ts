import type { PeerState } from "../view/views.js";
import type { Belief, RunRecord } from "./run-record.js";

export function isListed(belief: Belief | undefined): boolean {
  return belief === "alive" || belief === "suspect";
}

/** The beliefs of all peers at each moment of a run. Time goes forward only. */
export class Replay {
  readonly #record: RunRecord;
  readonly #states = new Map<number, PeerState>();
  readonly #beliefs = new Map<number, Map<number, Belief>>();
  /** The list of each that runs, as text; made anew after a change only. */
  readonly #lists = new Map<number, string>();
  #change = 0;
  #life = 0;

  constructor(record: RunRecord) {
    this.#record = record;
  }

  /** When anything changed, in whole ms. */
  get moments(): number[] {
    const { lives, beliefs, fromMs } = this.#record;
    const all = [fromMs, ...lives.map(({ atMs }) => atMs), ...beliefs.map(({ atMs }) => atMs)].map(Math.ceil);
    return [...new Set(all)].sort((a, b) => a - b);
  }

  /** Takes in all that happened up to this moment. */
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

  /** Down as long as nothing was heard of it. */
  stateOf(peer: number): PeerState {
    return this.#states.get(peer) ?? "down";
  }

  /** The belief of one peer about another. About itself: alive, as long as it is not down. */
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

  /** How many different lists there are among those that run. */
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
