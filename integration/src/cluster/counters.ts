import type { RemotePeer, Traffic } from "gossip-peer";
import type { Sent } from "../scenario/cluster.js";
import type { PeerState } from "../view/views.js";

interface Counted {
  readonly number: number;
  readonly state: PeerState;
  readonly remote: RemotePeer;
}

interface Lives {
  /** The traffic of each life when it was last asked for, by when the life began. */
  readonly read: Map<number, Traffic>;
  /** How many could not be asked when they ended. */
  unread: number;
  /** Whether the peer has said that it publishes nothing. */
  isSilent: boolean;
}

/**
 * Adds up what real peers have sent. A peer counts from 0 in each life, so each life is asked before it ends; its
 * goodbye is not in it.
 */
export class Counters {
  readonly #lives = new Map<number, Lives>();

  /** To be awaited before a life of the peer is ended. Takes as long as the peer takes to answer, or to be given up. */
  async ends(peer: Counted): Promise<void> {
    if (!(await this.#ask(peer))) this.#livesOf(peer).unread++;
  }

  /** Asks all that are not down, and adds up; without those that publish nothing. */
  async sums(peers: readonly Counted[]): Promise<Sent[]> {
    const all = await Promise.all(
      peers.map(async (peer) => ({ peer, isUnread: peer.state !== "down" && !(await this.#ask(peer)) })),
    );
    return all.flatMap(({ peer, isUnread }) => {
      const { read, unread, isSilent } = this.#livesOf(peer);
      if (isSilent) return [];
      const sum = (of: (life: Traffic) => number): number =>
        [...read.values()].reduce((before, each) => before + of(each), 0);
      return {
        peer: peer.number,
        messages: sum(({ messages }) => messages.sent),
        bytes: sum(({ bytes }) => bytes.sent),
        forMs: sum(({ runningForMs }) => runningForMs),
        unread: unread + (isUnread ? 1 : 0),
      };
    });
  }

  /** Whether it said what it has sent, or that it does not say. */
  async #ask(peer: Counted): Promise<boolean> {
    const lives = this.#livesOf(peer);
    if (lives.isSilent) return true;
    if (peer.state !== "running") return false;
    try {
      const traffic = await peer.remote.getTraffic();
      if (traffic === undefined) lives.isSilent = true;
      else lives.read.set(traffic.startedAtMs, traffic);
      return true;
    } catch {
      return false; // whether it had to answer is for those to say who ask it for its view
    }
  }

  #livesOf({ number }: Pick<Counted, "number">): Lives {
    const lives = this.#lives.get(number) ?? { read: new Map<number, Traffic>(), unread: 0, isSilent: false };
    this.#lives.set(number, lives);
    return lives;
  }
}
