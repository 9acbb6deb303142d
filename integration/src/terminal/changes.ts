import type { Address, Status } from "gossip-peer";
import { peers } from "../lib/text.js";
import { distinctViews, listed, nameOf, running, statusAt, type PeerView, type Views } from "../view/views.js";

/** Tells, from one look to the next, what is different: who came and went, who says what of whom, and when all agree. */
export class Changes {
  #before: Views = [];
  /** By number, what each said last of everybody. Who was paused, or starts anew, has nothing new to say by repeating it. */
  #said = new Map<number, ReadonlyMap<Address, Status>>();
  #agreed = false;

  /** Whether there is one view: all answered and listed the same, and since then nobody has said otherwise. */
  get agreed(): boolean {
    return this.#agreed;
  }

  /** One line for each thing that changed, with all the peers it is true of; none when nothing did. */
  next(after: Views): string[] {
    const before = this.#before;
    const lines = new Map<string, number[]>();
    const tell = (number: number, what: string): void => {
      lines.set(what, [...(lines.get(what) ?? []), number]);
    };
    const find = (views: Views, number: number): PeerView | undefined => views.find((view) => view.number === number);
    for (const { number } of before) if (find(after, number) === undefined) tell(number, "gone");
    for (const view of after) for (const what of ownChanges(find(before, view.number), view)) tell(view.number, what);
    for (const view of after) for (const what of this.#newOpinions(view, after)) tell(view.number, what);
    this.#before = after;
    this.#said = new Map(after.map((view) => [view.number, this.#sayings(view, after)]));
    return [...[...lines].map(([what, numbers]) => `${peers(numbers)}: ${what}`), ...this.#agreement(after)];
  }

  /** What some say of the subject that they did not say before. */
  #newOpinions(subject: PeerView, views: Views): string[] {
    const { address } = subject;
    const others = views.filter((view) => view !== subject && view.members !== undefined);
    const opinions = new Map<Status, number[]>();
    for (const view of others) {
      const status = statusAt(view, address);
      if (status === undefined || this.#saying(view, address) === status) continue;
      opinions.set(status, [...(opinions.get(status) ?? []), view.number]);
    }
    return [...opinions].map(([status, by]) => {
      const unanimous = others.length > 1 && others.every((view) => statusAt(view, address) === status);
      return `${status}, ${unanimous ? "says everybody" : `${by.length > 1 ? "say" : "says"} ${peers(by)}`}`;
    });
  }

  #agreement(views: Views): string[] {
    const before = this.#agreed;
    const groups = distinctViews(views);
    const all = running(views).every(({ members }) => members !== undefined);
    this.#agreed = groups.length === 1 && (before || all);
    const [view] = groups[0] ?? [];
    return this.#agreed && !before && view !== undefined ? [`one view: everybody lists ${listed(view).length}`] : [];
  }

  #sayings(view: PeerView, subjects: Views): ReadonlyMap<Address, Status> {
    const sayings = new Map<Address, Status>();
    for (const { address } of subjects) {
      const status = statusAt(view, address) ?? this.#saying(view, address);
      if (address !== undefined && status !== undefined) sayings.set(address, status);
    }
    return sayings;
  }

  #saying({ number }: PeerView, address: Address | undefined): Status | undefined {
    return address === undefined ? undefined : this.#said.get(number)?.get(address);
  }
}

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
