import { credentials, status, type ClientUnaryCall, type ServiceError } from "@grpc/grpc-js";
import type { Address } from "../core/address.js";
import type { ExchangeReply, ExchangeRequest } from "../core/messages.js";
import type { Millis } from "../core/timing.js";
import { CHANNEL_OPTIONS } from "./channel.js";
import { decodeReply, encodeRequest } from "./codec.js";
import type { ExchangeResponse__Output } from "./generated/gossip/v1/ExchangeResponse.js";
import type { GossipServiceClient } from "./generated/gossip/v1/GossipService.js";
import { schema } from "./schema.js";

/** The calling side of the exchange: one channel a peer, the least recently used closed when there are too many. */
export class ExchangeClient {
  readonly #channels = new Map<Address, GossipServiceClient>();
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
    try {
      return decodeReply(await this.#call(this.#channelTo(to), request, timeoutMs));
    } catch (error) {
      this.#drop(to);
      throw new Error(describe(error), { cause: error });
    }
  }

  /** Cancels what is under way and closes every channel; no call is made afterwards. */
  close(): void {
    this.#closed = true;
    for (const call of this.#calls) call.cancel();
    for (const to of [...this.#channels.keys()]) this.#drop(to);
  }

  #call(channel: GossipServiceClient, request: ExchangeRequest, timeoutMs: Millis): Promise<ExchangeResponse__Output> {
    return new Promise((resolve, reject) => {
      const call = channel.exchange(encodeRequest(request), { deadline: Date.now() + timeoutMs }, (error, response) => {
        this.#calls.delete(call);
        if (error === null && response !== undefined) resolve(response);
        else reject(error ?? new Error("no response"));
      });
      this.#calls.add(call);
    });
  }

  #channelTo(to: Address): GossipServiceClient {
    const known = this.#channels.get(to);
    const channel = known ?? new schema.GossipService(to, credentials.createInsecure(), CHANNEL_OPTIONS);
    this.#channels.delete(to);
    this.#channels.set(to, channel);
    const oldest = this.#channels.keys().next();
    if (this.#channels.size > this.#maxConnections && oldest.done === false) this.#drop(oldest.value);
    return channel;
  }

  #drop(to: Address): void {
    this.#channels.get(to)?.close();
    this.#channels.delete(to);
  }
}

/** The status name in front, since that is what tells refused, silent and malformed apart. */
function describe(error: unknown): string {
  const { code, details, message } = error as Partial<ServiceError>;
  return code === undefined ? (message ?? String(error)) : `${status[code]}: ${details ?? message ?? ""}`;
}
