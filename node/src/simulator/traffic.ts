import type { ExchangeReply, ExchangeRequest } from "../core/messages.js";
import { encodeReply, encodeRequest } from "../grpc/codec.js";
import { schema } from "../grpc/schema.js";
import type { SimulatedPeer, Watcher } from "./simulation.js";

const { requestSerialize, responseSerialize } = schema.GossipService.service.Exchange;

/** Counts messages and, by really encoding every so many of them, bytes. */
export class Traffic implements Watcher {
  readonly #every: number;
  #requests = 0;
  #messages = 0;
  #encoded = 0;
  #encodedBytes = 0;

  /** Encodes one message of every `every`: all of them when it is 1. */
  constructor(every: number) {
    this.#every = every;
  }

  get exchanges(): number {
    return this.#requests;
  }

  get messages(): number {
    return this.#messages;
  }

  /** Of all messages, as far as those that were encoded stand for the others. */
  get bytes(): number {
    return this.#encoded === 0 ? 0 : Math.round((this.#encodedBytes / this.#encoded) * this.#messages);
  }

  sent(_from: SimulatedPeer, message: ExchangeRequest | ExchangeReply): void {
    const isRequest = "recipient" in message;
    if (isRequest) this.#requests++;
    if (this.#messages++ % this.#every !== 0) return;
    this.#encoded++;
    this.#encodedBytes += isRequest
      ? requestSerialize(encodeRequest(message)).length
      : responseSerialize(encodeReply(message)).length;
  }
}
