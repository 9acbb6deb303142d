import type { PeerState } from "../view/views.js";
import type { Belief, Recording } from "./recording.js";

export function isListed(belief: Belief | undefined): boolean {
  return belief === "alive" || belief === "suspect";
}

/** Who believed what at each moment of a recording. Time goes forward only. */
export class Replay {
  readonly #recording: Recording;
  readonly #states = new Map<number, PeerState>();
  readonly #beliefs = new Map<number, Map<number, Belief>>();
  /** The list of each that runs, as text; made anew after a change only. */
  readonly #lists = new Map<number, string>();
  #turn = 0;
  #life = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** When anything changed, in whole ms. */
  get moments(): number[] {
    const { lives, turns, fromMs } = this.#recording;
    const all = [fromMs, ...lives.map(({ atMs }) => atMs), ...turns.map(({ atMs }) => atMs)].map(Math.ceil);
    return [...new Set(all)].sort((a, b) => a - b);
  }

  /** Takes in all that happened up to this moment. */
  goTo(atMs: number): void {
    const { lives, turns } = this.#recording;
    for (let life = lives[this.#life]; life !== undefined && life.atMs <= atMs; life = lives[++this.#life]) {
      this.#states.set(life.peer, life.state);
      this.#lists.delete(life.peer);
    }
    for (let turn = turns[this.#turn]; turn !== undefined && turn.atMs <= atMs; turn = turns[++this.#turn]) {
      const held = this.#beliefs.get(turn.viewer) ?? new Map<number, Belief>();
      this.#beliefs.set(turn.viewer, held.set(turn.subject, turn.belief));
      this.#lists.delete(turn.viewer);
    }
  }

  /** Down as long as nothing was heard of it. */
  stateOf(peer: number): PeerState {
    return this.#states.get(peer) ?? "down";
  }

  /** What a peer holds another to be; itself it holds to be alive as long as it is not down. */
  beliefOf(viewer: number, subject: number): Belief {
    if (viewer === subject) return this.stateOf(viewer) === "down" ? "unknown" : "alive";
    return this.#beliefs.get(viewer)?.get(subject) ?? "unknown";
  }

  lists(viewer: number, subject: number): boolean {
    return isListed(this.beliefOf(viewer, subject));
  }

  running(): number[] {
    return this.#recording.peers.map(({ number }) => number).filter((peer) => this.stateOf(peer) === "running");
  }

  /** How many different lists there are among those that run. */
  distinctLists(): number {
    return new Set(this.running().map((viewer) => this.#list(viewer))).size;
  }

  #list(viewer: number): string {
    const known = this.#lists.get(viewer);
    if (known !== undefined) return known;
    const { peers } = this.#recording;
    const list = peers.map(({ number }) => (this.lists(viewer, number) ? "1" : "0")).join("");
    this.#lists.set(viewer, list);
    return list;
  }
}
