import {
  credentials,
  makeGenericClientConstructor,
  status,
  type ClientDuplexStream,
  type ServiceError,
} from "@grpc/grpc-js";
import type { Address } from "../core/address.js";
import type { ExchangeReply, ExchangeRequest, ProbeRequest } from "../core/messages.js";
import type { Millis } from "../core/timing.js";
import { CHANNEL_OPTIONS, targetOf } from "./channel.js";
import { decodeReply, encodeProbe, encodeRequest } from "./codec.js";
import { Connecting } from "./connecting.js";
import { Conversation, Interrupted } from "./conversation.js";
import type { ExchangeRequest as WireRequest } from "./generated/gossip/v1/ExchangeRequest.js";
import type { ExchangeResponse__Output } from "./generated/gossip/v1/ExchangeResponse.js";
import type { GossipServiceClient } from "./generated/gossip/v1/GossipService.js";
import type { ProbeRequest as WireProbe } from "./generated/gossip/v1/ProbeRequest.js";
import type { ProbeResponse__Output } from "./generated/gossip/v1/ProbeResponse.js";
import { Meter } from "./meter.js";
import type { schema } from "./schema.js";

interface Channel {
  readonly client: GossipServiceClient;
  readonly connecting: Connecting;
  /** Open from the first use on. */
  exchanges: Conversation<WireRequest, ExchangeResponse__Output> | undefined;
  looks: Conversation<WireProbe, ProbeResponse__Output> | undefined;
  /** How many calls are under way on it. */
  calls: number;
  /** How many in a row had no answer in time. */
  misses: number;
  /** Begins with the first miss, and gives the channel up when it has not connected by its end. */
  patience: NodeJS.Timeout | undefined;
}

/**
 * A connection that takes its time, on a busy machine, is waited for beyond the calls that wanted it: were it given up
 * with each, nobody would ever be connected again where all are busy connecting. Measured with 50 containers on 2 cores.
 */
const CONNECT_WITHIN_MS: Millis = 5000;
/** One answer that fails to come says little; after so many in a row a fresh connection recovers sooner. */
const MOST_MISSES = 2;

/** When an answer is late: that is told, and speaks against the channel. */
export interface Overdue {
  readonly afterMs: Millis;
  readonly tell: () => void;
}

/** Why there is no reply. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
  /** Nobody listens there. */
  readonly refused: boolean;

  constructor(message: string, refused: boolean, options?: ErrorOptions) {
    super(message, options);
    this.refused = refused;
  }
}

/** The calling side of the exchange: one channel a peer, the least recently used closed when there are too many. */
export class ExchangeClient {
  readonly #channels = new Map<Address, Channel>();
  readonly #conversations = new Set<{ cancel(): void }>();
  readonly #maxConnections: number;
  readonly #connectionClosed: (to: Address) => void;
  readonly #meter: Meter;
  readonly #Client: typeof schema.GossipService;
  #closed = false;

  /** Calls back when a connection closes that was open, and that we did not close. All calls are counted by `meter`. */
  constructor(
    maxConnections: number,
    connectionClosed: (to: Address) => void = () => undefined,
    meter: Meter = new Meter(),
  ) {
    this.#maxConnections = maxConnections;
    this.#connectionClosed = connectionClosed;
    this.#meter = meter;
    this.#Client = makeGenericClientConstructor(
      meter.service,
      "GossipService",
    ) as unknown as typeof schema.GossipService;
  }

  /**
   * One exchange. Rejects with an Unanswered that says why there is no reply: not reached, no answer before the deadline,
   * refused, or an answer that is malformed. A channel that seems spent is then used no more, since a fresh one recovers
   * sooner.
   */
  async exchange(to: Address, request: ExchangeRequest, deadlineMs: Millis, overdue?: Overdue): Promise<ExchangeReply> {
    const wire = encodeRequest(request);
    return this.#use(to, overdue, (channel) =>
      this.#ask(() => this.#exchanges(channel), wire, deadlineMs, decodeReply),
    );
  }

  /** Has a peer find out whether another answers. Rejects as `exchange` does when the one who is asked does not answer. */
  async probe(to: Address, request: ProbeRequest, deadlineMs: Millis, overdue?: Overdue): Promise<boolean> {
    const wire = encodeProbe(request);
    const read = ({ reached }: ProbeResponse__Output): boolean => reached;
    return this.#use(to, overdue, (channel) =>
      request.target === to
        ? this.#ask(() => this.#looks(channel), wire, deadlineMs, read)
        : this.#probeAnother(channel, wire, deadlineMs),
    );
  }

  /** Once more where the stream ended that it had shared with others: to be asked twice does no harm. */
  async #ask<Request, Response, Answer>(
    conversation: () => Conversation<Request, Response>,
    request: Request,
    deadlineMs: Millis,
    read: (response: Response) => Answer,
  ): Promise<Answer> {
    const begun = performance.now();
    const response = await conversation()
      .ask(request, deadlineMs)
      .catch((error: unknown) => {
        if (!(error instanceof Interrupted)) throw error;
        return conversation().ask(request, Math.max(0, begun + deadlineMs - performance.now()));
      });
    const answer = read(response);
    this.#meter.answered(performance.now() - begun);
    return answer;
  }

  /** On a stream of its own: it takes the target's time too, and nothing else is to wait for that. */
  async #probeAnother(channel: Channel, wire: WireProbe, deadlineMs: Millis): Promise<boolean> {
    const conversation = this.#open(channel, (client) => client.probe());
    try {
      return (await conversation.ask(wire, deadlineMs)).reached;
    } finally {
      conversation.cancel();
    }
  }

  async #use<T>(to: Address, overdue: Overdue | undefined, work: (channel: Channel) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Unanswered("closed", false);
    const channel = this.#channelTo(to);
    channel.calls++;
    const timer =
      overdue &&
      setTimeout(() => {
        this.#missed(to, channel);
        overdue.tell();
      }, overdue.afterMs);
    try {
      const result = await work(channel);
      channel.misses = 0;
      return result;
    } catch (error) {
      this.#meter.unanswered();
      if ((error as Partial<ServiceError>).code !== status.DEADLINE_EXCEEDED) this.#drop(to, channel);
      else if (overdue === undefined) this.#missed(to, channel); // else it was counted when it was due
      throw new Unanswered(describe(error), isRefusal(error), { cause: error });
    } finally {
      clearTimeout(timer);
      channel.calls--;
      if (channel.calls === 0 && this.#channels.get(to) !== channel) shut(channel);
      this.#closeIdle();
    }
  }

  /** Cancels what is under way and closes every channel; no call is made afterwards. */
  close(): void {
    this.#closed = true;
    for (const conversation of [...this.#conversations]) conversation.cancel();
    for (const channel of this.#channels.values()) shut(channel);
    this.#channels.clear();
  }

  #exchanges(channel: Channel): Conversation<WireRequest, ExchangeResponse__Output> {
    return (channel.exchanges ??= this.#open(
      channel,
      (client) => client.exchange(),
      () => (channel.exchanges = undefined),
    ));
  }

  #looks(channel: Channel): Conversation<WireProbe, ProbeResponse__Output> {
    return (channel.looks ??= this.#open(
      channel,
      (client) => client.probe(),
      () => (channel.looks = undefined),
    ));
  }

  #open<Request, Response>(
    { client, connecting }: Channel,
    start: (client: GossipServiceClient) => ClientDuplexStream<Request, Response>,
    over: () => void = () => undefined,
  ): Conversation<Request, Response> {
    const conversation = new Conversation(
      connecting.during(() => start(client)),
      () => {
        this.#conversations.delete(conversation);
        over();
      },
    );
    this.#conversations.add(conversation);
    return conversation;
  }

  #channelTo(to: Address): Channel {
    const channel = this.#channels.get(to) ?? this.#openChannel(to);
    this.#channels.delete(to);
    this.#channels.set(to, channel);
    return channel;
  }

  /** An answer did not come in time. Whether another channel would do better? */
  #missed(to: Address, channel: Channel): void {
    channel.misses++;
    if (!channel.connecting.hasConnected) channel.patience ??= this.#giveUpLater(to, channel);
    else if (channel.misses >= MOST_MISSES) this.#drop(to, channel);
  }

  #giveUpLater(to: Address, channel: Channel): NodeJS.Timeout {
    return setTimeout(() => {
      if (channel.connecting.hasConnected) return;
      this.#drop(to, channel);
      if (channel.calls === 0) shut(channel);
    }, CONNECT_WITHIN_MS).unref();
  }

  #drop(to: Address, channel: Channel): void {
    if (this.#channels.get(to) === channel) this.#channels.delete(to);
  }

  #openChannel(to: Address): Channel {
    const channel: Channel = {
      client: new this.#Client(targetOf(to), credentials.createInsecure(), CHANNEL_OPTIONS),
      // What is still in use was not closed by us.
      connecting: new Connecting(() => {
        if (!this.#closed && this.#channels.get(to) === channel) this.#connectionClosed(to);
      }),
      exchanges: undefined,
      looks: undefined,
      calls: 0,
      misses: 0,
      patience: undefined,
    };
    return channel;
  }

  /** Only those on which nothing is under way: a call that is cut off would pass for a peer that does not answer. */
  #closeIdle(): void {
    for (const [to, channel] of this.#channels) {
      if (this.#channels.size <= this.#maxConnections) return;
      if (channel.calls > 0) continue;
      this.#channels.delete(to);
      shut(channel);
    }
  }
}

function shut({ client, connecting, exchanges, looks, patience }: Channel): void {
  clearTimeout(patience);
  exchanges?.cancel();
  looks?.cancel();
  client.close();
  connecting.abandon();
}

/** The status name in front, since that is what tells refused, silent and malformed apart. */
function describe(error: unknown): string {
  const { code, details, message } = error as Partial<ServiceError>;
  return code === undefined ? (message ?? String(error)) : `${status[code]}: ${details ?? message ?? ""}`;
}

function isRefusal(error: unknown): boolean {
  const { code, details = "" } = error as Partial<ServiceError>;
  return code === status.UNAVAILABLE && details.includes("ECONNREFUSED");
}
