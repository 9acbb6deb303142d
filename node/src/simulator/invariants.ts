import type { Address } from "../core/address.js";
import type { Effect, ExchangeReply, ExchangeRequest } from "../core/messages.js";
import { metaProblem } from "../core/meta.js";
import { isAhead, isLive, supersedes, type MemberRecord } from "../core/record.js";
import type { Millis } from "../core/timing.js";
import type { SimulatedPeer } from "./simulated-peer.js";
import type { Simulation } from "./simulation.js";
import type { Cause, Watcher } from "./watcher.js";

const MEANINGS = {
  "only the owner speaks for itself": "nobody holds a generation or incarnation that its owner has not reached",
  "records never go back": "a record held is never replaced by one that it supersedes",
  "nobody is listed that never was": "every listed address has been a running peer",
  "the dead stay dead":
    "a generation and incarnation that one peer held as failed or left is not listed there again while it is remembered",
  "a peer lists itself": "a running peer is in its own list, alive",
  "silence after the goodbye": "a peer that has said goodbye starts no exchange but to say so",
  "messages keep their limits":
    "no message holds too many records or too much metadata, and no request is without the own record",
  "memory is bounded": "tombstones and open exchanges stay within their limits",
} as const;

/** The name of an invariant: a key of INVARIANTS. */
export type InvariantName = keyof typeof MEANINGS;

/** What must hold after every event, whatever the network and the machines do: names and meanings. */
export const INVARIANTS: Readonly<Record<InvariantName, string>> = MEANINGS;

/** The error with which a run ends when an invariant does not hold. */
export class Violation extends Error {
  /** Always "Violation". */
  override readonly name = "Violation";
  /** Which invariant does not hold; the message says of whom, and how. */
  readonly invariant: InvariantName;

  /** The message is made of the invariant, its meaning and these details. */
  constructor(invariant: InvariantName, details: string) {
    super(`"${invariant}" does not hold (${INVARIANTS[invariant]}): ${details}`);
    this.invariant = invariant;
  }
}

/**
 * Watches a simulation and throws a Violation at the event that breaks an invariant: out of the `pass` or `passUntil` that
 * is under way. Give it to `simulation.watch`.
 */
export class Invariants implements Watcher {
  readonly #simulation: Simulation;
  /** The highest record that each life of a peer has held of each address. */
  readonly #held = new Map<string, Map<Address, MemberRecord>>();
  /**
   * When the first peer came to hold a version of a record as failed or left. The age of a tombstone travels, so it
   * ends everywhere at once.
   */
  readonly #goneSince = new Map<string, Millis>();
  /** The highest record each peer has reached in any of its lives: a restart with a clock set back starts lower. */
  readonly #owners = new Map<Address, MemberRecord>();
  readonly #revisions = new Map<string, number>();
  readonly #gone = new Set<string>();
  /** The number of records that were checked, so that a run can prove that something was. */
  checks = 0;

  /** Nothing is watched before `simulation.watch(invariants)`. */
  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** Checks a peer that has taken something in. Throws Violation. */
  handled(peer: SimulatedPeer, cause: Cause, effects: readonly Effect[]): void {
    this.#silenceAfterGoodbye(peer, cause, effects);
    const protocol = peer.protocol;
    if (protocol === undefined) return;
    this.#boundedMemory(peer);
    const life = lifeOf(peer);
    if (this.#revisions.get(life) === protocol.revision) return;
    this.#revisions.set(life, protocol.revision);
    this.#checkView(peer, life);
  }

  /** Checks a message that a peer sends. Throws Violation. */
  sent(from: SimulatedPeer, message: ExchangeRequest | ExchangeReply): void {
    const most = this.#simulation.limits.maxRecordsPerMessage;
    const complain = (what: string): never => {
      throw new Violation("messages keep their limits", `${from.address} sent ${what}`);
    };
    if (message.records.length > most) complain(`${message.records.length} records`);
    const isRequest = "recipient" in message;
    if (isRequest && message.records[0]?.address !== from.address) complain("a request without its own record first");
    for (const record of message.records) {
      if (this.#owners.get(record.address)?.meta !== record.meta && metaProblem(record.meta) !== undefined) {
        complain(`too much metadata of ${record.address}`);
      }
    }
  }

  #checkView(peer: SimulatedPeer, life: string): void {
    const records = peer.protocol?.members({ includeGone: true }) ?? [];
    const own = records.find(({ address }) => address === peer.address);
    if (own === undefined || (peer.state === "running" && own.status !== "alive" && !this.#gone.has(life))) {
      throw new Violation("a peer lists itself", `${peer.address} has ${own?.status ?? "no record"} of itself`);
    }
    const reached = this.#owners.get(peer.address);
    if (reached?.meta !== own.meta) this.#ownMetadata(own);
    if (reached === undefined || !isAhead(reached, own)) this.#owners.set(peer.address, own);
    // A peer that slept for longer than the dead are remembered forgets all others, and begins anew.
    const hasForgotten = records.length === 1;
    const held = (hasForgotten ? undefined : this.#held.get(life)) ?? new Map<Address, MemberRecord>();
    this.#held.set(life, held);
    for (const record of records) this.#checkRecord(peer, record, held);
  }

  /** Checks the metadata that an owner gives itself, once, and not again in each message. */
  #ownMetadata({ address, meta }: MemberRecord): void {
    const problem = metaProblem(meta);
    if (problem !== undefined)
      throw new Violation("messages keep their limits", `${address} says of itself: ${problem}`);
  }

  #checkRecord(peer: SimulatedPeer, record: MemberRecord, held: Map<Address, MemberRecord>): void {
    this.checks++;
    const before = held.get(record.address);
    if (before === record) return;
    const what = `${peer.address} holds ${show(record)}`;
    const owner = this.#owners.get(record.address);
    if (owner === undefined) throw new Violation("nobody is listed that never was", what);
    if (isAhead(record, owner)) {
      throw new Violation("only the owner speaks for itself", `${what}, its owner is at ${show(owner)}`);
    }
    if (!isLive(record) && !this.#goneSince.has(version(record))) {
      this.#goneSince.set(version(record), this.#simulation.now);
    }
    if (before !== undefined && supersedes(before, record) && !this.#mayBeForgotten(before)) {
      const backFromTheDead = !isLive(before) && isLive(record) && !isAhead(before, record);
      throw new Violation(
        backFromTheDead ? "the dead stay dead" : "records never go back",
        `${what} after ${show(before)}`,
      );
    }
    held.set(record.address, record);
  }

  /** Whether nothing may remember any more that the member was gone: it may come back with the same record then. */
  #mayBeForgotten(record: MemberRecord): boolean {
    const since = this.#goneSince.get(version(record)) ?? Infinity;
    return !isLive(record) && this.#simulation.now - since >= this.#simulation.timing.tombstoneTtlMs;
  }

  #silenceAfterGoodbye(peer: SimulatedPeer, cause: Cause, effects: readonly Effect[]): void {
    const life = lifeOf(peer);
    const isOther = (effect: Effect): boolean =>
      effect.type === "exchange" && effect.request.records[0]?.status !== "left";
    if (this.#gone.has(life) && effects.some(isOther)) {
      throw new Violation("silence after the goodbye", `${peer.address} started an exchange after "${cause}"`);
    }
    if (cause === "leave") this.#gone.add(life);
  }

  #boundedMemory(peer: SimulatedPeer): void {
    const sizes = peer.protocol?.sizes();
    if (sizes === undefined) return;
    const { maxTombstones, maxMembers, maxSeeds } = this.#simulation.limits;
    const most = {
      live: maxMembers,
      tombstones: maxTombstones,
      // At most 32 calls to each address are overdue, and some are not yet.
      calls: 40 * (sizes.live + sizes.tombstones + maxSeeds + 4),
      partners: sizes.live,
    };
    for (const [name, size] of Object.entries(sizes)) {
      const limit = most[name as keyof typeof most];
      if (size > limit)
        throw new Violation("memory is bounded", `${peer.address} holds ${size} ${name}, more than ${limit}`);
    }
  }
}

/** A text that no other life has. */
function lifeOf({ address, isTwin, life }: SimulatedPeer): string {
  return `${isTwin ? "twin of " : ""}${address} ${life}`;
}

function version({ address, generation, incarnation }: MemberRecord): string {
  return `${address} ${generation} ${incarnation}`;
}

function show({ address, generation, incarnation, status }: MemberRecord): string {
  return `${address} ${status} (generation ${generation}, incarnation ${incarnation})`;
}
