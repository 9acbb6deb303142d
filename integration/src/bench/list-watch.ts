import type { Address, MemberEvent } from "gossip-peer";
import type { PeerHandle } from "../cluster/cluster.js";

/** A change of one peer's list, and when word of it arrived here. */
export interface ListChange {
  /** The time by `performance.now()` of this process. */
  readonly atMs: number;
  /** The number of the peer whose list changed. */
  readonly viewer: number;
  readonly kind: MemberEvent["kind"];
  readonly subject: Address;
  readonly name: string | undefined;
}

/** Watches the lists of peers, and remembers every change. Disposing ends all streams. */
export class ListWatch implements Disposable {
  readonly changes: ListChange[] = [];
  readonly #ends = new Map<number, AbortController>();

  /** Resolves when the peer has given its whole list once. A peer that is started again has to be followed again. */
  async follow(peer: PeerHandle): Promise<void> {
    this.#ends.get(peer.number)?.abort();
    const end = new AbortController();
    this.#ends.set(peer.number, end);
    const stream = peer.remote.watch(end.signal);
    await stream.next();
    void this.#listen(peer.number, stream).catch(() => undefined); // the stream ends when the peer does
  }

  /**
   * For each of the viewers, how many ms after `sinceMs` it told a change that `isIt` recognises; undefined for a
   * viewer that has told none.
   */
  delays(viewers: readonly number[], sinceMs: number, isIt: (change: ListChange) => boolean): (number | undefined)[] {
    return viewers.map((viewer) => {
      const first = this.changes.find((change) => change.viewer === viewer && change.atMs >= sinceMs && isIt(change));
      return first && first.atMs - sinceMs;
    });
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends.values()) end.abort();
  }

  async #listen(viewer: number, stream: ReturnType<PeerHandle["remote"]["watch"]>): Promise<void> {
    for await (const message of stream) {
      if (message.type !== "event") continue;
      const { kind, member } = message.event;
      this.changes.push({
        atMs: performance.now(),
        viewer,
        kind,
        subject: member.address,
        name: member.meta.name,
      });
    }
  }
}
