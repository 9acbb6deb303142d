import type { RemotePeer, Traffic } from "gossip-peer";
import type { Sent } from "../scenario/cluster.js";
import type { PeerState } from "../view/views.js";

interface Counted {
  readonly number: number;
  readonly state: PeerState;
  readonly remote: RemotePeer;
}

interface Lives {
  /** The traffic of each life as last read, by the time at which the life began. */
  readonly read: Map<number, Traffic>;
  /** How many lives could not be asked when they ended. */
  unread: number;
  /** Whether the peer has answered that it publishes no traffic. */
  isSilent: boolean;
}

/**
 * Adds up what real peers have sent. A peer counts from 0 in each life, so it is asked before each end. Its goodbyes
 * are sent after that, and are not counted.
 */
export class Counters {
  readonly #lives = new Map<number, Lives>();

  /**
   * Reads the traffic of a life that is about to end. To be awaited before the end; takes until the peer answers or is
   * given up.
   */
  async ends(peer: Counted): Promise<void> {
    if (!(await this.#ask(peer))) this.#livesOf(peer).unread++;
  }

  /** The sums of all lives of each peer, after asking those that run. Peers that publish no traffic are left out. */
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

  /** Asks a peer for its traffic. Returns whether it answered, be it that it publishes none. */
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
      return false; // that a running peer gives no answer is reported where it is asked for its view
    }
  }

  #livesOf({ number }: Pick<Counted, "number">): Lives {
    const lives = this.#lives.get(number) ?? { read: new Map<number, Traffic>(), unread: 0, isSilent: false };
    this.#lives.set(number, lives);
    return lives;
  }
}
