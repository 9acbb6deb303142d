import type { Address } from "../../src/core/address.js";
import type { Answer, Effect, ExchangeRequest, MemberEventKind } from "../../src/core/messages.js";
import type { PeerMeta } from "../../src/core/meta.js";
import { Protocol } from "../../src/core/protocol.js";
import { seededRandom } from "../../src/core/random.js";
import { DEFAULT_LIMITS, resolveTiming, type Millis, type ProtocolTiming } from "../../src/core/timing.js";

import { list } from "./protocol.js";

const ONE_WAY_MS = 1;

interface Due {
  readonly at: Millis;
  readonly owner: Address;
  readonly act: () => void;
}

interface Seen {
  readonly at: Millis;
  readonly by: Address;
  readonly kind: MemberEventKind;
  readonly about: Address;
}

/** Protocols in virtual time, and a network between them that delivers, refuses or keeps silent. */
export class Network {
  now: Millis = 0;
  readonly events: Seen[] = [];
  /** Every exchange that was asked for, whether or not it arrived. */
  readonly exchanges: { at: Millis; from: Address; to: Address }[] = [];
  /** What a seed's name stands for; any other seed stands for itself. */
  readonly names = new Map<Address, Address[]>();
  /** Whether messages get from one to the other; silence where not. */
  connected: (from: Address, to: Address) => boolean = () => true;
  readonly timing: ProtocolTiming;
  readonly #peers = new Map<Address, Protocol>();
  readonly #frozen = new Set<Address>();
  #due: Due[] = [];
  #chance: number;

  constructor(timing: Partial<ProtocolTiming> = {}, chance = 1) {
    this.timing = resolveTiming({ pingPeriodMs: 100, ...timing });
    this.#chance = chance;
  }

  /** A peer starts; on an address that is in use already, a new life of it. */
  start(
    address: Address,
    { seeds = [] as Address[], name = "", cluster = "test", generation = 1000 + this.now } = {},
  ): Protocol {
    const self = { address, cluster, generation, meta: { name } };
    const peer = new Protocol(self, this.timing, DEFAULT_LIMITS, seededRandom(this.#chance++), this.now);
    this.kill(address);
    this.#peers.set(address, peer);
    for (const seed of seeds) this.#perform(address, peer.handle({ type: "add-seed", seed }, this.now));
    return peer;
  }

  /** As many peers, all started now, each with the one before as its seed or all with the first. */
  startMany(count: number, seededBy: "first" | "previous" = "first", name = "p"): Protocol[] {
    return Array.from({ length: count }, (_, at) => {
      const seeds = at === 0 ? [] : [`${name}${seededBy === "first" ? 0 : at - 1}:1`];
      return this.start(`${name}${at}:1`, { seeds });
    });
  }

  /** The process ends without a word; its port refuses from then on. */
  kill(address: Address): void {
    this.#peers.delete(address);
    this.#due = this.#due.filter(({ owner }) => owner !== address);
  }

  freeze(address: Address): void {
    this.#frozen.add(address);
  }

  thaw(address: Address): void {
    this.#frozen.delete(address);
  }

  tell(address: Address, input: Parameters<Protocol["handle"]>[0]): void {
    this.#perform(address, this.#peers.get(address)?.handle(input, this.now) ?? []);
  }

  /** Who lists whom: of every running peer its own list, in order. */
  views(): Map<Address, Address[]> {
    return new Map([...this.#peers].map(([address, peer]) => [address, list(peer)]));
  }

  /** What those who list an address hold of its metadata. */
  metaOf(address: Address): PeerMeta[] {
    return [...this.#peers.values()].flatMap((peer) =>
      peer.members().flatMap((member) => (member.address === address ? [member.meta] : [])),
    );
  }

  /** Whether all that run list exactly each other. */
  agreed(): boolean {
    const all = [...this.#peers.keys()].sort().join();
    return [...this.#peers.values()].every((peer) => list(peer).join() === all);
  }

  /** Lets time pass; `always` is called after everything that happens. */
  run(durationMs: Millis, always: () => void = () => undefined): void {
    this.#until(this.now + durationMs, () => {
      always();
      return false;
    });
  }

  /** Lets time pass until the check holds, and fails when it does not within the budget. */
  settle(budgetMs: Millis, check: () => boolean = () => this.agreed()): void {
    if (this.#until(this.now + budgetMs, check)) return;
    throw new Error(`not settled within ${budgetMs} ms: ${JSON.stringify([...this.views()])}`);
  }

  #until(end: Millis, check: () => boolean): boolean {
    while (!check()) {
      const next = this.#next();
      if (next === undefined || next.at > end) {
        this.now = end;
        return false;
      }
      this.now = Math.max(this.now, next.at);
      next.act();
    }
    return true;
  }

  /** The earliest of what is under way and the alarms; nothing happens at a frozen peer. */
  #next(): Due | undefined {
    const alarms = [...this.#peers].map(([owner, peer]): Due => {
      const act = (): void => {
        this.tell(owner, { type: "wake" });
      };
      return { at: peer.nextWakeAt, owner, act };
    });
    let earliest: Due | undefined;
    for (const due of [...alarms, ...this.#due]) {
      if (due.at < (earliest?.at ?? Infinity) && !this.#frozen.has(due.owner)) earliest = due;
    }
    return earliest;
  }

  #after(delayMs: Millis, owner: Address, act: () => void): void {
    const due: Due = {
      at: this.now + delayMs,
      owner,
      act: () => {
        this.#due.splice(this.#due.indexOf(due), 1);
        act();
      },
    };
    this.#due.push(due);
  }

  #perform(by: Address, effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === "exchange") this.#exchange(by, effect);
      if (effect.type === "announce") {
        const { kind, member } = effect.event;
        this.events.push({ at: this.now, by, kind, about: member.address });
      }
      if (effect.type === "resolve") {
        const { seed } = effect;
        const addresses = this.names.get(seed) ?? [seed];
        this.#after(0, by, () => {
          this.tell(by, { type: "resolved", seed, addresses });
        });
      }
    }
  }

  #exchange(from: Address, { id, to, request, timeoutMs }: Extract<Effect, { type: "exchange" }>): void {
    this.exchanges.push({ at: this.now, from, to });
    const outcome = (delayMs: Millis, input: Parameters<Protocol["handle"]>[0]): void => {
      this.#after(delayMs, from, () => {
        this.tell(from, input);
      });
    };
    if (!this.connected(from, to) || !this.connected(to, from) || this.#frozen.has(to)) {
      outcome(timeoutMs, { type: "unreachable", id, reason: "silent" });
      return;
    }
    const answer = this.#ask(to, request);
    if (answer === undefined) outcome(2 * ONE_WAY_MS, { type: "unreachable", id, reason: "refused" });
    else if ("refusal" in answer) outcome(2 * ONE_WAY_MS, { type: "unreachable", id, reason: answer.refusal });
    else outcome(2 * ONE_WAY_MS, { type: "replied", id, reply: answer.reply });
  }

  #ask(to: Address, request: ExchangeRequest): Answer | undefined {
    const answer = this.#peers.get(to)?.answer(request, this.now);
    this.#perform(to, answer?.effects ?? []);
    return answer;
  }
}
