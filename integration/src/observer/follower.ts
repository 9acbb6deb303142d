import { setTimeout as elapse } from "node:timers/promises";
import { once } from "node:events";
import { RemotePeer, type Address, type Member } from "gossip-peer";
import { figuresOf } from "./figures.js";
import type { Figures, Link } from "./page/types.js";

/** Above any honest answer of a peer that gets its share of the machine. */
const ANSWER_WITHIN_MS = 2000;
/** Between two attempts at a peer that was lost: it doubles up to the longest. */
const SHORTEST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 4000;

/** Who wants to know what a peer says. Called synchronously, and never after `stop`. */
export interface Audience {
  /** A peer answered and says that this is its address. Returns what is wrong with that, if anything is. */
  identified(follower: Follower, address: Address): string | undefined;
  lost(follower: Follower, link: Exclude<Link, "followed">, why: string): void;
  /** Its whole view. */
  saw(follower: Follower, members: readonly Member[]): void;
  /** One change of it. */
  told(follower: Follower, kind: Change["kind"], member: Member): void;
  /** What it was last heard to believe. */
  held(follower: Follower): ReadonlyMap<Address, Member> | undefined;
  /** How long to wait between two looks at its whole view. */
  lookEveryMs(): number;
  /** What its talk with others cost it since the last time; null when it does not publish that. */
  measured(follower: Follower, traffic: Figures | null): void;
  /** How long to wait between two times. */
  measureEveryMs(): number;
}

type Change = Extract<
  Awaited<ReturnType<ReturnType<RemotePeer["watch"]>["next"]>>["value"],
  { type: "event" }
>["event"];

/** Says something that cannot be true. */
class Lie extends Error {}
/** Answers, but its stream tells no changes. */
class Stalled extends Error {}

/**
 * Follows one peer, through all its ends and returns, until it is stopped. Besides listening to its stream it looks at
 * the whole view now and then: a frozen peer's stream stays open, and what is forgotten is not told.
 */
export class Follower {
  readonly door: Address;
  /** What the peer calls itself; undefined until it has answered. */
  identity: Address | undefined;
  readonly #audience: Audience;
  readonly #stopped = new AbortController();
  /** How many messages the stream has brought. */
  #messages = 0;

  /** `door` is where it is dialled. */
  constructor(door: Address, audience: Audience) {
    this.door = door;
    this.#audience = audience;
  }

  /** Resolves when it was stopped and all its connections are closed. */
  async run(): Promise<void> {
    const { signal } = this.#stopped;
    for (let failures = 0; !this.#hasStopped(); failures++) {
      const remote = new RemotePeer(this.door, { timeoutMs: ANSWER_WITHIN_MS });
      try {
        await this.#follow(remote, () => (failures = 0));
      } catch (error) {
        if (!this.#hasStopped()) this.#audience.lost(this, ...diagnosis(error, remote));
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

  async #follow(remote: RemotePeer, reached: () => void): Promise<void> {
    const { address, members } = await remote.getMembers({ includeGone: true });
    if (this.#hasStopped()) return;
    this.#identify(address);
    reached();
    this.#audience.saw(this, members);
    const end = new AbortController();
    const signal = AbortSignal.any([end.signal, this.#stopped.signal]);
    const all = [this.#listen(remote, signal), this.#look(remote, signal), this.#measure(remote, signal)];
    try {
      await Promise.race(all);
    } finally {
      end.abort();
      await Promise.allSettled(all);
    }
  }

  async #listen(remote: RemotePeer, signal: AbortSignal): Promise<void> {
    for await (const told of remote.watch(signal)) {
      if (signal.aborted) return;
      this.#messages++;
      if (told.type === "event") this.#audience.told(this, told.event.kind, told.event.member);
      else {
        this.#identify(told.address);
        this.#compare(told.members);
      }
    }
  }

  async #look(remote: RemotePeer, signal: AbortSignal): Promise<void> {
    let missed = 0;
    for (;;) {
      await elapse(this.#audience.lookEveryMs(), undefined, { signal });
      const before = this.#messages;
      const { members } = await remote.getMembers({ includeGone: true });
      if (signal.aborted) return;
      // What the stream brought meanwhile may be newer than the answer.
      if (this.#messages !== before) missed = 0;
      else if (this.#compare(members)) missed++;
      if (missed === 2) throw new Stalled("its stream tells no changes, though there are some");
    }
  }

  async #measure(remote: RemotePeer, signal: AbortSignal): Promise<void> {
    const isOver = (): boolean => signal.aborted;
    let before = await remote.getTraffic();
    while (before !== undefined && !isOver()) {
      await elapse(this.#audience.measureEveryMs(), undefined, { signal });
      const now = await remote.getTraffic();
      if (isOver()) return;
      const figures = now && figuresOf(before, now);
      if (figures !== undefined) this.#audience.measured(this, figures);
      before = now;
    }
    if (isOver()) return;
    this.#audience.measured(this, null);
    await once(signal, "abort"); // it is followed all the same
  }

  #identify(address: Address): void {
    const problem = this.#audience.identified(this, address);
    if (problem !== undefined) throw new Lie(problem);
    this.identity = address;
  }

  /** Reports a view that differs from what is held. Returns whether it holds what the stream should have told. */
  #compare(members: readonly Member[]): boolean {
    const held = this.#audience.held(this);
    const differs =
      held?.size !== members.length || members.some((member) => whole(member) !== whole(held.get(member.address)));
    if (!differs) return false;
    const untold = members.some((member) => tellable(member) !== tellable(held?.get(member.address)));
    this.#audience.saw(this, members);
    return untold;
  }
}

function whole(member: Member | undefined): string {
  return JSON.stringify([member?.status, member?.generation, member?.incarnation, member?.meta]);
}

/** What of a member's record never changes without an event. */
function tellable(member: Member | undefined): string {
  const isLive = member?.status === "alive" || member?.status === "suspect";
  return isLive ? JSON.stringify([member.status, member.generation, member.meta]) : "gone";
}

/** gRPC's codes for "not in time", "no such method" and "not what the protocol says". */
const CODES = { late: 4, unimplemented: 12, internal: 13 };

function diagnosis(error: unknown, remote: RemotePeer): [Exclude<Link, "followed">, string] {
  const { message, cause } = error as Error;
  const why = message.startsWith(`${remote.address}: `) ? message.slice(remote.address.length + 2) : message;
  const { code, name } = (cause ?? {}) as { code?: number; name?: string };
  if (error instanceof Lie || name === "Malformed") return ["malformed", why];
  if (error instanceof Stalled) return ["silent", why];
  if (code === CODES.unimplemented || code === CODES.internal) return ["malformed", why];
  if (code === CODES.late && remote.hasConnected) return ["silent", `no answer within ${ANSWER_WITHIN_MS} ms`];
  if (code === CODES.late) return ["unreachable", `no connection within ${ANSWER_WITHIN_MS} ms`];
  return ["unreachable", why];
}
