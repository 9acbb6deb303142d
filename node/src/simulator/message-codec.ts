import type { ExchangeReply, ExchangeRequest, ProbeRequest } from "../core/messages.js";

/** The way of a message through the encoding by its sender and the decoding by its receiver. */
export interface MessageCodec {
  /** What the receiver has of a request. */
  request(request: ExchangeRequest): ExchangeRequest;
  /** What the receiver has of a probe. */
  probe(request: ProbeRequest): ProbeRequest;
  /** What the caller has of the reply. */
  reply(reply: ExchangeReply): ExchangeReply;
}

/** A codec that leaves messages as they are: the receiver gets the very objects. */
export const AS_SENT: MessageCodec = {
  request: (request) => request,
  probe: (request) => request,
  reply: (reply) => reply,
};
