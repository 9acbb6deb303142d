import type { EventEmitter } from "node:events";
import type { MemberEvent, MemberEventKind } from "./core/messages.js";
import type { PeerLog } from "./log.js";

export const MEMBER_EVENTS: readonly MemberEventKind[] = [
  "joined",
  "updated",
  "suspected",
  "recovered",
  "failed",
  "left",
];

/** A peer's events by name, as EventEmitter has them: a listener gets the event alone. */
export type MemberEvents = Record<MemberEventKind, [MemberEvent]>;

type Listener = (event: MemberEvent) => unknown;

/**
 * Logs changes of the view and tells the listeners of them, one change after the other: also when a listener calls back
 * into the peer and causes the next change.
 */
export class Announcer {
  readonly #emitter: EventEmitter<MemberEvents>;
  readonly #log: PeerLog;
  readonly #pending: MemberEvent[] = [];
  #isAnnouncing = false;

  constructor(emitter: EventEmitter<MemberEvents>, log: PeerLog) {
    this.#emitter = emitter;
    this.#log = log;
  }

  announce(events: readonly MemberEvent[]): void {
    this.#pending.push(...events);
    if (this.#isAnnouncing) return;
    this.#isAnnouncing = true;
    for (let event = this.#pending.shift(); event !== undefined; event = this.#pending.shift()) {
      this.#log.announced(event);
      for (const listener of this.#emitter.rawListeners(event.kind)) this.#tell(listener, event);
    }
    this.#isAnnouncing = false;
  }

  /** Calls a listener. Nobody waits for an asynchronous one, but its rejection must not end the process. */
  #tell(listener: Listener, event: MemberEvent): void {
    const threw = (error: unknown): void => {
      this.#log.listenerThrew(event.kind, error);
    };
    try {
      Promise.resolve(listener.call(this.#emitter, event)).catch(threw);
    } catch (error) {
      threw(error);
    }
  }
}
