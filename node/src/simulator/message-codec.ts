import type { ExchangeReply, ExchangeRequest, ProbeRequest } from "../core/messages.js";

/** What becomes of a message that is encoded by its sender and decoded by its receiver. */
export interface MessageCodec {
  request(request: ExchangeRequest): ExchangeRequest;
  probe(request: ProbeRequest): ProbeRequest;
  reply(reply: ExchangeReply): ExchangeReply;
}

/** Messages arrive as they were sent, the very objects. */
export const AS_SENT: MessageCodec = {
  request: (request) => request,
  probe: (request) => request,
  reply: (reply) => reply,
};
