import type { PeerMeta } from "gossip-peer";
import type { Fault } from "../fault/fault.js";
import type { Journal, Standing } from "../fault/journal.js";
import { isNothing, kindsEndedBy, peersOf, rowOf, wayOf, type Way } from "../fault/kinds.js";
import type { Views } from "../view/views.js";
import type { Recorder } from "./recorder.js";

/** What an experiment gives its recorded cluster: where faults and views are noted, and the step they belong to. */
export interface ExperimentContext {
  readonly journal: Journal;
  readonly recorder: Recorder;
  /** Aborted when no further step is to be carried out. */
  readonly signal: AbortSignal;
  /** The step that is under way. */
  readonly step: () => { readonly what: string; readonly line: number | undefined };
  /** Called with the views of the peers whenever these are read and due to be recorded. */
  readonly show: (views: Views) => void;
}

/**
 * The faults that stand: applied and not yet undone. Each is written to the journal with its inverse before it is
 * applied, and to the record after.
 */
export class Ledger {
  readonly #context: ExperimentContext;
  /** The numbers of all peers there are. */
  readonly #allPeers: () => readonly number[];
  #standing: readonly Standing[] = [];
  #count = 0;
  #lastStep: unknown;

  constructor(context: ExperimentContext, allPeers: () => readonly number[]) {
    this.#context = context;
    this.#allPeers = allPeers;
  }

  /** The faults that stand, oldest first. */
  get standing(): readonly Standing[] {
    return this.#standing;
  }

  /**
   * Has `work` apply a fault, and settles as that does. The fault stands until another fault ends it. `before` is the
   * metadata of the peer before the fault, where they are known.
   */
  async enter<T>(fault: Fault, before: PeerMeta | undefined, work: () => Promise<T>): Promise<T> {
    // Nothing is awaited before the cluster is called, so that faults that begin at the same moment are applied
    // together.
    const id = ++this.#count;
    const inverse = this.#inverseOf(fault, before);
    // The fault counts as standing before it is applied, so that an experiment interrupted meanwhile undoes it, too.
    if (inverse !== null && rowOf(fault.kind).isHarmless !== true)
      this.#standing = [...this.#standing, { id, fault, inverse }];
    const applied = await this.#apply(id, fault, inverse, work);
    this.#noteEnded(fault, id);
    return applied;
  }

  /** The inverse; null for a fault that only ends others, whose inverses the journal has already. */
  #inverseOf(fault: Fault, before: PeerMeta | undefined): Fault | null {
    const endsOne = rowOf(fault.kind).lasts === "moment" && this.#endedBy(fault).length > 0;
    if (endsOne || isNothing(fault)) return null;
    return rowOf(fault.kind).inverse(fault, before) ?? null;
  }

  async #apply<T>(id: number, fault: Fault, inverse: Fault | null, work: () => Promise<T>): Promise<T> {
    const { journal, recorder } = this.#context;
    const step = this.#context.step();
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
    const peers = kind === "heal" ? [...new Set(ways.flat())] : (peersOf(fault) ?? this.#allPeers());
    recorder.faultDone({ kind, what: step.what, line: step.line, begunMs, lasts, peers, ways, isNew });
    return applied;
  }

  /** Notes which faults this one has ended: earlier ones, and itself when nothing of it lasts. */
  #noteEnded(fault: Fault, by: number): void {
    const { journal, recorder } = this.#context;
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

  /** The ways that a fault closes or, for a heal, opens. */
  #waysOf(fault: Fault): Way[] {
    const faults = fault.kind === "heal" ? this.#standing.map((each) => each.fault) : [fault];
    return faults.flatMap((each) => {
      const way = wayOf(each);
      return way === undefined ? [] : [way];
    });
  }
}

/** Whether two faults concern a common peer. A fault that names no peer concerns all. */
function concernsSame(one: Fault, other: Fault): boolean {
  const [first, second] = [peersOf(one), peersOf(other)];
  return first === undefined || second === undefined || first.some((peer) => second.includes(peer));
}
