import type { Views } from "../views.js";
import { HARMLESS, type Deed, type Journal, type Standing } from "./journal.js";
import type { Recorder } from "./recorder.js";
import type { FaultKind, Way } from "./recording.js";

export const DOWN: readonly FaultKind[] = ["kill", "stop"];
export const NETWORK: readonly FaultKind[] = ["cut", "loss", "delay", "bandwidth"];

/** What stands behind a fault: who is told of it, and by whose order it is done. */
export interface Desk {
  readonly journal: Journal;
  readonly recorder: Recorder;
  /** Aborted when no more is to be done. */
  readonly signal: AbortSignal;
  /** The step that is under way. */
  readonly step: () => { readonly what: string; readonly line: number | undefined };
  /** Is shown what the peers believe whenever they are looked at. */
  readonly show: (views: Views) => void;
}

/** Which faults stand. Each is written to the journal, with its inverse, before it is done, and recorded after. */
export class Ledger {
  readonly #desk: Desk;
  #standing: readonly Standing[] = [];
  #faults = 0;
  #lastStep: unknown;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** The oldest first. */
  get standing(): readonly Standing[] {
    return this.#standing;
  }

  /** A fault, which stands until it is undone. Returns its number in the journal. */
  async fault(deed: Deed, inverse: Deed | null, act: () => Promise<unknown>): Promise<number> {
    // Nothing is awaited before the cluster is called: what begins at the same moment is done together.
    this.#desk.signal.throwIfAborted();
    const id = ++this.#faults;
    // It counts as there before it is: who is interrupted in the middle undoes it, too.
    if (inverse !== null) this.#standing = [...this.#standing, { id, deed, inverse }];
    await this.#do(id, deed, inverse, act);
    return id;
  }

  /** The end of faults of these kinds. Where none stands it is a fault by itself, which `inverse` would undo. */
  async end(deed: Deed, kinds: readonly FaultKind[], inverse: Deed | null, act: () => Promise<void>): Promise<void> {
    const id = ++this.#faults;
    const ended = this.#standing.some((each) => kinds.includes(each.deed.verb) && concerns(each.deed, deed.peers));
    await this.#do(id, deed, ended ? null : inverse, act);
    this.over(kinds, deed.peers, id);
  }

  async #do(id: number, deed: Deed, inverse: Deed | null, act: () => Promise<unknown>): Promise<void> {
    const { journal, recorder } = this.#desk;
    const step = this.#desk.step();
    recorder.listen();
    const begunMs = recorder.nowMs;
    const ways = deed.verb === "heal" ? this.#waysCut() : deed.way === undefined ? [] : [deed.way];
    journal.write({ type: "fault", id, atMs: begunMs, line: step.line, deed, inverse });
    try {
      await act();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      journal.write({ type: "not applied", id, atMs: recorder.nowMs, why });
      throw error;
    }
    journal.write({ type: "applied", id, atMs: recorder.nowMs });
    recorder.listen();
    const isNew = this.#lastStep !== step;
    this.#lastStep = step;
    const peers = deed.verb === "heal" ? [...new Set(ways.flat())] : deed.peers;
    const lasts = inverse !== null && !HARMLESS.includes(deed.verb);
    recorder.faultDone({ kind: deed.verb, what: step.what, line: step.line, begunMs, lasts, peers, ways, isNew });
  }

  /** These kinds of faults are over for these peers, or for all where none is named, because of fault `by`. */
  over(kinds: readonly FaultKind[], peers: readonly number[], by: number): void {
    const over = this.#standing.filter(({ deed }) => kinds.includes(deed.verb) && concerns(deed, peers));
    this.#desk.recorder.faultsOver(kinds, peers.length === 0 ? undefined : peers);
    if (over.length === 0) return;
    this.#standing = this.#standing.filter((each) => !over.includes(each));
    this.#desk.journal.write({ type: "undone", ids: over.map(({ id }) => id), by, atMs: this.#desk.recorder.nowMs });
  }

  #waysCut(): Way[] {
    return this.#standing.flatMap(({ deed }) => (deed.way === undefined ? [] : [deed.way]));
  }
}

/** A deed that names nobody concerns all. */
function concerns(deed: Deed, peers: readonly number[]): boolean {
  return peers.length === 0 || deed.peers.some((peer) => peers.includes(peer));
}
