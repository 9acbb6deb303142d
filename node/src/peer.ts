import { EventEmitter } from "node:events";
import { addressProblem, joinAddress, splitAddress, type Address } from "./core/address.js";
import type { Effect, Input, Member, MemberEvent, MemberEventKind, ProbeRequest } from "./core/messages.js";
import { metaProblem, normalMeta, type PeerMeta } from "./core/meta.js";
import { Protocol } from "./core/protocol.js";
import { seededRandom } from "./core/random.js";
import type { Millis } from "./core/timing.js";
import { GossipError } from "./errors.js";
import { ExchangeClient, Unanswered, type Overdue } from "./grpc/client.js";
import { Meter } from "./grpc/meter.js";
import { resolveSeed } from "./grpc/resolve.js";
import { PeerServer } from "./grpc/server.js";
import type { Host } from "./grpc/services.js";
import { resolveOptions, type PeerOptions, type ResolvedOptions } from "./options.js";
import { Story } from "./story.js";
import type { Traffic } from "./traffic.js";

/** setTimeout takes no more than this; the alarm rings early then, which is harmless. */
const LONGEST_ALARM_MS = 2 ** 31 - 1;

/**
 * How long stop() waits for what is under way, goodbyes above all. Who has not answered by then is slow or gone, and
 * hears of the leave from others; an exchange timeout of many seconds would use up the time that Docker allows.
 */
const LAST_WORDS_MS: Millis = 1500;

export const MEMBER_EVENTS: readonly MemberEventKind[] = [
  "joined",
  "updated",
  "suspected",
  "recovered",
  "failed",
  "left",
];

/**
 * One member of a gossip cluster. Constructing it opens and starts nothing; `run()` starts it, `stop()` ends
 * everything. Emits `joined`, `updated`, `suspected`, `recovered`, `failed` and `left`, each with the member and the
 * reason; a listener that throws, or is asynchronous and rejects, is logged and harms nobody.
 */
export class Peer extends EventEmitter<Record<MemberEventKind, [MemberEvent]>> {
  readonly #options: ResolvedOptions;
  readonly #meter = new Meter();
  readonly #server: PeerServer;
  readonly #client: ExchangeClient;
  readonly #story: Story;
  readonly #seeds: Set<Address>;
  readonly #underWay = new Set<Promise<void>>();
  readonly #resolving = new Set<Address>();
  readonly #announced: MemberEvent[] = [];
  /** Who waits to hear whether another peer answers. */
  readonly #reports = new Map<number, (reached: boolean) => void>();
  #nextToken = 1;
  #announcing = false;
  #address: Address;
  #adminAddress: Address | undefined;
  #meta: PeerMeta;
  #protocol: Protocol | undefined;
  #alarm: NodeJS.Timeout | undefined;
  #started: Promise<void> | undefined;
  #stopped: Promise<void> | undefined;

  /** Throws `invalid-options`, with everything that is wrong in one message. */
  constructor(options: PeerOptions) {
    super();
    this.#options = resolveOptions(options);
    this.#address = this.#options.address;
    this.#adminAddress = this.#options.adminAddress;
    this.#meta = this.#options.meta;
    this.#seeds = new Set(this.#options.seeds);
    this.#story = new Story(this.#options.logger, () => this.#address);
    const closed = (address: Address): void => {
      this.#feed({ type: "closed", address });
    };
    this.#client = new ExchangeClient(this.#options.maxConnections, closed, this.#meter);
    this.#server = new PeerServer(this.#host(), this.#options.maxWatchers);
    this.setMaxListeners(this.#options.maxWatchers + 20);
  }

  /** The peer's id. With port 0 the port is known once `run()` has resolved. */
  get address(): Address {
    return this.#address;
  }

  /** Where the admin service listens, if it does. With port 0 the port is known once `run()` has resolved. */
  get adminAddress(): Address | undefined {
    return this.#adminAddress;
  }

  /**
   * Listens and takes part. Resolves when others can reach the peer; a second call gets the same promise. Rejects with
   * `bind-failed` when it cannot listen, or `stopped` when `stop()` came first; nothing is left running then.
   */
  run(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  /**
   * Says goodbye and ends everything: after it resolves there is no timer, socket or call. Never rejects; may be called
   * twice, before `run()` or during it. Takes at most two seconds. A stopped peer stays stopped.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  /**
   * One more address to try, for as long as the peer runs; it need not exist, and is no member until it is reached.
   * Returns at once. Throws `invalid-address` for what is no address. One that is known, or is the peer's own, changes
   * nothing.
   */
  addSeed(seed: Address): void {
    const problem = addressProblem(seed);
    if (problem !== undefined) throw new GossipError("invalid-address", problem);
    if (this.#seeds.has(seed) || seed === this.#address) return;
    const { maxSeeds } = this.#options.limits;
    if (this.#seeds.size >= maxSeeds) {
      this.#story.warning(`seed ${seed} is not kept: maxSeeds is ${maxSeeds}`);
      return;
    }
    this.#seeds.add(seed);
    this.#story.seedAdded(seed);
    this.#feed({ type: "add-seed", seed });
  }

  /**
   * Replaces what the peer says of itself; the own view shows it at once. Throws `invalid-meta`, and nothing changed
   * then.
   */
  updateMeta(meta: PeerMeta): void {
    const problem = metaProblem(meta);
    if (problem !== undefined) throw new GossipError("invalid-meta", problem);
    this.#meta = normalMeta(meta);
    this.#story.metaUpdated(this.#meta);
    this.#feed({ type: "update-meta", meta: this.#meta });
  }

  /** A snapshot of the live members and what they say of themselves, the peer itself always among them. */
  getMembers(): ReadonlyMap<Address, PeerMeta> {
    return new Map(this.getView().map(({ address, meta }) => [address, meta]));
  }

  /** The same with status, generation and incarnation; with `includeGone` also who is remembered as failed or left. */
  getView({ includeGone = false } = {}): readonly Member[] {
    if (this.#protocol !== undefined) return this.#protocol.members({ includeGone });
    return [{ address: this.#address, generation: 0, incarnation: 0, status: "alive", meta: this.#meta }];
  }

  /** What its talk with the others has cost it since `run()`: all zero before that. */
  traffic(): Traffic {
    return this.#meter.read();
  }

  // ---- life ---------------------------------------------------------------------------------------------------------

  async #start(): Promise<void> {
    if (this.#stopped !== undefined) throw new GossipError("stopped", `${this.#address} was stopped before it ran`);
    this.#meter.start();
    try {
      await this.#listen();
    } catch (error) {
      await this.#close();
      throw error;
    }
    if (this.#isStopping()) throw new GossipError("stopped", `${this.#address} was stopped while it started`);
    this.#protocol = new Protocol(
      { address: this.#address, cluster: this.#options.cluster, generation: Date.now(), meta: this.#meta },
      this.#options.timing,
      this.#options.limits,
      seededRandom(Math.floor(Math.random() * 2 ** 32)),
      performance.now(),
    );
    this.#story.started(this.#options, this.#adminAddress);
    for (const seed of this.#seeds) this.#feed({ type: "add-seed", seed });
    this.#feed({ type: "wake" });
  }

  async #listen(): Promise<void> {
    const { server, bindHost } = this.#options;
    const { host, port } = splitAddress(this.#address);
    if (server === undefined) this.#address = joinAddress(host, await this.#server.listen(bindHost, port));
    else this.#server.useServer(server);
    if (this.#adminAddress !== undefined) {
      const admin = splitAddress(this.#adminAddress);
      this.#adminAddress = joinAddress(admin.host, await this.#server.listenForAdmin(admin.host, admin.port));
    }
  }

  async #end(): Promise<void> {
    await this.#started?.catch(() => undefined);
    if (this.#protocol !== undefined) {
      this.#story.stopping();
      this.#feed({ type: "leave" }, { last: true });
      await atMost(LAST_WORDS_MS, Promise.allSettled(this.#underWay));
    }
    await this.#close();
    this.#story.closed();
  }

  async #close(): Promise<void> {
    clearTimeout(this.#alarm);
    this.#client.close();
    for (const report of this.#reports.values()) report(false);
    this.#reports.clear();
    await this.#server.close();
  }

  #isStopping(): boolean {
    return this.#stopped !== undefined;
  }

  // ---- the one round: input, protocol, effects, alarm ---------------------------------------------------------------

  #feed(input: Input, { last = false } = {}): void {
    if (this.#protocol === undefined || (this.#isStopping() && !last)) return;
    this.#perform(this.#protocol.handle(input, performance.now()));
    this.#setAlarm(this.#protocol);
  }

  #perform(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case "exchange":
          this.#track(this.#exchange(effect));
          break;
        case "probe":
          this.#track(this.#probe(effect));
          break;
        case "report":
          this.#reports.get(effect.token)?.(effect.reached);
          this.#reports.delete(effect.token);
          break;
        case "resolve":
          void this.#resolve(effect.seed);
          break;
        case "announce":
          this.#announced.push(effect.event);
          break;
        case "warn":
          this.#story.warning(effect.text);
          break;
      }
    }
    this.#announce();
  }

  #setAlarm(protocol: Protocol): void {
    clearTimeout(this.#alarm);
    if (protocol.nextWakeAt === Infinity) return;
    const wait = Math.max(0, protocol.nextWakeAt - performance.now());
    this.#alarm = setTimeout(
      () => {
        this.#feed({ type: "wake" });
      },
      Math.min(wait, LONGEST_ALARM_MS),
    );
  }

  async #exchange(effect: Extract<Effect, { type: "exchange" }>): Promise<void> {
    const { id, to, request, deadlineMs } = effect;
    this.#story.sending(to, request);
    const outcome = await this.#client.exchange(to, request, deadlineMs, this.#overdue(effect)).then(
      (reply) => ({ type: "replied", id, reply }) as const,
      (error: unknown) => ({ type: "unreachable", id, ...reasonOf(error) }) as const,
    );
    if (outcome.type === "replied") this.#story.received(outcome.reply);
    else this.#story.unanswered(to, outcome.reason);
    this.#feed(outcome);
  }

  async #probe(effect: Extract<Effect, { type: "probe" }>): Promise<void> {
    const { id, to, request, deadlineMs } = effect;
    const outcome = await this.#client.probe(to, request, deadlineMs, this.#overdue(effect)).then(
      (reached) => ({ type: "probed", id, reached }) as const,
      (error: unknown) => ({ type: "unreachable", id, ...reasonOf(error) }) as const,
    );
    this.#story.probed(to, request.target, outcome.type === "probed" && outcome.reached);
    this.#feed(outcome);
  }

  #overdue({ id, timeoutMs, deadlineMs }: Extract<Effect, { type: "exchange" | "probe" }>): Overdue | undefined {
    if (timeoutMs === deadlineMs) return undefined;
    const tell = (): void => {
      this.#feed({ type: "overdue", id });
    };
    return { afterMs: timeoutMs, tell };
  }

  /** A look-up can outlast its seed's next turn; the one under way then answers for both. */
  async #resolve(seed: Address): Promise<void> {
    if (this.#resolving.has(seed)) return;
    this.#resolving.add(seed);
    const addresses = await resolveSeed(seed);
    this.#resolving.delete(seed);
    this.#feed({ type: "resolved", seed, addresses });
  }

  #track(work: Promise<void>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  /** After the protocol is done, one after the other, even when a listener calls back into the peer. */
  #announce(): void {
    if (this.#announcing) return;
    this.#announcing = true;
    for (let event = this.#announced.shift(); event !== undefined; event = this.#announced.shift()) {
      this.#story.announced(event);
      for (const listener of this.rawListeners(event.kind)) this.#tell(listener, event);
    }
    this.#announcing = false;
  }

  /** A listener may be asynchronous; nobody waits for it, but what becomes of it is not to end the process. */
  #tell(listener: (event: MemberEvent) => unknown, event: MemberEvent): void {
    const threw = (error: unknown): void => {
      this.#story.listenerThrew(event.kind, error);
    };
    try {
      Promise.resolve(listener.call(this, event)).catch(threw);
    } catch (error) {
      threw(error);
    }
  }

  // ---- being asked --------------------------------------------------------------------------------------------------

  async #probeFor(request: ProbeRequest): Promise<boolean | { readonly refusal: string }> {
    const protocol = this.#protocol;
    if (protocol === undefined) return { refusal: `${this.#address} is starting` };
    const token = this.#nextToken++;
    const reported = new Promise<boolean>((resolve) => this.#reports.set(token, resolve));
    const effects = protocol.probe(request, token, performance.now());
    if ("refusal" in effects) {
      this.#reports.delete(token);
      return effects;
    }
    this.#perform(effects);
    this.#setAlarm(protocol);
    return reported;
  }

  #host(): Host {
    return {
      meter: this.#meter,
      address: () => this.#address,
      answer: (request) => {
        const protocol = this.#protocol;
        if (protocol === undefined) return { refusal: `${this.#address} is starting`, effects: [] };
        const answer = protocol.answer(request, performance.now());
        this.#story.received(request);
        this.#perform(answer.effects);
        this.#setAlarm(protocol);
        return answer;
      },
      probe: (request) => this.#probeFor(request),
      getView: (options) => this.getView(options),
      watch: (listener) => {
        for (const kind of MEMBER_EVENTS) this.on(kind, listener);
        return () => {
          for (const kind of MEMBER_EVENTS) this.off(kind, listener);
        };
      },
      addSeed: (seed) => {
        this.addSeed(seed);
      },
      updateMeta: (meta) => {
        this.updateMeta(meta);
      },
      stop: () => this.stop(),
      warn: (text) => {
        this.#story.warning(text);
      },
      failed: (error) => {
        this.#story.answerFailed(error);
      },
    };
  }
}

function reasonOf(error: unknown): { reason: string; refused: boolean } {
  const reason = error instanceof Error ? error.message : String(error);
  return { reason, refused: error instanceof Unanswered && error.refused };
}

/** Waits for the work, but no longer than that. */
async function atMost(boundMs: Millis, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, boundMs);
  });
  await Promise.race([work, bound]);
  clearTimeout(timer);
}

/** A peer that runs already. Rejects as the constructor throws and as `run()` rejects. */
export async function spawnPeer(options: PeerOptions): Promise<Peer> {
  const peer = new Peer(options);
  await peer.run();
  return peer;
}
