import { credentials, status, type ClientUnaryCall, type ServiceError } from "@grpc/grpc-js";
import type { Address } from "../core/address.js";
import type { ExchangeReply, ExchangeRequest } from "../core/messages.js";
import type { Millis } from "../core/timing.js";
import { CHANNEL_OPTIONS, targetOf } from "./channel.js";
import { decodeReply, encodeRequest } from "./codec.js";
import { Connecting } from "./connecting.js";
import type { ExchangeResponse__Output } from "./generated/gossip/v1/ExchangeResponse.js";
import type { GossipServiceClient } from "./generated/gossip/v1/GossipService.js";
import { schema } from "./schema.js";

interface Channel {
  readonly client: GossipServiceClient;
  readonly connecting: Connecting;
  /** How many calls are under way on it. */
  calls: number;
}

/** The calling side of the exchange: one channel a peer, the least recently used closed when there are too many. */
export class ExchangeClient {
  readonly #channels = new Map<Address, Channel>();
  readonly #calls = new Set<ClientUnaryCall>();
  readonly #maxConnections: number;
  #closed = false;

  constructor(maxConnections: number) {
    this.#maxConnections = maxConnections;
  }

  /**
   * One exchange. Rejects with an error whose message says why there is no reply: not reached, no answer within
   * `timeoutMs`, refused, or an answer that is malformed. The channel is then dropped, since a fresh one recovers
   * sooner.
   */
  async exchange(to: Address, request: ExchangeRequest, timeoutMs: Millis): Promise<ExchangeReply> {
    if (this.#closed) throw new Error("closed");
    const channel = this.#channelTo(to);
    channel.calls++;
    try {
      return decodeReply(await this.#call(channel, request, timeoutMs));
    } catch (error) {
      if (this.#channels.get(to) === channel) this.#channels.delete(to);
      throw new Error(describe(error), { cause: error });
    } finally {
      channel.calls--;
      if (channel.calls === 0 && this.#channels.get(to) !== channel) shut(channel);
      this.#closeIdle();
    }
  }

  /** Cancels what is under way and closes every channel; no call is made afterwards. */
  close(): void {
    this.#closed = true;
    for (const call of this.#calls) call.cancel();
    for (const channel of this.#channels.values()) shut(channel);
    this.#channels.clear();
  }

  #call(
    { client, connecting }: Channel,
    request: ExchangeRequest,
    timeoutMs: Millis,
  ): Promise<ExchangeResponse__Output> {
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + timeoutMs;
      const call = connecting.during(() =>
        client.exchange(encodeRequest(request), { deadline }, (error, response) => {
          this.#calls.delete(call);
          if (error === null && response !== undefined) resolve(response);
          else reject(error ?? new Error("no response"));
        }),
      );
      this.#calls.add(call);
    });
  }

  #channelTo(to: Address): Channel {
    const channel = this.#channels.get(to) ?? openChannel(to);
    this.#channels.delete(to);
    this.#channels.set(to, channel);
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

function shut({ client, connecting }: Channel): void {
  client.close();
  connecting.abandon();
}

function openChannel(to: Address): Channel {
  return {
    client: new schema.GossipService(targetOf(to), credentials.createInsecure(), CHANNEL_OPTIONS),
    connecting: new Connecting(),
    calls: 0,
  };
}

/** The status name in front, since that is what tells refused, silent and malformed apart. */
function describe(error: unknown): string {
  const { code, details, message } = error as Partial<ServiceError>;
  return code === undefined ? (message ?? String(error)) : `${status[code]}: ${details ?? message ?? ""}`;
}
