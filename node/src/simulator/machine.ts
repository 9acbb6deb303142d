import type { Address } from "../core/address.js";
import type { PeerMeta } from "../core/meta.js";
import { Protocol } from "../core/protocol.js";
import type { Millis, ProtocolLimits, ProtocolTiming } from "../core/timing.js";
import { VERSIONS } from "../core/versions.js";
import { isIncoming, type Endpoint, type ProcessEvent, type UserInput } from "./events.js";
import type { MessageCodec } from "./message-codec.js";
import { SimulatedShell } from "./simulated-shell.js";
import { isAsleep, type SimulatedPeer } from "./simulated-peer.js";
import { stream } from "./streams.js";
import { CLOSED, REFUSED, type World } from "./world.js";

/** The time of the wall clocks at the start of every run, from which generations count. */
const EPOCH_MS = 1_700_000_000_000;

/**
 * How long a whole processor takes for a message that comes in and what follows from it: a peer at rest takes some 5 ms
 * in a period in which two requests and two replies reach it (PROTOCOL.md, "Measured").
 */
const MESSAGE_TAKES_MS = 1.25;

/** How calls fail at the address of a process that is gone. */
const FAILURES = { refused: REFUSED, closed: CLOSED, swallowed: undefined, vanished: undefined } as const;

const NO_CONNECTIONS: ReadonlyMap<Address, number> = new Map();

/** The settings that are the same for all peers of a run. */
export interface RunSettings {
  readonly seed: number;
  readonly timing: ProtocolTiming;
  readonly limits: ProtocolLimits;
  readonly codec: MessageCodec;
}

/**
 * The machine of a simulated peer: starts and ends its process, and holds back what comes and goes while that sleeps.
 */
export class Machine implements SimulatedPeer, Endpoint {
  readonly index: number;
  readonly address: Address;
  readonly isTwin: boolean;
  protocol: Protocol | undefined;
  state: SimulatedPeer["state"] = "new";
  frozen = false;
  blocked = false;
  cpuShare: number | undefined;
  thawedAt: Millis = -Infinity;
  life: number;
  moves = 0;
  unheard: SimulatedPeer["unheard"] = "swallowed";
  clockSkewMs: Millis = 0;
  cluster = "default";
  versions = VERSIONS;
  meta: PeerMeta;
  seeds: readonly Address[];
  waiting: ProcessEvent[] = [];
  unsent: ProcessEvent[] = [];
  /** Whether the process is at work on a message, which takes time where its share of a processor is limited. */
  #isBusy = false;
  /** What waits for its turn while the process is busy. */
  #backlog: ProcessEvent[] = [];
  #shell: SimulatedShell | undefined;
  readonly #world: World;
  readonly #settings: RunSettings;

  constructor(
    {
      index,
      address,
      meta,
      seeds,
      isTwin = false,
      life = 0,
    }: Pick<SimulatedPeer, "index" | "address" | "meta" | "seeds"> & Partial<Pick<SimulatedPeer, "isTwin" | "life">>,
    world: World,
    settings: RunSettings,
  ) {
    this.index = index;
    this.address = address;
    this.isTwin = isTwin;
    this.life = life;
    this.meta = meta;
    this.seeds = seeds;
    this.#world = world;
    this.#settings = settings;
  }

  get connections(): ReadonlyMap<Address, number> {
    return this.#shell?.connections ?? NO_CONNECTIONS;
  }

  // ---- the process --------------------------------------------------------------------------------------------------

  /** Starts a process; one that is leaving ends first. Nothing happens where one runs. */
  start(): void {
    if (this.state === "running") return;
    if (this.state === "leaving") this.end();
    this.life++;
    this.state = "running";
    this.unheard = "swallowed";
    this.thawedAt = -Infinity;
    this.#forgetPending();
    this.protocol = this.#newProtocol();
    this.#shell = new SimulatedShell(this.protocol, this, this.#world, this.#settings.codec);
    for (const seed of this.seeds) this.#shell.handle({ type: "add-seed", seed });
    this.#shell.handle({ type: "wake" });
  }

  #newProtocol(): Protocol {
    const { seed, timing, limits } = this.#settings;
    const { address, cluster, versions, meta, index, life, isTwin } = this;
    const generation = EPOCH_MS + Math.floor(this.#world.now) + this.clockSkewMs;
    const random = stream(seed, `${isTwin ? "twin of peer" : "peer"} ${index} life ${life}`);
    return new Protocol({ address, cluster, generation, meta, versions }, timing, limits, random, this.#world.now);
  }

  /** Has the process say goodbye; it ends once its calls are over, which their deadlines bound. */
  leave(): void {
    if (this.state !== "running") return;
    this.wake();
    this.#shell?.handle({ type: "leave" });
    this.state = "leaving";
    this.#endIfOver();
  }

  /**
   * Ends the process at once; its connections close, unless it vanishes. `unheard` says what becomes of calls that come
   * later.
   */
  end({ unheard = "swallowed" }: { readonly unheard?: SimulatedPeer["unheard"] } = {}): void {
    this.state = "ended";
    this.unheard = unheard;
    this.#forgetPending();
    for (const rpc of this.#world.rpcsOf(this)) this.#world.close(rpc);
    if (unheard !== "vanished") this.#world.closeConnectionsTo(this);
  }

  /** Tells the running process something, as its user. */
  tell(input: UserInput): void {
    this.deliver({ type: "told", to: this, life: this.life, input });
  }

  #endIfOver(): void {
    if (this.state !== "leaving") return;
    if (!this.#world.rpcsOf(this).some(({ life }) => life === this.life)) this.end();
  }

  // ---- the network --------------------------------------------------------------------------------------------------

  deliver(event: ProcessEvent): void {
    this.#backlog.push(event);
    if (!this.#isBusy) this.#work();
  }

  /** Gets one event done after the other, until one takes time or none is left. */
  #work(): void {
    for (let event = this.#backlog.shift(); event !== undefined; event = this.#backlog.shift()) {
      if (this.cpuShare !== undefined && isIncoming(event) && this.state === "running") {
        this.#workOn(event, MESSAGE_TAKES_MS / this.cpuShare);
        return;
      }
      this.#arrive(event);
    }
  }

  #workOn(event: ProcessEvent, forMs: Millis): void {
    const { life } = this;
    this.#isBusy = true;
    this.#world.at(this.#world.now + forMs, () => {
      if (life !== this.life) return;
      this.#isBusy = false;
      this.#arrive(event);
      this.#work();
    });
  }

  #arrive(event: ProcessEvent): void {
    if (event.life !== this.life || this.state === "ended" || this.state === "new") {
      const failure = FAILURES[this.unheard];
      if (event.type === "request" && failure !== undefined) this.#world.fail(this.address, event.rpc, failure);
      return;
    }
    if (this.frozen || (this.blocked && isIncoming(event))) this.waiting.push(event);
    else this.#take(event);
    this.#endIfOver();
  }

  send(event: ProcessEvent): void {
    if (this.blocked) this.unsent.push(event);
    else this.#world.transmit(this.address, event);
  }

  #take(event: ProcessEvent): void {
    if (event.type === "told" && event.input.type === "update-meta") this.meta = event.input.meta;
    this.#shell?.take(event);
  }

  // ---- sleep --------------------------------------------------------------------------------------------------------

  freeze(): void {
    if (this.state === "running") this.frozen = true;
  }

  block(): void {
    this.blocked = true;
  }

  /** Limits the process, and those that start later, to this share of a processor; undefined ends the limit. */
  limitCpu(share: number | undefined): void {
    this.cpuShare = share;
  }

  /**
   * Lets a frozen or blocked process run again. What waited is taken in as a process does that was stopped: first the
   * timers that are overdue, then what came in. What was to be sent is sent before that, but for calls that are over.
   */
  wake(): void {
    if (!isAsleep(this)) return;
    const { waiting, unsent } = this;
    this.frozen = this.blocked = false;
    this.waiting = [];
    this.unsent = [];
    this.thawedAt = this.#world.now;
    for (const event of unsent) {
      if (event.type !== "request" || event.rpc.isOpen) this.#world.transmit(this.address, event);
    }
    const isTimer = (event: ProcessEvent): boolean => !isIncoming(event);
    for (const event of [...waiting.filter(isTimer), ...waiting.filter(isIncoming)]) this.deliver(event);
  }

  /** Drops what waits: nothing may wait for a process that has just started, or has ended. */
  #forgetPending(): void {
    this.frozen = this.blocked = false;
    this.waiting = [];
    this.unsent = [];
    this.#backlog = [];
    this.#isBusy = false;
  }
}
