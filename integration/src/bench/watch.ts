import type { Address, MemberEvent } from "gossip-peer";
import type { PeerHandle } from "../cluster/cluster.js";

/** One change of one peer's list, as it was seen from here. */
export interface Sighting {
  readonly atMs: number;
  readonly viewer: number;
  readonly kind: MemberEvent["kind"];
  readonly subject: Address;
  readonly name: string | undefined;
}

/** Follows what every peer says of its list, and remembers when it said what. */
export class Watch implements Disposable {
  readonly sightings: Sighting[] = [];
  readonly #ends = new Map<number, AbortController>();

  /** Resolves when the peer has given its whole list once; a peer that is started again is to be followed again. */
  async follow(peer: PeerHandle): Promise<void> {
    this.#ends.get(peer.number)?.abort();
    const end = new AbortController();
    this.#ends.set(peer.number, end);
    const stream = peer.remote.watch(end.signal);
    await stream.next();
    void this.#listen(peer.number, stream).catch(() => undefined); // it ends when the peer does
  }

  /** After how many ms each of these viewers had said so, counted from `sinceMs`; undefined for who has not. */
  delays(viewers: readonly number[], sinceMs: number, isIt: (sighting: Sighting) => boolean): (number | undefined)[] {
    return viewers.map((viewer) => {
      const seen = this.sightings.find(
        (sighting) => sighting.viewer === viewer && sighting.atMs >= sinceMs && isIt(sighting),
      );
      return seen && seen.atMs - sinceMs;
    });
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends.values()) end.abort();
  }

  async #listen(viewer: number, stream: ReturnType<PeerHandle["remote"]["watch"]>): Promise<void> {
    for await (const told of stream) {
      if (told.type !== "event") continue;
      const { kind, member } = told.event;
      this.sightings.push({
        atMs: performance.now(),
        viewer,
        kind,
        subject: member.address,
        name: member.meta.name,
      });
    }
  }
}
