import type { Address } from "../core/address.js";
import type { Effect, ExchangeReply, ExchangeRequest, Input, MemberEvent, ProbeRequest } from "../core/messages.js";
import type { PeerMeta } from "../core/meta.js";
import { Protocol } from "../core/protocol.js";
import {
  DEFAULT_LIMITS,
  resolveTiming,
  type Millis,
  type ProtocolLimits,
  type ProtocolTiming,
} from "../core/timing.js";
import { DEFAULT_MAX_CONNECTIONS } from "../options.js";
import { comesIn, type Asks, type Call, type Happening, type Told } from "./happening.js";
import { GOOD_LINK, Network, type LinkSettings } from "./network.js";
import { Queue } from "./queue.js";
import { isAsleep, type Rhythm, type SimulatedPeer } from "./simulated-peer.js";
import { stream } from "./streams.js";
import { Trace } from "./trace.js";

/** The wall clock at the start of every run: what generations are counted from. */
const EPOCH_MS = 1_700_000_000_000;

export interface SimulationOptions {
  readonly seed: number;
  readonly timing?: Partial<ProtocolTiming>;
  readonly limits?: Partial<ProtocolLimits>;
  readonly link?: Partial<LinkSettings>;
  /** Sends every message through it and back; none by default. */
  readonly wire?: Wire;
}

/** What a message becomes on its way. The codec in codec mode. */
export interface Wire {
  request(request: ExchangeRequest): ExchangeRequest;
  probe?(request: ProbeRequest): ProbeRequest;
  reply(reply: ExchangeReply): ExchangeReply;
}

/** Who wants to know what happens. Called synchronously; must change nothing. */
export interface Watcher {
  /** A peer took something in: its state is consistent again, and these effects follow. */
  handled?(peer: SimulatedPeer, cause: Cause, effects: readonly Effect[]): void;
  announced?(peer: SimulatedPeer, event: MemberEvent): void;
  /** A peer asks another to try one. */
  probed?(from: SimulatedPeer, request: ProbeRequest): void;
  /** `to` is where it is sent; nobody need be there. */
  sent?(from: SimulatedPeer, message: ExchangeRequest | ExchangeReply, to: Address): void;
}

export type Cause = Input["type"] | "request" | "probe";

/**
 * Peers in virtual time: the very Protocol that runs in production, one queue of events and a seeded network. Synchronous
 * and deterministic: the same options and the same calls give the same trace.
 */
export class Simulation {
  readonly seed: number;
  readonly timing: ProtocolTiming;
  readonly limits: ProtocolLimits;
  readonly network: Network;
  readonly trace = new Trace();
  readonly peers: SimulatedPeer[] = [];
  readonly #byAddress = new Map<Address, SimulatedPeer>();
  readonly #names = new Map<Address, () => readonly Address[]>();
  readonly #queue = new Queue<Happening>();
  readonly #calls = new Set<Call>();
  /** The probes that have been asked for and not answered yet, by their token. */
  readonly #probes = new Map<number, { readonly call: Call; readonly by: SimulatedPeer }>();
  #nextToken = 1;
  readonly #watchers: Watcher[] = [];
  readonly #link: LinkSettings;
  readonly #wire: Wire | undefined;
  #now: Millis = 0;

  constructor({ seed, timing, limits, link, wire }: SimulationOptions) {
    this.seed = seed;
    this.timing = resolveTiming(timing);
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.#link = { ...GOOD_LINK, ...link };
    this.#wire = wire;
    this.network = new Network(stream(seed, "network"), this.#link, () => this.#now);
  }

  get now(): Millis {
    return this.#now;
  }

  get running(): SimulatedPeer[] {
    return this.peers.filter((peer) => peer.state === "running");
  }

  watch(watcher: Watcher): void {
    this.#watchers.push(watcher);
  }

  // ---- what is done to peers ----------------------------------------------------------------------------------------

  /** A peer that is there and not started. Without an address it gets 10.0.x.y:7946 by its number. */
  addPeer({
    address,
    meta = {},
    seeds = [],
  }: { address?: Address; meta?: PeerMeta; seeds?: readonly Address[] } = {}): SimulatedPeer {
    const index = this.peers.length;
    const peer: SimulatedPeer = {
      index,
      address: address ?? `10.0.${(index + 1) >> 8}.${(index + 1) & 255}:7946`,
      protocol: undefined,
      state: "new",
      frozen: false,
      blocked: false,
      thawedAt: -Infinity,
      life: 0,
      refuses: false,
      clockSkewMs: 0,
      cluster: "default",
      meta,
      seeds,
      alarmAt: Infinity,
      waiting: [],
      unsent: [],
      connections: new Set(),
    };
    this.peers.push(peer);
    this.#byAddress.set(peer.address, peer);
    return peer;
  }

  /** A name that stands for several addresses, asked anew each time. */
  setName(name: Address, addresses: () => readonly Address[]): void {
    this.#names.set(name, addresses);
  }

  peerAt(address: Address): SimulatedPeer | undefined {
    return this.#byAddress.get(address);
  }

  start(peer: SimulatedPeer): void {
    this.#note("start", peer);
    if (peer.state === "running") return;
    if (peer.state === "leaving") this.#end(peer, false);
    peer.life++;
    peer.state = "running";
    peer.refuses = false;
    peer.thawedAt = -Infinity;
    this.#wakeEmpty(peer);
    peer.connections.clear();
    const generation = EPOCH_MS + Math.floor(this.#now) + peer.clockSkewMs;
    const random = stream(this.seed, `peer ${peer.index} life ${peer.life}`);
    const self = { address: peer.address, cluster: peer.cluster, generation, meta: peer.meta };
    peer.protocol = new Protocol(self, this.timing, this.limits, random, this.#now);
    for (const seed of peer.seeds) this.#handle(peer, { type: "add-seed", seed });
    this.#handle(peer, { type: "wake" });
  }

  /** A goodbye, and the end once its calls are over. */
  stop(peer: SimulatedPeer): void {
    this.#note("stop", peer);
    if (peer.state !== "running") return;
    this.#wake(peer);
    this.#handle(peer, { type: "leave" });
    peer.state = "leaving"; // and ended once its calls are over, which their deadlines bound
    if (!this.#isCalling(peer)) this.#end(peer, false);
  }

  /** A crash: its connections close, and later calls are swallowed, or refused where the machine lives on. */
  kill(peer: SimulatedPeer, { refuses = false } = {}): void {
    this.#note("kill", peer);
    if (peer.state !== "running" && peer.state !== "leaving") return;
    this.#end(peer, refuses);
  }

  pause(peer: SimulatedPeer): void {
    this.#note("pause", peer);
    if (peer.state === "running") peer.frozen = true;
  }

  resume(peer: SimulatedPeer): void {
    this.#note("resume", peer);
    this.#wake(peer);
  }

  /**
   * Blocked and free by turns from now on, as long as it runs and `goesOn`: its deadlines pass on time, since nothing
   * tells it that it is late, but its calls leave late and answers are read late, in a burst (Lifeguard, section V: slow
   * message processing). Whoever ends it resumes the peer, which may be blocked then.
   */
  starve(peer: SimulatedPeer, rhythm: Rhythm): void {
    const { asleepMs, awakeMs, goesOn } = rhythm;
    if (peer.state !== "running" || !goesOn()) return;
    this.#note("block", peer);
    peer.blocked = true;
    this.at(this.#now + asleepMs(), "let go", () => {
      if (!goesOn()) return;
      this.resume(peer);
      this.at(this.#now + awakeMs, "blocked", () => {
        this.starve(peer, rhythm);
      });
    });
  }

  /**
   * Every connection between it and others closes though all of them live, and calls under way over these break; returns
   * how many there were.
   */
  disconnect(peer: SimulatedPeer): number {
    this.#note("disconnect", peer);
    const own = [...peer.connections];
    for (const address of own) this.#queue.put(this.#now, { type: "closed", peer, life: peer.life, address });
    for (const call of this.#calls) {
      if (call.from === peer) this.#break(call.to, call, "UNAVAILABLE: connection closed", false);
    }
    return own.length + this.#closeConnectionsTo(peer);
  }

  /** At once, or when it thaws; for its next life when it does not run. */
  updateMeta(peer: SimulatedPeer, meta: PeerMeta): void {
    this.#note(`meta ${JSON.stringify(meta)}`, peer);
    if (peer.state === "running") this.#tell(peer, { type: "update-meta", meta });
    else peer.meta = meta;
  }

  addSeed(peer: SimulatedPeer, seed: Address): void {
    this.#note(`seed ${seed}`, peer);
    if (peer.state === "running") this.#tell(peer, { type: "add-seed", seed });
  }

  /** Every link as at first. Peers stay as they are. */
  healNetwork(): void {
    this.trace.add(this.#now, "heal");
    this.network.heal(this.#link);
  }

  // ---- time ---------------------------------------------------------------------------------------------------------

  /** Does something at a moment to come. */
  at(moment: Millis, what: string, act: () => void): void {
    this.#queue.put(Math.max(moment, this.#now), { type: "action", what, act });
  }

  /** Lets so much time pass. */
  pass(durationMs: Millis): void {
    const until = this.#now + durationMs;
    while (this.#queue.nextAt <= until) this.#step();
    this.#now = until;
  }

  /** Lets time pass until something holds, looked at after every event; false when the time ran out first. */
  passUntil(holds: () => boolean, withinMs: Millis): boolean {
    const until = this.#now + withinMs;
    while (!holds()) {
      if (this.#queue.nextAt > until) {
        this.#now = until;
        return false;
      }
      this.#step();
    }
    return true;
  }

  #step(): void {
    const at = this.#queue.nextAt;
    const happening = this.#queue.take();
    if (happening === undefined) return;
    this.#now = at;
    if (happening.type === "action") happening.act();
    else this.#happen(happening);
  }

  #happen(happening: Exclude<Happening, { type: "action" }>): void {
    const { peer } = happening;
    if (happening.life !== peer.life || peer.state === "ended" || peer.state === "new") {
      if (happening.type === "request") this.#meetNobody(happening.call, peer);
      return;
    }
    if (peer.frozen || (peer.blocked && comesIn(happening))) peer.waiting.push(happening);
    else this.#take(peer, happening);
    if (peer.state === "leaving" && !this.#isCalling(peer)) this.#end(peer, false);
  }

  #take(peer: SimulatedPeer, happening: Exclude<Happening, { type: "action" }>): void {
    switch (happening.type) {
      case "wake":
        if (peer.alarmAt !== happening.at) return;
        peer.alarmAt = Infinity;
        this.#handle(peer, { type: "wake" });
        break;
      case "resolved": {
        const named = this.#names.get(happening.seed);
        const addresses = named === undefined ? [happening.seed] : this.network.lookUp(peer.address, () => named());
        this.#handle(peer, { type: "resolved", seed: happening.seed, addresses });
        break;
      }
      case "told":
        if (happening.input.type === "update-meta") peer.meta = happening.input.meta;
        this.#handle(peer, happening.input);
        break;
      case "request":
        this.#answer(peer, happening.call, happening.asks);
        break;
      case "reply":
        this.#replied(peer, happening.call, happening.reply);
        break;
      case "overdue":
        this.#overdue(peer, happening.call);
        break;
      case "timeout":
        this.#fail(peer, happening.call, "DEADLINE_EXCEEDED", false);
        break;
      case "broken":
        this.#fail(peer, happening.call, happening.why, happening.refused);
        break;
      case "closed":
        if (peer.connections.delete(happening.address))
          this.#handle(peer, { type: "closed", address: happening.address });
        break;
    }
  }

  // ---- one peer -----------------------------------------------------------------------------------------------------

  #handle(peer: SimulatedPeer, input: Input): void {
    if (peer.protocol === undefined) return;
    this.trace.add(this.#now, input.type, peer.address);
    this.#perform(peer, input.type, peer.protocol.handle(input, this.#now));
  }

  #tell(peer: SimulatedPeer, input: Told): void {
    this.#happen({ type: "told", peer, life: peer.life, input });
  }

  #answer(peer: SimulatedPeer, call: Call, asks: Asks): void {
    if (peer.protocol === undefined) return;
    this.trace.add(this.#now, asks.type === "exchange" ? "request" : "probe", call.from.address, peer.address);
    if (asks.type === "probe") {
      this.#answerProbe(peer, call, asks.request);
      return;
    }
    const answer = peer.protocol.answer(asks.request, this.#now);
    if ("reply" in answer) {
      const reply = this.#wire?.reply(answer.reply) ?? answer.reply;
      for (const watcher of this.#watchers) watcher.sent?.(peer, reply, call.from.address);
      this.#reply(peer, call, reply);
    } else {
      this.#refuse(peer, call, answer.refusal);
    }
    this.#perform(peer, "request", answer.effects);
  }

  #answerProbe(peer: SimulatedPeer, call: Call, request: ProbeRequest): void {
    const token = this.#nextToken++;
    this.#probes.set(token, { call, by: peer });
    const effects = peer.protocol?.probe(request, token, this.#now) ?? [];
    if ("refusal" in effects) {
      this.#probes.delete(token);
      this.#refuse(peer, call, effects.refusal);
    } else this.#perform(peer, "probe", effects);
  }

  #report(token: number, reached: boolean): void {
    const probe = this.#probes.get(token);
    this.#probes.delete(token);
    if (probe !== undefined) this.#reply(probe.by, probe.call, reached);
  }

  #reply(peer: SimulatedPeer, call: Call, reply: ExchangeReply | boolean): void {
    this.#send(peer.address, call.from.address, { type: "reply", peer: call.from, life: call.life, call, reply });
  }

  #refuse(peer: SimulatedPeer, call: Call, refusal: string): void {
    this.#break(peer.address, call, `FAILED_PRECONDITION: ${refusal}`, false);
  }

  #break(by: Address, call: Call, why: string, refused: boolean): void {
    this.#send(by, call.from.address, { type: "broken", peer: call.from, life: call.life, call, why, refused });
  }

  #perform(peer: SimulatedPeer, cause: Cause, effects: readonly Effect[]): void {
    for (const watcher of this.#watchers) watcher.handled?.(peer, cause, effects);
    for (const effect of effects) {
      switch (effect.type) {
        case "exchange": {
          const request = this.#wire?.request(effect.request) ?? effect.request;
          for (const watcher of this.#watchers) watcher.sent?.(peer, request, effect.to);
          this.#call(peer, effect, { type: "exchange", request });
          break;
        }
        case "probe":
          for (const watcher of this.#watchers) watcher.probed?.(peer, effect.request);
          this.#call(peer, effect, {
            type: "probe",
            request: this.#wire?.probe?.(effect.request) ?? effect.request,
          });
          break;
        case "report":
          this.#report(effect.token, effect.reached);
          break;
        case "resolve":
          this.#queue.put(this.#now, { type: "resolved", peer, life: peer.life, seed: effect.seed });
          break;
        case "announce":
          this.trace.add(this.#now, effect.event.kind, peer.address, effect.event.member.address);
          for (const watcher of this.#watchers) watcher.announced?.(peer, effect.event);
          break;
        case "warn":
          this.trace.add(this.#now, `warning: ${effect.text}`, peer.address);
          break;
      }
    }
    this.#setAlarm(peer);
  }

  #setAlarm(peer: SimulatedPeer): void {
    const at = Math.max(this.#now, peer.protocol?.nextWakeAt ?? Infinity);
    if (at === peer.alarmAt) return;
    peer.alarmAt = at;
    if (at !== Infinity) this.#queue.put(at, { type: "wake", peer, life: peer.life, at });
  }

  // ---- calls --------------------------------------------------------------------------------------------------------

  #call(
    from: SimulatedPeer,
    { id, to, timeoutMs, deadlineMs }: Extract<Effect, { readonly type: "exchange" | "probe" }>,
    asks: Asks,
  ): void {
    const call: Call = { from, life: from.life, id, to, deadlineAt: this.#now + deadlineMs, open: true };
    this.#calls.add(call);
    this.#queue.put(this.#now + timeoutMs, { type: "overdue", peer: from, life: from.life, call });
    const target = this.#byAddress.get(to);
    if (target !== undefined)
      this.#send(from.address, to, { type: "request", peer: target, life: target.life, call, asks });
  }

  /** An answer came over a connection that is open from then on. */
  #replied(peer: SimulatedPeer, call: Call, reply: ExchangeReply | boolean): void {
    if (!this.#close(call)) return;
    const { connections } = peer;
    connections.delete(call.to);
    connections.add(call.to);
    const [oldest] = connections;
    if (connections.size > DEFAULT_MAX_CONNECTIONS && oldest !== undefined) connections.delete(oldest);
    if (typeof reply === "boolean") this.#handle(peer, { type: "probed", id: call.id, reached: reply });
    else this.#handle(peer, { type: "replied", id: call.id, reply });
  }

  #overdue(peer: SimulatedPeer, call: Call): void {
    if (!call.open) return;
    if (call.deadlineAt <= this.#now) {
      this.#fail(peer, call, "DEADLINE_EXCEEDED", false);
      return;
    }
    this.#queue.put(call.deadlineAt, { type: "timeout", peer, life: peer.life, call });
    this.#handle(peer, { type: "overdue", id: call.id });
  }

  #send(from: Address, to: Address, happening: Happening): void {
    const sender = this.#byAddress.get(from);
    if (sender?.blocked) sender.unsent.push({ to, happening });
    else this.#transmit(from, to, happening);
  }

  #transmit(from: Address, to: Address, happening: Happening): void {
    if (this.network.isRejected(from, to)) this.#reject(from, to, happening);
    else this.#deliver(from, to, happening);
  }

  #deliver(from: Address, to: Address, happening: Happening): void {
    for (const delay of this.network.delays(from, to)) this.#queue.put(this.#now + delay, happening);
  }

  /** Calls are answered with a reset by the firewall, which lets its own resets through; all else is swallowed. */
  #reject(from: Address, to: Address, happening: Happening): void {
    this.network.bites.refused++;
    if (happening.type !== "request") return;
    const { call } = happening;
    const why = "UNAVAILABLE: connection refused";
    this.#deliver(to, from, { type: "broken", peer: call.from, life: call.life, call, why, refused: true });
  }

  #meetNobody(call: Call, target: SimulatedPeer): void {
    if (target.refuses) this.#break(target.address, call, "UNAVAILABLE: connection refused", true);
  }

  #close(call: Call): boolean {
    const wasOpen = call.open;
    call.open = false;
    this.#calls.delete(call);
    return wasOpen;
  }

  #fail(peer: SimulatedPeer, call: Call, reason: string, refused: boolean): void {
    if (!this.#close(call)) return;
    peer.connections.delete(call.to);
    this.#handle(peer, { type: "unreachable", id: call.id, reason, refused });
  }

  // ---- ends ---------------------------------------------------------------------------------------------------------

  #isCalling(peer: SimulatedPeer): boolean {
    return [...this.#calls].some((call) => call.from === peer && call.life === peer.life);
  }

  #end(peer: SimulatedPeer, refuses: boolean): void {
    peer.state = "ended";
    peer.refuses = refuses;
    this.#wakeEmpty(peer);
    for (const call of [...this.#calls]) if (call.from === peer) this.#close(call);
    this.#closeConnectionsTo(peer);
  }

  /** Those who hold one see it close, and so does who waits for an answer, unless the network between them is cut. */
  #closeConnectionsTo({ address }: SimulatedPeer): number {
    for (const call of this.#calls) {
      if (call.to === address) this.#break(address, call, "UNAVAILABLE: connection closed", false);
    }
    const holders = this.peers.filter(({ connections }) => connections.has(address));
    for (const peer of holders) {
      this.#transmit(address, peer.address, { type: "closed", peer, life: peer.life, address });
    }
    return holders.length;
  }

  /**
   * What waited is taken in as a process does that was stopped: first the timers that are overdue, then what came in. What
   * was to be sent is sent before that, but for calls whose deadline has passed.
   */
  #wake(peer: SimulatedPeer): void {
    if (!isAsleep(peer)) return;
    const { waiting, unsent } = peer;
    peer.frozen = peer.blocked = false;
    peer.waiting = [];
    peer.unsent = [];
    peer.thawedAt = this.#now;
    for (const { to, happening } of unsent) {
      if (happening.type !== "request" || happening.call.open) this.#transmit(peer.address, to, happening);
    }
    for (const happening of [...waiting.filter((each) => !comesIn(each)), ...waiting.filter(comesIn)]) {
      if (happening.type !== "action") this.#happen(happening);
    }
  }

  /** As a process that starts, or is no more: nothing waits for it. */
  #wakeEmpty(peer: SimulatedPeer): void {
    peer.frozen = peer.blocked = false;
    peer.waiting = [];
    peer.unsent = [];
    peer.alarmAt = Infinity;
  }

  #note(what: string, peer: SimulatedPeer): void {
    this.trace.add(this.#now, what, peer.address);
  }
}
