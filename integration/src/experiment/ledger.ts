import type { PeerMeta } from "gossip-peer";
import type { Fault } from "../fault/fault.js";
import type { Journal, Standing as JournalStanding } from "../fault/journal.js";
import { ends, isNothing, peersOf, rowOf, waysOf, type Way } from "../fault/kinds.js";
import type { Occasion } from "../scenario/cluster.js";
import type { Views } from "../view/views.js";
import type { Recorder } from "./recorder.js";

/** What an experiment gives its recorded cluster: where faults and views are noted, and the step they belong to. */
export interface ExperimentContext {
  readonly journal: Journal;
  readonly recorder: Recorder;
  /** Aborted when no further step is to be carried out. */
  readonly signal: AbortSignal;
  /** Called with the views of the peers whenever these are read and due to be recorded. */
  readonly show: (views: Views) => void;
}

/** A fault that stands, and the step that applied it. */
interface Standing extends JournalStanding {
  readonly occasion: Occasion;
}

/** The occasion of a fault that belongs to no step. */
const HEALING: Occasion = { what: "heal what is still broken", line: undefined };

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

  constructor(context: ExperimentContext, allPeers: () => readonly number[]) {
    this.#context = context;
    this.#allPeers = allPeers;
  }

  /** The faults that stand, oldest first. */
  get standing(): readonly Standing[] {
    return this.#standing;
  }

  /**
   * Has `work` apply a fault, and settles as that does. The fault stands until another fault ends it, or until `work` is
   * done where it takes its time; `work` then calls `begun` when the fault is in force. `before` is the metadata of the
   * peer before the fault, where they are known. What is of a load is journaled, and not recorded.
   */
  async enter<T>(
    fault: Fault,
    {
      before,
      occasion = HEALING,
      isLoad = false,
    }: {
      readonly before: PeerMeta | undefined;
      readonly occasion?: Occasion | undefined;
      readonly isLoad?: boolean | undefined;
    },
    work: (begun: () => void) => Promise<T>,
  ): Promise<T> {
    // Nothing is awaited before the cluster is called, so that faults that begin at the same moment are applied
    // together.
    const id = ++this.#count;
    const inverse = this.#inverseOf(fault, before);
    // The fault counts as standing before it is applied, so that an experiment interrupted meanwhile undoes it, too.
    if (inverse !== null && rowOf(fault.kind).isHarmless !== true)
      this.#standing = [...this.#standing, { id, fault, inverse, occasion }];
    const note = isLoad ? () => undefined : this.#noteOf(fault, occasion, this.#context.recorder.nowMs);
    const applied = await this.#apply({ id, fault, occasion }, { inverse, note: once(note) }, work);
    this.#noteEnded(fault, id);
    return applied;
  }

  /** The inverse; null for a fault that only ends others, whose inverses the journal has already. */
  #inverseOf(fault: Fault, before: PeerMeta | undefined): Fault | null {
    const endsOne = rowOf(fault.kind).lasts === "moment" && this.#endedBy(fault).length > 0;
    if (endsOne || isNothing(fault)) return null;
    return rowOf(fault.kind).inverse(fault, before) ?? null;
  }

  async #apply<T>(
    { id, fault, occasion }: Omit<Standing, "inverse">,
    { inverse, note }: { readonly inverse: Fault | null; readonly note: () => void },
    work: (begun: () => void) => Promise<T>,
  ): Promise<T> {
    const { journal, recorder } = this.#context;
    recorder.listen();
    journal.write({ type: "fault", id, atMs: recorder.nowMs, line: occasion.line, fault, inverse });
    const applied = await work(note).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      journal.write({ type: "not applied", id, atMs: recorder.nowMs, why });
      throw error;
    });
    journal.write({ type: "applied", id, atMs: recorder.nowMs });
    note();
    return applied;
  }

  /** The function that records a fault, to be called when it is in force. */
  #noteOf(fault: Fault, occasion: Occasion, begunMs: number): () => void {
    const { kind } = fault;
    const ways = this.#waysOf(fault);
    const lasts = rowOf(kind).lasts !== "moment" && !isNothing(fault);
    return () => {
      const { recorder } = this.#context;
      recorder.listen();
      const peers = kind === "heal" ? [...new Set(ways.flat())] : (peersOf(fault) ?? this.#allPeers());
      recorder.faultDone({ kind, what: occasion.what, line: occasion.line, begunMs, lasts, peers, ways }, occasion);
    };
  }

  /** Notes which faults this one has ended: earlier ones, and itself when nothing of it lasts. */
  #noteEnded(fault: Fault, by: number): void {
    const { journal, recorder } = this.#context;
    const over = this.#endedBy(fault);
    for (const each of over) recorder.faultOver(each.fault.kind, peersOf(each.fault), each.occasion);
    if (over.length === 0) return;
    this.#standing = this.#standing.filter((each) => !over.includes(each));
    journal.write({ type: "undone", ids: over.map(({ id }) => id), by, atMs: recorder.nowMs });
  }

  #endedBy(fault: Fault): Standing[] {
    return this.#standing.filter((each) => ends(fault, each.fault));
  }

  /** The ways that a fault closes or, for a heal, opens. */
  #waysOf(fault: Fault): Way[] {
    return waysOf(fault.kind === "heal" ? this.#endedBy(fault).map((each) => each.fault) : [fault]);
  }
}

/** The function, which does nothing from its second call on. */
function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) act();
    isDone = true;
  };
}
