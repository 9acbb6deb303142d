import type { ExchangeReply, ExchangeRequest, ProbeRequest } from "../core/messages.js";
import { encodeProbe, encodeReply, encodeRequest } from "../grpc/gossip-codec.js";
import { schema } from "../grpc/schema.js";
import { shortenExchanges, shortenProbes, shortenReply } from "../grpc/unsaid.js";
import type { SimulatedPeer } from "./simulated-peer.js";
import type { Watcher } from "./watcher.js";

const { requestSerialize, responseSerialize } = schema.GossipService.service.Exchange;
const { requestSerialize: probeSerialize, responseSerialize: probeAnswerSerialize } =
  schema.GossipService.service.Probe;

/** The bytes of a TCP segment over IPv4 with timestamps, on Ethernet. */
const SEGMENT = { header: 52, payload: 1448 };

/** Counts the messages of a simulation and, by really encoding a sample of them, estimates their bytes. */
export class TrafficSampler implements Watcher {
  readonly #every: number;
  #requests = 0;
  #probes = 0;
  #messages = 0;
  #records = 0;
  #encoded = 0;
  #encodedBytes = 0;
  #encodedSegments = 0;

  /** Encodes one message in `every`; all of them when that is 1. */
  constructor(every: number) {
    this.#every = every;
  }

  /** The number of requests to exchange views. */
  get exchanges(): number {
    return this.#requests;
  }

  /** The number of requests and answers of all kinds. */
  get messages(): number {
    return this.#messages;
  }

  /** The number of records in all messages, without the own records of their senders. */
  get records(): number {
    return this.#records;
  }

  /** The bytes of all messages, estimated from those that were encoded. */
  get bytes(): number {
    return this.#ofAll(this.#encodedBytes);
  }

  /** The bytes of all messages with the headers of the TCP segments that carry them, without what HTTP/2 adds. */
  get wireBytes(): number {
    return this.#ofAll(this.#encodedBytes + this.#encodedSegments * SEGMENT.header);
  }

  #ofAll(sample: number): number {
    return this.#encoded === 0 ? 0 : Math.round((sample / this.#encoded) * this.#messages);
  }

  /** Counts a probe together with its answer. */
  probed(_from: SimulatedPeer, request: ProbeRequest): void {
    this.#messages += 2;
    if (this.#probes++ % this.#every !== 0) return;
    this.#add(probeSerialize(onOpenStream(shortenProbes(), encodeProbe(request))).length);
    this.#add(probeAnswerSerialize({ reached: true }).length);
  }

  #add(bytes: number): void {
    this.#encoded++;
    this.#encodedBytes += bytes;
    this.#encodedSegments += Math.ceil(Math.max(1, bytes) / SEGMENT.payload);
  }

  /** Counts a request or a reply of an exchange. */
  sent(from: SimulatedPeer, message: ExchangeRequest | ExchangeReply): void {
    const isRequest = "recipient" in message;
    this.#records += message.records.length - (message.records[0]?.address === from.address ? 1 : 0);
    if (isRequest) this.#requests++;
    if (this.#messages++ % this.#every !== 0) return;
    const bytes = isRequest
      ? requestSerialize(onOpenStream(shortenExchanges(), encodeRequest(message)))
      : responseSerialize(shortenReply(encodeReply(message), requestOf(message)));
    this.#add(bytes.length);
  }
}

/** What is left of a message when the one before it on its stream had the same names, as nearly all have. */
function onOpenStream<T>(shorten: (message: T) => T, message: T): T {
  shorten(message);
  return shorten(message);
}

/** The part of the request that a reply does not repeat: it came from whoever answers, and to equal views. */
function requestOf({ sender, records, viewHash, bucketHashes }: ExchangeReply): {
  recipient: string;
  viewHash: number;
} {
  const isEqual = records.length === 0 && bucketHashes.length === 0;
  return { recipient: sender, viewHash: isEqual ? viewHash : 0 };
}
