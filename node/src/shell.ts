import type { Announcer } from "./announcer.js";
import type { Address } from "./core/address.js";
import type { Condition } from "./core/condition.js";
import type {
  Answer,
  Effect,
  ExchangeRequest,
  Input,
  Member,
  MemberEvent,
  ProbeRequest,
  ProbeResult,
} from "./core/messages.js";
import type { Protocol } from "./core/protocol.js";
import type { ProtocolStats } from "./core/stats.js";
import type { Millis } from "./core/timing.js";
import type { DurationCounts } from "./duration-counts.js";
import { GossipClient, type Overdue } from "./grpc/client.js";
import type { Meter } from "./grpc/meter.js";
import { SeedLookUps } from "./grpc/resolve.js";
import { Unanswered } from "./grpc/unanswered.js";
import type { PeerLog } from "./log.js";
import type { Stats } from "./stats.js";
import { atMost, LONGEST_TIMER_MS } from "./timers.js";
import type { PeerTls } from "./tls/peer-tls.js";

/**
 * How long a leave waits for what is under way, goodbyes above all. A peer that has not answered by then is slow or gone, and
 * hears of the leave from others; an exchange timeout of many seconds would use up the time that Docker allows.
 */
const LAST_WORDS_MS: Millis = 1500;

type CallEffect = Extract<Effect, { type: "exchange" | "probe" }>;

interface Surroundings {
  readonly maxConnections: number;
  readonly tls: PeerTls | undefined;
  readonly meter: Meter;
  readonly lags: DurationCounts;
  readonly log: PeerLog;
  readonly announcer: Announcer;
  /** Told each time that the peer's condition has changed. */
  readonly conditionChanged: (condition: Condition) => void;
}

/**
 * Connects a protocol to the world: feeds it what happens, performs its effects over gRPC, and wakes it when it wants to be
 * woken. Starts with the construction, ends with `close()`.
 */
export class Shell {
  readonly #protocol: Protocol;
  readonly #client: GossipClient;
  readonly #lags: DurationCounts;
  readonly #log: PeerLog;
  readonly #announcer: Announcer;
  readonly #conditionChanged: (condition: Condition) => void;
  #condition: Condition | undefined;
  readonly #callsUnderWay = new Set<Promise<void>>();
  readonly #lookUps = new SeedLookUps();
  readonly #resolving = new Set<Address>();
  /** Answers the probes that others have asked for, by their token. */
  readonly #reports = new Map<number, (result: ProbeResult) => void>();
  #nextToken = 1;
  #alarm: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(
    protocol: Protocol,
    { maxConnections, tls, meter, lags, log, announcer, conditionChanged }: Surroundings,
  ) {
    this.#protocol = protocol;
    this.#lags = lags;
    this.#log = log;
    this.#announcer = announcer;
    this.#conditionChanged = conditionChanged;
    const connectionClosed = (address: Address): void => {
      this.feed({ type: "closed", address });
    };
    this.#client = new GossipClient({ maxConnections, connectionClosed, meter, tls });
  }

  /** Hands an input to the protocol and performs what follows. After `close()` inputs are ignored. */
  feed(input: Input): void {
    if (!this.#isClosed) this.#perform(this.#protocol.handle(input, performance.now()));
  }

  /** Answers an exchange of another peer's. */
  answer(request: ExchangeRequest): Answer {
    const answer = this.#protocol.answer(request, performance.now());
    this.#log.received(request);
    this.#perform(answer.effects);
    return answer;
  }

  /** Finds out for another peer whether a target answers; resolves to false when the shell is closed first. */
  async probe(request: ProbeRequest): Promise<ProbeResult | { readonly refusal: string }> {
    const token = this.#nextToken++;
    const effects = this.#protocol.probe(request, token, performance.now());
    if ("refusal" in effects) return effects;
    const reported = new Promise<ProbeResult>((resolve) => this.#reports.set(token, resolve));
    this.#perform(effects);
    return reported;
  }

  /** The hash of all records that the peer holds. */
  get viewHash(): number {
    return this.#protocol.viewHash;
  }

  stats(): ProtocolStats & Pick<Stats, "channels"> {
    return { ...this.#protocol.stats(), channels: this.#client.channels };
  }

  members(options: { includeGone: boolean }): readonly Member[] {
    return this.#protocol.members(options);
  }

  /**
   * Says goodbye. Resolves when all calls are over, those too that follow on a goodbye without an answer, or after
   * LAST_WORDS_MS.
   */
  async leave(): Promise<void> {
    this.feed({ type: "leave" });
    await atMost(LAST_WORDS_MS, this.#callsAreOver());
  }

  async #callsAreOver(): Promise<void> {
    while (this.#callsUnderWay.size > 0) await Promise.allSettled(this.#callsUnderWay);
  }

  /** Ends every call under way; nothing is left that could keep the process alive, but for look-ups of names. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#alarm);
    this.#client.close();
    this.#lookUps.close();
    for (const report of this.#reports.values()) report("not tried");
    this.#reports.clear();
  }

  // ---- effects ------------------------------------------------------------------------------------------------------

  #perform(effects: readonly Effect[]): void {
    const events: MemberEvent[] = [];
    for (const effect of effects) {
      switch (effect.type) {
        case "exchange":
          this.#track(this.#exchange(effect));
          break;
        case "probe":
          this.#track(this.#probe(effect));
          break;
        case "report":
          this.#reports.get(effect.token)?.(effect.result);
          this.#reports.delete(effect.token);
          break;
        case "resolve":
          void this.#resolve(effect.seed);
          break;
        case "announce":
          events.push(effect.event);
          break;
        case "warn":
          this.#log.warning(effect.text);
          break;
      }
    }
    // After the protocol is done: a listener may call back into the peer.
    this.#announcer.announce(events);
    this.#noticeCondition();
    this.#setAlarm();
  }

  #noticeCondition(): void {
    const condition = this.#protocol.condition(performance.now());
    const { name, reason } = this.#condition ?? {};
    if (condition.name === name && condition.reason === reason) return;
    this.#condition = condition;
    this.#conditionChanged(condition);
  }

  #setAlarm(): void {
    clearTimeout(this.#alarm);
    const { nextWakeAt } = this.#protocol;
    if (this.#isClosed || nextWakeAt === Infinity) return;
    const now = performance.now();
    const wait = Math.min(Math.max(0, nextWakeAt - now), LONGEST_TIMER_MS); // cut short it rings early, which is harmless
    this.#alarm = setTimeout(() => {
      this.#lags.add(Math.max(0, performance.now() - now - wait));
      this.feed({ type: "wake" });
    }, wait);
  }

  async #exchange(effect: Extract<Effect, { type: "exchange" }>): Promise<void> {
    const { id, to, request, deadlineMs } = effect;
    this.#log.sending(to, request);
    const outcome = await this.#client.exchange(to, request, deadlineMs, this.#overdue(effect)).then(
      (reply) => ({ type: "replied", id, reply }) as const,
      (error: unknown) => ({ type: "unreachable", id, ...reasonOf(error) }) as const,
    );
    if (outcome.type === "replied") {
      this.#log.received(outcome.reply);
      // Behind a load balancer a fresh connection leads to somebody else, and this one always to the same.
      if (outcome.reply.sender !== to) this.#client.release(to);
    } else this.#log.unanswered(to, outcome.reason);
    this.feed(outcome);
  }

  async #probe(effect: Extract<Effect, { type: "probe" }>): Promise<void> {
    const { id, to, request, deadlineMs } = effect;
    const outcome = await this.#client.probe(to, request, deadlineMs, this.#overdue(effect)).then(
      (result) => ({ type: "probed", id, result }) as const,
      (error: unknown) => ({ type: "unreachable", id, ...reasonOf(error) }) as const,
    );
    const reached = outcome.type === "probed" && outcome.result === "reached";
    if (request.target === to) this.#log.pinged(to, { reached });
    else this.#log.pingRequested(to, request.target, { reached });
    this.feed(outcome);
  }

  #overdue({ id, timeoutMs, deadlineMs }: CallEffect): Overdue | undefined {
    if (timeoutMs === deadlineMs) return undefined;
    const tell = (): void => {
      this.feed({ type: "overdue", id });
    };
    return { afterMs: timeoutMs, tell };
  }

  /** Looks up a seed's addresses. A look-up can outlast the seed's next turn; the one under way then answers for both. */
  async #resolve(seed: Address): Promise<void> {
    if (this.#resolving.has(seed)) return;
    this.#resolving.add(seed);
    const addresses = await this.#lookUps.addressesOf(seed);
    this.#resolving.delete(seed);
    this.feed({ type: "resolved", seed, addresses });
  }

  #track(call: Promise<void>): void {
    this.#callsUnderWay.add(call);
    void call.finally(() => this.#callsUnderWay.delete(call));
  }
}

function reasonOf(error: unknown): { reason: string; refused: boolean } {
  const reason = error instanceof Error ? error.message : String(error);
  return { reason, refused: error instanceof Unanswered && error.refused };
}
