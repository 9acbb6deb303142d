import type { Address } from "../core/address.js";
import type { Effect, ExchangeReply, Input, ProbeRequest, ProbeResult } from "../core/messages.js";
import type { Protocol } from "../core/protocol.js";
import type { Millis } from "../core/timing.js";
import { DEFAULT_MAX_CONNECTIONS } from "../options.js";
import type { CallEffect, Endpoint, Failure, ProcessEvent, Question, Rpc } from "./events.js";
import type { MessageCodec } from "./message-codec.js";
import type { SimulatedPeer } from "./simulated-peer.js";
import type { Cause, Watcher } from "./watcher.js";
import type { World } from "./world.js";

const EXPIRED: Failure = { reason: "DEADLINE_EXCEEDED", refused: false };

/**
 * Connects one life's protocol to the simulated world, as Shell does to the real one: feeds it what happens, and performs its
 * effects.
 */
export class SimulatedShell {
  readonly protocol: Protocol;
  /** The peers to which a connection is held, the least recently used first, each with its moves when it was made. */
  readonly connections = new Map<Address, number>();
  readonly #owner: SimulatedPeer & Endpoint;
  readonly #world: World;
  readonly #codec: MessageCodec;
  /** The probes that others have asked for and that have no answer yet, by their token. */
  readonly #asked = new Map<number, Rpc>();
  /** The seeds that are being looked up. */
  readonly #resolving = new Set<Address>();
  #nextToken = 1;
  #alarmAt: Millis = Infinity;

  constructor(protocol: Protocol, owner: SimulatedPeer & Endpoint, world: World, codec: MessageCodec) {
    this.protocol = protocol;
    this.#owner = owner;
    this.#world = world;
    this.#codec = codec;
  }

  /** Hands an input to the protocol and performs what follows. */
  handle(input: Input): void {
    this.#world.trace.add(this.#world.now, input.type, this.#owner.address);
    this.#perform(input.type, this.protocol.handle(input, this.#world.now));
  }

  /** Takes in an event of this life. */
  take(event: ProcessEvent): void {
    switch (event.type) {
      case "wake":
        if (this.#alarmAt !== event.at) return;
        this.#alarmAt = Infinity;
        this.handle({ type: "wake" });
        break;
      case "resolved":
        this.#resolving.delete(event.seed);
        this.handle({ type: "resolved", seed: event.seed, addresses: event.addresses });
        break;
      case "told":
        this.handle(event.input);
        break;
      case "request":
        this.#answer(event.rpc, event.question);
        break;
      case "reply":
        this.#replied(event.rpc, event.reply);
        break;
      case "overdue":
        this.#overdue(event.rpc);
        break;
      case "timeout":
        this.#failed(event.rpc, EXPIRED);
        break;
      case "broken":
        this.#failed(event.rpc, event.failure);
        break;
      case "closed":
        this.connections.delete(event.address);
        this.handle({ type: "closed", address: event.address });
        break;
    }
  }

  // ---- effects ------------------------------------------------------------------------------------------------------

  #perform(cause: Cause, effects: readonly Effect[]): void {
    this.#tellWatchers((watcher) => watcher.handled?.(this.#owner, cause, effects));
    for (const effect of effects) this.#performOne(effect);
    this.#setAlarm();
  }

  #performOne(effect: Effect): void {
    const { trace, now } = this.#world;
    switch (effect.type) {
      case "exchange": {
        const request = this.#codec.request(effect.request);
        this.#tellWatchers((watcher) => watcher.sent?.(this.#owner, request, effect.to));
        this.#call(effect, { type: "exchange", request });
        break;
      }
      case "probe":
        this.#tellWatchers((watcher) => watcher.probed?.(this.#owner, effect.request));
        this.#call(effect, { type: "probe", request: this.#codec.probe(effect.request) });
        break;
      case "report":
        this.#report(effect.token, effect.result);
        break;
      case "resolve":
        this.#resolve(effect.seed);
        break;
      case "announce":
        trace.add(now, effect.event.kind, this.#owner.address, effect.event.member.address);
        this.#tellWatchers((watcher) => watcher.announced?.(this.#owner, effect.event));
        break;
      case "warn":
        trace.add(now, `warning: ${effect.text}`, this.#owner.address);
        break;
    }
  }

  /** As in the real shell, a look-up that outlasts the seed's next turn answers for both. */
  #resolve(seed: Address): void {
    if (this.#resolving.has(seed)) return;
    this.#resolving.add(seed);
    const { addresses, afterMs } = this.#world.lookUp(seed, this.#owner.address);
    this.#world.schedule(this.#world.now + afterMs, { type: "resolved", ...this.#self, seed, addresses });
  }

  #setAlarm(): void {
    const at = Math.max(this.#world.now, this.protocol.nextWakeAt);
    if (at === this.#alarmAt) return;
    this.#alarmAt = at;
    if (at !== Infinity) this.#world.schedule(at, { type: "wake", ...this.#self, at });
  }

  // ---- being asked --------------------------------------------------------------------------------------------------

  #answer(rpc: Rpc, question: Question): void {
    const cause = question.type === "exchange" ? "request" : "probe";
    this.#world.trace.add(this.#world.now, cause, rpc.caller.address, this.#owner.address);
    if (question.type === "probe") {
      this.#answerProbe(rpc, question.request);
      return;
    }
    const answer = this.protocol.answer(question.request, this.#world.now);
    if ("reply" in answer) {
      const reply = this.#codec.reply(answer.reply);
      this.#tellWatchers((watcher) => watcher.sent?.(this.#owner, reply, rpc.caller.address));
      this.#reply(rpc, reply);
    } else this.#refuse(rpc, answer.refusal);
    this.#perform(cause, answer.effects);
  }

  #answerProbe(rpc: Rpc, request: ProbeRequest): void {
    const token = this.#nextToken++;
    this.#asked.set(token, rpc);
    const effects = this.protocol.probe(request, token, this.#world.now);
    if ("refusal" in effects) {
      this.#asked.delete(token);
      this.#refuse(rpc, effects.refusal);
    } else this.#perform("probe", effects);
  }

  #report(token: number, result: ProbeResult): void {
    const rpc = this.#asked.get(token);
    this.#asked.delete(token);
    if (rpc !== undefined) this.#reply(rpc, result);
  }

  #reply(rpc: Rpc, reply: ExchangeReply | ProbeResult): void {
    this.#owner.send({ type: "reply", to: rpc.caller, life: rpc.life, rpc, reply });
  }

  #refuse(rpc: Rpc, refusal: string): void {
    this.#world.fail(this.#owner.address, rpc, { reason: `FAILED_PRECONDITION: ${refusal}`, refused: false });
  }

  // ---- calls of its own ---------------------------------------------------------------------------------------------

  #call({ id, to, timeoutMs, deadlineMs }: CallEffect, question: Question): void {
    const world = this.#world;
    const { to: caller, life } = this.#self;
    const rpc: Rpc = { caller, life, id, to, deadlineAt: world.now + deadlineMs, isOpen: true };
    world.open(rpc);
    world.schedule(world.now + timeoutMs, { type: "overdue", ...this.#self, rpc });
    const target = world.endpointAt(to);
    const hasMoved = target !== undefined && (this.connections.get(to) ?? target.moves) !== target.moves;
    if (target !== undefined && !hasMoved)
      caller.send({ type: "request", to: target, life: target.life, rpc, question });
  }

  /** An answer comes over a connection, which stays open from then on. */
  #replied(rpc: Rpc, reply: ExchangeReply | ProbeResult): void {
    if (!this.#world.close(rpc)) return;
    const moves = this.connections.get(rpc.to) ?? this.#world.endpointAt(rpc.to)?.moves ?? 0;
    this.connections.delete(rpc.to);
    // As the real shell does: a connection that led to somebody else is not kept.
    const isAlias = typeof reply !== "string" && reply.sender !== rpc.to;
    if (!isAlias) this.connections.set(rpc.to, moves);
    const [oldest] = this.connections.keys();
    if (this.connections.size > DEFAULT_MAX_CONNECTIONS && oldest !== undefined) this.connections.delete(oldest);
    if (typeof reply === "string") this.handle({ type: "probed", id: rpc.id, result: reply });
    else this.handle({ type: "replied", id: rpc.id, reply });
  }

  #overdue(rpc: Rpc): void {
    if (!rpc.isOpen) return;
    if (rpc.deadlineAt <= this.#world.now) {
      this.#failed(rpc, EXPIRED);
      return;
    }
    this.#world.schedule(rpc.deadlineAt, { type: "timeout", ...this.#self, rpc });
    this.handle({ type: "overdue", id: rpc.id });
  }

  #failed(rpc: Rpc, failure: Failure): void {
    if (!this.#world.close(rpc)) return;
    this.connections.delete(rpc.to);
    this.handle({ type: "unreachable", id: rpc.id, ...failure });
  }

  /** The addressee of events for this life. */
  get #self(): { readonly to: Endpoint; readonly life: number } {
    return { to: this.#owner, life: this.#owner.life };
  }

  #tellWatchers(tell: (watcher: Watcher) => void): void {
    for (const watcher of this.#world.watchers) tell(watcher);
  }
}
