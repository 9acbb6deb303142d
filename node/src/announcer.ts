import type { EventEmitter } from "node:events";
import type { MemberEvent, MemberEventKind } from "./core/messages.js";
import type { PeerLog } from "./log.js";
import type { PeerState } from "./peer-state.js";

/** The names of the events that say what has changed in the view: each of them is also a "changed". */
export const MEMBER_EVENTS: readonly MemberEventKind[] = [
  "joined",
  "updated",
  "suspected",
  "recovered",
  "failed",
  "left",
];

/**
 * A peer's events by name, as EventEmitter has them: a listener gets the event alone. "changed" is each of the others but
 * "state".
 */
export type PeerEvents = Record<MemberEventKind | "changed", [MemberEvent]> & {
  /** The peer's own state, when it has changed. */
  state: [PeerState];
};

type Listener = (event: never) => unknown;

/**
 * Logs changes of the view and of the state, and tells the listeners of them, one change after the other: also when a
 * listener calls back into the peer and causes the next change.
 */
export class Announcer {
  readonly #emitter: EventEmitter<PeerEvents>;
  readonly #log: PeerLog;
  readonly #pending: (MemberEvent | PeerState)[] = [];
  #isAnnouncing = false;

  constructor(emitter: EventEmitter<PeerEvents>, log: PeerLog) {
    this.#emitter = emitter;
    this.#log = log;
  }

  announce(events: readonly (MemberEvent | PeerState)[]): void {
    this.#pending.push(...events);
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    for (let event = this.#pending.shift(); event !== undefined; event = this.#pending.shift()) {
      if ("kind" in event) this.#log.announced(event);
      else this.#log.stateChanged(event);
      const names = "kind" in event ? ([event.kind, "changed"] as const) : (["state"] as const);
      for (const name of names)
        for (const listener of this.#emitter.rawListeners(name)) this.#tell(listener, name, event);
    }
    this.#isAnnouncing = false;
  }

  /** Calls a listener. Nobody waits for an asynchronous one, but its rejection must not end the process. */
  #tell(listener: Listener, name: keyof PeerEvents, event: MemberEvent | PeerState): void {
    const threw = (error: unknown): void => {
      this.#log.listenerThrew(name, error);
    };
    try {
      Promise.resolve(listener.call(this.#emitter, event as never)).catch(threw);
    } catch (error) {
      threw(error);
    }
  }
}
