import type { EventEmitter } from "node:events";
import type { PeerEvents } from "./announcer.js";
import type { MemberEvent } from "./core/messages.js";
import { GossipError } from "./errors.js";
import type { PeerState } from "./peer-state.js";

/** Changes that wait to be taken, at most (guess: the default of maxMembers, so that a whole cluster may join at once). */
const MOST_WAITING = 10_000;

type Source = EventEmitter<PeerEvents> & { readonly state: PeerState };
type Result = IteratorResult<MemberEvent, undefined>;

interface Taker {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: GossipError) => void;
}

/**
 * The changes of a peer's view from the construction on, one after the other. Ends quietly when the signal aborts or the
 * peer has stopped, after what was announced until then; with `fell-behind` where more than MOST_WAITING would wait.
 * Either way the peer keeps nothing for it any more.
 */
export class MemberChanges implements AsyncIterableIterator<MemberEvent, undefined> {
  readonly #waiting: MemberEvent[] = [];
  readonly #takers: Taker[] = [];
  readonly #unsubscribe: () => void;
  #isOver = false;
  #failure: GossipError | undefined;

  constructor(peer: Source, signal?: AbortSignal) {
    const end = (): void => {
      this.#end();
    };
    const changed = (event: MemberEvent): void => {
      this.#add(event);
    };
    const stateChanged = ({ name }: PeerState): void => {
      if (name === "stopped") end();
    };
    this.#unsubscribe = () => {
      signal?.removeEventListener("abort", end);
      peer.off("changed", changed).off("state", stateChanged);
    };
    signal?.addEventListener("abort", end);
    peer.on("changed", changed).on("state", stateChanged);
    if (signal?.aborted === true || peer.state.name === "stopped") end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#takers.push({ resolve, reject });
      this.#serve();
    });
  }

  /** Ends the iteration, as `break` in a loop does: what waits is dropped. */
  return(): Promise<Result> {
    this.#waiting.length = 0;
    this.#failure = undefined;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  #add(event: MemberEvent): void {
    this.#waiting.push(event);
    this.#serve();
    if (this.#waiting.length <= MOST_WAITING) return;
    this.#waiting.length = 0;
    this.#failure = new GossipError(
      "fell-behind",
      `more than ${MOST_WAITING} changes waited to be taken; getView() shows how things are now`,
    );
    this.#end();
  }

  #end(): void {
    this.#isOver = true;
    this.#unsubscribe();
    this.#serve();
  }

  #serve(): void {
    while (this.#waiting.length > 0 || this.#isOver) {
      const taker = this.#takers.shift();
      if (taker === undefined) return;
      const value = this.#waiting.shift();
      if (value !== undefined) taker.resolve({ done: false, value });
      else if (this.#failure === undefined) taker.resolve({ done: true, value: undefined });
      else {
        taker.reject(this.#failure);
        this.#failure = undefined;
      }
    }
  }
}
