import type { PeerMeta } from "gossip-peer";
import type { Fault } from "../fault/fault.js";
import type { Journal, Standing } from "../fault/journal.js";
import { isNothing, kindsEndedBy, peersOf, rowOf, wayOf, type Way } from "../fault/kinds.js";
import type { Views } from "../view/views.js";
import type { Recorder } from "./recorder.js";

/** The parts of an experiment that its cluster needs: the journal and the recorder, and the step under way. */
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
  /** The numbers of all peers there are. */
  readonly #everybody: () => readonly number[];
  #standing: readonly Standing[] = [];
  #count = 0;
  #lastStep: unknown;

  constructor(desk: Desk, everybody: () => readonly number[]) {
    this.#desk = desk;
    this.#everybody = everybody;
  }

  /** The oldest first. */
  get standing(): readonly Standing[] {
    return this.#standing;
  }

  /**
   * Has a fault done by `work`, and resolves to what that does. It stands until another ends it. `before` is the
   * metadata of the peer, where that is known.
   */
  async enter<T>(fault: Fault, before: PeerMeta | undefined, work: () => Promise<T>): Promise<T> {
    // Nothing is awaited before the cluster is called: what begins at the same moment is done together.
    const id = ++this.#count;
    const inverse = this.#inverseOf(fault, before);
    // A fault counts as there before it is: an interruption in the middle has it undone, too.
    if (inverse !== null && rowOf(fault.kind).isHarmless !== true)
      this.#standing = [...this.#standing, { id, fault, inverse }];
    const applied = await this.#do(id, fault, inverse, work);
    this.#over(fault, id);
    return applied;
  }

  /** Null for a fault that only ends others: there the journal has their inverses. */
  #inverseOf(fault: Fault, before: PeerMeta | undefined): Fault | null {
    const endsOne = rowOf(fault.kind).lasts === "moment" && this.#endedBy(fault).length > 0;
    if (endsOne || isNothing(fault)) return null;
    return rowOf(fault.kind).inverse(fault, before) ?? null;
  }

  async #do<T>(id: number, fault: Fault, inverse: Fault | null, work: () => Promise<T>): Promise<T> {
    const { journal, recorder } = this.#desk;
    const step = this.#desk.step();
    recorder.listen();
    const begunMs = recorder.nowMs;
    const ways = this.#waysOf(fault);
    journal.write({ type: "fault", id, atMs: begunMs, line: step.line, fault, inverse });
    const applied = await work().catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      journal.write({ type: "not applied", id, atMs: recorder.nowMs, why });
      throw error;
    });
    journal.write({ type: "applied", id, atMs: recorder.nowMs });
    recorder.listen();
    const isNew = this.#lastStep !== step;
    this.#lastStep = step;
    const { kind } = fault;
    const lasts = rowOf(kind).lasts !== "moment" && !isNothing(fault);
    const peers = kind === "heal" ? [...new Set(ways.flat())] : (peersOf(fault) ?? this.#everybody());
    recorder.faultDone({ kind, what: step.what, line: step.line, begunMs, lasts, peers, ways, isNew });
    return applied;
  }

  /** Notes that others are over because of this fault, or the fault itself. */
  #over(fault: Fault, by: number): void {
    const { journal, recorder } = this.#desk;
    const over = this.#endedBy(fault);
    recorder.faultsOver(kindsEndedBy(fault), peersOf(fault));
    if (over.length === 0) return;
    this.#standing = this.#standing.filter((each) => !over.includes(each));
    journal.write({ type: "undone", ids: over.map(({ id }) => id), by, atMs: recorder.nowMs });
  }

  #endedBy(fault: Fault): Standing[] {
    const kinds = kindsEndedBy(fault);
    return this.#standing.filter((each) => kinds.includes(each.fault.kind) && concernsSame(each.fault, fault));
  }

  /** The way that the fault closes, or the ways that heal opens. */
  #waysOf(fault: Fault): Way[] {
    const faults = fault.kind === "heal" ? this.#standing.map((each) => each.fault) : [fault];
    return faults.flatMap((each) => {
      const way = wayOf(each);
      return way === undefined ? [] : [way];
    });
  }
}

/** Whether two faults have a peer in common; one that names none concerns all. */
function concernsSame(one: Fault, other: Fault): boolean {
  const [those, these] = [peersOf(one), peersOf(other)];
  return those === undefined || these === undefined || those.some((peer) => these.includes(peer));
}
