import { setTimeout as elapse } from "node:timers/promises";
import { once } from "node:events";
import {
  RemotePeer,
  type Address,
  type LookTls,
  type Member,
  type MemberEvent,
  type PeerReport,
  type StateOfPeer,
  type Traffic,
} from "gossip-peer";
import { figuresOf } from "./figures.js";
import type { Figures, Link } from "./page/types.js";

/** How long a peer may take to answer: longer than one needs that gets its share of the machine. */
const ANSWER_WITHIN_MS = 2000;
/** The pause between two attempts at a peer that was lost: it doubles with each failure, up to the longest. */
const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;

/** A report is missing after so many times as long as it takes until the next one: it may come a little late. */
const MISSING_AFTER = 1.5;

/** How the observer stands to a peer that it cannot follow. */
export type Loss = Exclude<Link, "followed">;

/**
 * The owner of a follower, which is told what the peer says and asked what the follower needs to know. All calls are
 * synchronous, and none comes after `stop`.
 */
export interface FollowerDelegate {
  /** The peer answered and gave this address as its own. Returns what is wrong with that; undefined when nothing is. */
  identified(follower: Follower, address: Address): string | undefined;
  lost(follower: Follower, link: Loss, why: string): void;
  /** The peer's whole view, which differs from the last that was known. */
  viewReceived(follower: Follower, members: readonly Member[]): void;
  /** One change of the peer's view. */
  changeReceived(follower: Follower, kind: MemberEvent["kind"], member: Member): void;
  /** The view that the peer was last known to have, with all changes since; undefined when none is known. */
  lastView(follower: Follower): ReadonlyMap<Address, Member> | undefined;
  /** How often the peer is to report how it is, or is asked for its whole view where it does not, in ms. */
  lookEveryMs(): number;
  /** How it stands with the peer, and its preset, by its own word; told when that differs from the last time. */
  stateReceived(follower: Follower, state: StateOfPeer): void;
  /** The peer's traffic since the last time; null when the peer does not publish it. */
  trafficReceived(follower: Follower, traffic: Figures | null): void;
  /** How long to wait until the traffic is told again, in ms. */
  trafficEveryMs(): number;
}

/** A peer gives an address as its own that cannot be its own. */
class FalseIdentity extends Error {}
/** A peer answers, but its stream tells no changes. */
class StalledStream extends Error {}

/**
 * Follows one peer through all its ends and returns, until stopped. On its stream a peer tells what changes, and reports
 * how it is: the reports of a frozen one stay away, and the hash of a view shows what was not told, since what a peer
 * forgets is no event. A peer that does not report is polled instead, which costs it ten times as much.
 */
export class Follower {
  /** Where the peer is dialled. */
  readonly dialAddress: Address;
  /** What the peer calls itself; undefined until it has answered. */
  identity: Address | undefined;
  readonly #delegate: FollowerDelegate;
  readonly #tls: LookTls | undefined;
  readonly #stopped = new AbortController();
  /** How many snapshots and events the stream has brought. */
  #messages = 0;
  /** How many looks in a row have shown what the stream should have told, and has not. */
  #missed = 0;
  /** The last report, and when it came. */
  #reported: { readonly viewHash: number; readonly at: number } | undefined;
  /** The state and the traffic that were told last. */
  #state = "";
  #traffic: Traffic | undefined;

  constructor(dialAddress: Address, delegate: FollowerDelegate, tls?: LookTls) {
    this.#tls = tls;
    this.dialAddress = dialAddress;
    this.#delegate = delegate;
  }

  /** Resolves when the follower was stopped and all its connections are closed. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#stopped;
    for (let failures = 0; !this.#hasStopped(); failures++) {
      const remote = new RemotePeer(this.dialAddress, { timeoutMs: ANSWER_WITHIN_MS, tls: this.#tls });
      try {
        await this.#follow(remote, () => (failures = 0));
      } catch (error) {
        if (!this.#hasStopped()) this.#delegate.lost(this, ...diagnosis(error, remote));
      } finally {
        remote.close();
      }
      const pauseMs = Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** failures);
      await elapse(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  stop(): void {
    this.#stopped.abort();
  }

  #hasStopped(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Rejects with the first thing that goes wrong; by then all ways of following have ended. */
  async #follow(remote: RemotePeer, reached: () => void): Promise<void> {
    const { address, members } = await remote.getMembers({ includeGone: true });
    if (this.#hasStopped()) return;
    this.#identify(address);
    reached();
    this.#delegate.viewReceived(this, members);
    const end = new AbortController();
    const signal = AbortSignal.any([end.signal, this.#stopped.signal]);
    [this.#missed, this.#reported, this.#state, this.#traffic] = [0, undefined, "", undefined];
    const all: Promise<void>[] = [];
    try {
      await new Promise<void>((resolve, reject) => {
        const begin = (way: Promise<void>): void => {
          all.push(way);
          way.then(resolve, reject);
        };
        let hasBegun = false;
        const begun = (reportsEveryMs: number): void => {
          hasBegun = true;
          if (reportsEveryMs > 0) begin(this.#lookAtChanges(remote, reportsEveryMs, signal));
          else {
            begin(this.#pollView(remote, signal));
            begin(this.#poll(() => remote.getTraffic(), this.#trafficIs.bind(this), signal));
            begin(this.#poll(() => remote.getState(), this.#stateIs.bind(this), signal));
          }
        };
        begin(this.#listen(remote, signal, begun));
        begin(this.#lookUntil(() => hasBegun, remote, signal));
      });
    } finally {
      end.abort();
      await Promise.allSettled(all);
    }
  }

  /** Takes in what the stream tells. Calls `begun` back with how often the peer reports; 0 where it does not. */
  async #listen(remote: RemotePeer, signal: AbortSignal, begun: (reportsEveryMs: number) => void): Promise<void> {
    for await (const message of remote.follow({ reportEveryMs: this.#delegate.lookEveryMs(), signal })) {
      if (signal.aborted) return;
      if (message.type === "report") {
        this.#take(message);
        continue;
      }
      this.#messages++;
      if (message.type === "event") this.#delegate.changeReceived(this, message.event.kind, message.event.member);
      else {
        this.#identify(message.address);
        this.#reconcile(message.members);
        begun(message.reportsEveryMs);
      }
    }
  }

  #take({ viewHash, state, traffic }: PeerReport): void {
    this.#reported = { viewHash, at: performance.now() };
    this.#stateIs(state);
    const forMs = traffic.runningForMs - (this.#traffic?.runningForMs ?? 0);
    if (this.#traffic === undefined || forMs < 0 || forMs >= this.#delegate.trafficEveryMs()) this.#trafficIs(traffic);
  }

  /** Looks at the whole view of a peer when its hash is another than at the last look, or no report comes. */
  async #lookAtChanges(remote: RemotePeer, reportsEveryMs: number, signal: AbortSignal): Promise<void> {
    const begunAt = performance.now();
    let seen: number | undefined;
    for (;;) {
      await elapse(reportsEveryMs, undefined, { signal });
      const { viewHash, at } = this.#reported ?? { viewHash: undefined, at: begunAt };
      const isSilent = performance.now() - at > MISSING_AFTER * reportsEveryMs;
      if (!isSilent && (viewHash === undefined || viewHash === seen)) continue;
      await this.#look(remote, signal);
      seen = viewHash;
    }
  }

  /** Looks at a peer whose stream does not begin: one that has frozen meanwhile does not answer that either. */
  async #lookUntil(hasBegun: () => boolean, remote: RemotePeer, signal: AbortSignal): Promise<void> {
    for (;;) {
      await elapse(ANSWER_WITHIN_MS, undefined, { signal });
      if (hasBegun()) break;
      await this.#look(remote, signal);
    }
    await once(signal, "abort");
  }

  async #pollView(remote: RemotePeer, signal: AbortSignal): Promise<void> {
    for (;;) {
      await elapse(this.#delegate.lookEveryMs(), undefined, { signal });
      await this.#look(remote, signal);
    }
  }

  /**
   * Asks for the whole view. The stream is stalled when two answers in a row hold changes that it should have told, and
   * has not.
   */
  async #look(remote: RemotePeer, signal: AbortSignal): Promise<void> {
    const before = this.#messages;
    const { members } = await remote.getMembers({ includeGone: true });
    signal.throwIfAborted();
    // What the stream brought meanwhile may be newer than the answer.
    if (this.#messages !== before) this.#missed = 0;
    else if (this.#reconcile(members)) this.#missed++;
    if (this.#missed === 2) throw new StalledStream("its stream tells no changes, though there are some");
  }

  /** Asks again and again as long as there is an answer. A peer that has none is followed all the same. */
  async #poll<T>(
    ask: () => Promise<T | undefined>,
    take: (answer: T | undefined) => void,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      const answer = await ask();
      signal.throwIfAborted();
      take(answer);
      if (answer === undefined) break;
      await elapse(this.#delegate.trafficEveryMs(), undefined, { signal });
    }
    await once(signal, "abort");
  }

  /** Undefined: the peer does not publish it. */
  #trafficIs(traffic: Traffic | undefined): void {
    if (traffic === undefined) this.#delegate.trafficReceived(this, null);
    const figures = traffic && this.#traffic && figuresOf(this.#traffic, traffic);
    this.#traffic = traffic;
    if (figures !== undefined) this.#delegate.trafficReceived(this, figures);
  }

  /** Undefined: the peer does not say how it stands. */
  #stateIs(state: StateOfPeer | undefined): void {
    if (state === undefined) return;
    const text = `${state.preset ?? ""} ${state.name} ${state.reason}`;
    if (text !== this.#state) this.#delegate.stateReceived(this, state);
    this.#state = text;
  }

  #identify(address: Address): void {
    const problem = this.#delegate.identified(this, address);
    if (problem !== undefined) throw new FalseIdentity(problem);
    this.identity = address;
  }

  /**
   * Reports a view that differs from the last that is known. Returns whether it holds what the stream should have told.
   */
  #reconcile(members: readonly Member[]): boolean {
    const last = this.#delegate.lastView(this);
    const differs =
      last?.size !== members.length || members.some((member) => whole(member) !== whole(last.get(member.address)));
    if (!differs) return false;
    const isUntold = members.some((member) => tellable(member) !== tellable(last?.get(member.address)));
    this.#delegate.viewReceived(this, members);
    return isUntold;
  }
}

function whole(member: Member | undefined): string {
  return JSON.stringify([member?.status, member?.generation, member?.incarnation, member?.meta]);
}

/** The part of a member's record that never changes without an event. */
function tellable(member: Member | undefined): string {
  const isLive = member?.status === "alive" || member?.status === "suspect";
  return isLive ? JSON.stringify([member.status, member.generation, member.meta]) : "gone";
}

/** gRPC's codes for "not in time", "no such method" and "not what the protocol says". */
const CODES = { late: 4, unimplemented: 12, internal: 13 };

/** What an error says of the peer, and the error in words. */
function diagnosis(error: unknown, remote: RemotePeer): [Loss, string] {
  const { message, cause } = error as Error;
  const why = message.startsWith(`${remote.address}: `) ? message.slice(remote.address.length + 2) : message;
  const { code, name } = (cause ?? {}) as { code?: number; name?: string };
  if (error instanceof FalseIdentity || name === "Malformed") return ["malformed", why];
  if (error instanceof StalledStream) return ["silent", why];
  if (code === CODES.unimplemented || code === CODES.internal) return ["malformed", why];
  if (code === CODES.late && remote.hasConnected) return ["silent", `no answer within ${ANSWER_WITHIN_MS} ms`];
  if (code === CODES.late) return ["unreachable", `no connection within ${ANSWER_WITHIN_MS} ms`];
  return ["unreachable", why];
}
