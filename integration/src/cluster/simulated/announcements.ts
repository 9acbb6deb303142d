import type { MemberEvent } from "gossip-peer";
import type { SimulatedPeer, Watcher } from "gossip-peer/simulator";
import type { Sometimes } from "../../scenario/schema.js";

/** Notes what the peers of a simulation announce of that which is to happen sometimes. */
export class Announcements implements Watcher {
  /** What each life of a peer has removed and not listed since, as "index life address". */
  readonly #removed = new Set<string>();
  readonly met = new Set<(typeof ANNOUNCED)[number]>();

  announced({ index, life }: SimulatedPeer, { kind, member }: MemberEvent): void {
    const removed = `${index} ${life} ${member.address}`;
    if (kind === "suspected") this.met.add("somebody was suspected");
    if (kind === "recovered") this.met.add("a suspicion was denied");
    if (kind === "failed") this.met.add("somebody was removed");
    if (kind === "failed" || kind === "left") this.#removed.add(removed);
    else if (this.#removed.delete(removed)) this.met.add("somebody came back");
  }
}

/** What peers announce by themselves; that views differ nobody says. */
export const ANNOUNCED = [
  "somebody was suspected",
  "a suspicion was denied",
  "somebody was removed",
  "somebody came back",
] as const satisfies readonly Sometimes[];
