import type { Views } from "../view/views.js";
import { HARMLESS, type Act, type Journal, type Standing } from "../fault/journal.js";
import type { Recorder } from "./recorder.js";
import type { FaultKind, Way } from "../fault/fault.js";

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
  async fault(act: Act, inverse: Act | null, work: () => Promise<unknown>): Promise<number> {
    // Nothing is awaited before the cluster is called: what begins at the same moment is done together.
    this.#desk.signal.throwIfAborted();
    const id = ++this.#faults;
    // It counts as there before it is: who is interrupted in the middle undoes it, too.
    if (inverse !== null) this.#standing = [...this.#standing, { id, act, inverse }];
    await this.#do(id, act, inverse, work);
    return id;
  }

  /** The end of faults of these kinds. Where none stands it is a fault by itself, which `inverse` would undo. */
  async end(act: Act, kinds: readonly FaultKind[], inverse: Act | null, work: () => Promise<void>): Promise<void> {
    const id = ++this.#faults;
    const ended = this.#standing.some((each) => kinds.includes(each.act.verb) && concerns(each.act, act.peers));
    await this.#do(id, act, ended ? null : inverse, work);
    this.over(kinds, act.peers, id);
  }

  async #do(id: number, act: Act, inverse: Act | null, work: () => Promise<unknown>): Promise<void> {
    const { journal, recorder } = this.#desk;
    const step = this.#desk.step();
    recorder.listen();
    const begunMs = recorder.nowMs;
    const ways = act.verb === "heal" ? this.#waysCut() : act.way === undefined ? [] : [act.way];
    journal.write({ type: "fault", id, atMs: begunMs, line: step.line, act, inverse });
    try {
      await work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      journal.write({ type: "not applied", id, atMs: recorder.nowMs, why });
      throw error;
    }
    journal.write({ type: "applied", id, atMs: recorder.nowMs });
    recorder.listen();
    const isNew = this.#lastStep !== step;
    this.#lastStep = step;
    const peers = act.verb === "heal" ? [...new Set(ways.flat())] : act.peers;
    const lasts = inverse !== null && !HARMLESS.includes(act.verb);
    recorder.faultDone({ kind: act.verb, what: step.what, line: step.line, begunMs, lasts, peers, ways, isNew });
  }

  /** These kinds of faults are over for these peers, or for all where none is named, because of fault `by`. */
  over(kinds: readonly FaultKind[], peers: readonly number[], by: number): void {
    const over = this.#standing.filter(({ act }) => kinds.includes(act.verb) && concerns(act, peers));
    this.#desk.recorder.faultsOver(kinds, peers.length === 0 ? undefined : peers);
    if (over.length === 0) return;
    this.#standing = this.#standing.filter((each) => !over.includes(each));
    this.#desk.journal.write({ type: "undone", ids: over.map(({ id }) => id), by, atMs: this.#desk.recorder.nowMs });
  }

  #waysCut(): Way[] {
    return this.#standing.flatMap(({ act }) => (act.way === undefined ? [] : [act.way]));
  }
}

/** An act that names nobody concerns all. */
function concerns(act: Act, peers: readonly number[]): boolean {
  return peers.length === 0 || act.peers.some((peer) => peers.includes(peer));
}
