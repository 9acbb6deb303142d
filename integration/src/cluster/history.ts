import { setTimeout as elapse } from "node:timers/promises";
import type { Address, Member, MemberEventKind, RemotePeer } from "gossip-peer";
import type { Change } from "../scenario/cluster.js";

/** How long to wait before a peer that runs and ended the watching is asked again. */
const AGAIN_AFTER_MS = 200;
const FIRST_ANSWER_WITHIN_MS = 2000;

/** Whether a peer was well and within reach of another at the moment and for long enough before it. */
export type WasThere = (subject: Address, viewer: number) => boolean;

/** The changes that real peers announce, as they announce them: the WatchMembers streams of all peers in one list. */
export class History {
  readonly changes: Change[] = [];
  readonly #nowMs: () => number;
  readonly #wasThere: WasThere;
  readonly #following = new Map<number, AbortController>();
  /** By address: the generation of the life that the peer itself spoke of last. */
  readonly #generations = new Map<Address, number>();
  /** By the record that was called failed: whether whoever did so first was wrong. The others just believe it. */
  readonly #verdicts = new Map<string, boolean>();

  constructor(nowMs: () => number, wasThere: WasThere) {
    this.#nowMs = nowMs;
    this.#wasThere = wasThere;
  }

  /** To be called when a peer has started. Resolves when it is being listened to, or does not answer. */
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

  /** To be called before a peer ends. */
  unfollow(number: number): void {
    this.#following.get(number)?.abort();
    this.#following.delete(number);
  }

  /** Ends all listening. */
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
        // The peer went away; whether that is a problem is for those to say who ask it for its view.
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
    const wrong = kind === "failed" && this.#isWrong(viewer, member);
    this.changes.push({ atMs: this.#nowMs(), kind, viewer, subject: member.address, wrong });
  }

  #isWrong(viewer: number, { address, generation, incarnation }: Member): boolean {
    const record = `${address} ${generation} ${incarnation}`;
    const isPresent = this.#generations.get(address) === generation;
    const verdict = this.#verdicts.get(record) ?? (isPresent && this.#wasThere(address, viewer));
    this.#verdicts.set(record, verdict);
    return verdict;
  }
}
