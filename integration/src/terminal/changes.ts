import type { Address, Status } from "gossip-peer";
import { peers } from "../lib/text.js";
import { distinctViews, listed, nameOf, running, statusAt, type PeerView, type Views } from "../view/views.js";

/**
 * Compares the views of each poll with those of the poll before, and puts what is different into words: who came and
 * went, who says what of whom, and when all agree.
 */
export class Changes {
  #before: Views = [];
  /**
   * For each peer, by number: the last status that it gave for every address. A peer that was paused or restarted
   * repeats itself, which is no change.
   */
  #statuses = new Map<number, ReadonlyMap<Address, Status>>();
  #agreed = false;

  /** Whether the peers agree: all answered and listed the same, and no answer since then was different. */
  get agreed(): boolean {
    return this.#agreed;
  }

  /**
   * The lines for what changed: one for each change, with all the peers that it is true of. Empty when nothing changed.
   */
  next(after: Views): string[] {
    const before = this.#before;
    const lines = new Map<string, number[]>();
    const tell = (number: number, what: string): void => {
      lines.set(what, [...(lines.get(what) ?? []), number]);
    };
    const find = (views: Views, number: number): PeerView | undefined => views.find((view) => view.number === number);
    for (const { number } of before) if (find(after, number) === undefined) tell(number, "gone");
    for (const view of after) for (const what of ownChanges(find(before, view.number), view)) tell(view.number, what);
    for (const view of after) for (const what of this.#newStatuses(view, after)) tell(view.number, what);
    this.#before = after;
    this.#statuses = new Map(after.map((view) => [view.number, this.#statusesOf(view, after)]));
    return [...[...lines].map(([what, numbers]) => `${peers(numbers)}: ${what}`), ...this.#agreement(after)];
  }

  /** The statuses that other peers give the subject and did not give it before. */
  #newStatuses(subject: PeerView, views: Views): string[] {
    const { address } = subject;
    const others = views.filter((view) => view !== subject && view.members !== undefined);
    const changed = new Map<Status, number[]>();
    for (const view of others) {
      const status = statusAt(view, address);
      if (status === undefined || this.#lastStatus(view, address) === status) continue;
      changed.set(status, [...(changed.get(status) ?? []), view.number]);
    }
    return [...changed].map(([status, by]) => {
      const unanimous = others.length > 1 && others.every((view) => statusAt(view, address) === status);
      return `${status}, ${unanimous ? "says everybody" : `${by.length > 1 ? "say" : "says"} ${peers(by)}`}`;
    });
  }

  /** Takes note of whether the peers agree now, and says so when they begin to. */
  #agreement(views: Views): string[] {
    const before = this.#agreed;
    const groups = distinctViews(views);
    const all = running(views).every(({ members }) => members !== undefined);
    this.#agreed = groups.length === 1 && (before || all);
    const [view] = groups[0] ?? [];
    return this.#agreed && !before && view !== undefined ? [`one view: everybody lists ${listed(view).length}`] : [];
  }

  #statusesOf(view: PeerView, subjects: Views): ReadonlyMap<Address, Status> {
    const statuses = new Map<Address, Status>();
    for (const { address } of subjects) {
      const status = statusAt(view, address) ?? this.#lastStatus(view, address);
      if (address !== undefined && status !== undefined) statuses.set(address, status);
    }
    return statuses;
  }

  #lastStatus({ number }: PeerView, address: Address | undefined): Status | undefined {
    return address === undefined ? undefined : this.#statuses.get(number)?.get(address);
  }
}

/** The changes of a peer's state, and of what it says of itself. */
function ownChanges(before: PeerView | undefined, after: PeerView): string[] {
  const changes: string[] = [];
  const at = after.address !== undefined && before?.address !== after.address ? `at ${after.address}` : "";
  if (before?.state !== after.state) changes.push(`${after.state} ${at}`.trimEnd());
  else if (at !== "") changes.push(at);
  if (after.problem !== undefined && before?.problem === undefined) changes.push("no answer");
  if (before?.problem !== undefined && after.members !== undefined) changes.push("answers");
  if (before?.members !== undefined && after.members !== undefined && nameOf(before) !== nameOf(after)) {
    changes.push(`calls itself ${JSON.stringify(nameOf(after))}`);
  }
  return changes;
}
