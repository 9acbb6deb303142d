import { setTimeout as elapse } from "node:timers/promises";
import type { Address, Member, MemberEventKind, RemotePeer } from "gossip-peer";
import type { Change } from "../scenario/cluster.js";

/** The pause before a peer whose stream has ended, though it was not unfollowed, is watched again. */
const AGAIN_AFTER_MS = 200;
const FIRST_ANSWER_WITHIN_MS = 2000;

/** Whether the subject was running and within reach of the viewer, at this moment and for long enough before it. */
export type WasThere = (subject: Address, viewer: number) => boolean;

/**
 * The changes that real peers announce on their WatchMembers streams, of all peers in one list, in the order of
 * arrival.
 */
export class History {
  readonly changes: Change[] = [];
  readonly #nowMs: () => number;
  readonly #wasThere: WasThere;
  readonly #following = new Map<number, AbortController>();
  /** For each address, the generation that the peer there last gave as its own. */
  readonly #generations = new Map<Address, number>();
  /**
   * For each record that was called failed, whether the first peer to do so was wrong. The others just believe the
   * first.
   */
  readonly #verdicts = new Map<string, boolean>();

  constructor(nowMs: () => number, wasThere: WasThere) {
    this.#nowMs = nowMs;
    this.#wasThere = wasThere;
  }

  /** Follows a peer that has started. Resolves when its first snapshot has come, or none came within 2 s. */
  follow({ number, remote }: { readonly number: number; readonly remote: RemotePeer }): Promise<void> {
    const ending = new AbortController();
    this.#following.set(number, ending);
    return new Promise((resolve) => {
      const bound = AbortSignal.timeout(FIRST_ANSWER_WITHIN_MS);
      bound.addEventListener("abort", () => {
        resolve();
      });
      void this.#listen(number, remote, ending.signal, resolve);
    });
  }

  /** Stops following a peer. To be called before the peer ends. */
  unfollow(number: number): void {
    this.#following.get(number)?.abort();
    this.#following.delete(number);
  }

  /** Stops following all peers. */
  end(): void {
    for (const number of this.#following.keys()) this.unfollow(number);
  }

  async #listen(viewer: number, remote: RemotePeer, signal: AbortSignal, listening: () => void): Promise<void> {
    const list = new Map<Address, Member>();
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      try {
        for await (const heard of remote.watch(signal)) {
          if (heard.type === "event") this.#take(viewer, heard.event.kind, heard.event.member, list);
          else {
            this.#takeSnapshot(viewer, heard.address, heard.members, list);
            listening();
          }
        }
      } catch {
        // The peer went away. That a running peer gives no answer is reported where it is asked for its view.
      }
      if (!isOver()) await elapse(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
    }
    listening();
  }

  /** Takes in a snapshot: its difference to the list tells what happened between two streams, or before the first. */
  #takeSnapshot(viewer: number, self: Address, members: readonly Member[], list: Map<Address, Member>): void {
    for (const member of members) {
      if (member.address === self) this.#generations.set(self, member.generation);
      const isLive = member.status === "alive" || member.status === "suspect";
      const isListed = list.has(member.address);
      if (isLive && !isListed && member.address !== self) this.#take(viewer, "joined", member, list);
      if (!isLive && isListed) this.#take(viewer, member.status === "left" ? "left" : "failed", member, list);
    }
  }

  #take(viewer: number, kind: MemberEventKind, member: Member, list: Map<Address, Member>): void {
    const isGone = kind === "failed" || kind === "left";
    if (isGone) list.delete(member.address);
    else list.set(member.address, member);
    const wrong = kind === "failed" && this.#judge(viewer, member);
    this.changes.push({ atMs: this.#nowMs(), kind, viewer, subject: member.address, wrong });
  }

  /** Whether a removal is wrong. The first one of a record decides, and is remembered for the others of that record. */
  #judge(viewer: number, { address, generation, incarnation }: Member): boolean {
    const record = `${address} ${generation} ${incarnation}`;
    const isPresent = this.#generations.get(address) === generation;
    const verdict = this.#verdicts.get(record) ?? (isPresent && this.#wasThere(address, viewer));
    this.#verdicts.set(record, verdict);
    return verdict;
  }
}
