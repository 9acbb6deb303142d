import {
  decodeProbe,
  decodeReply,
  decodeRequest,
  encodeProbe,
  encodeReply,
  encodeRequest,
} from "../grpc/gossip-codec.js";
import { schema } from "../grpc/schema.js";
import type { MessageCodec } from "./message-codec.js";

const { Exchange, Probe } = schema.GossipService.service;

/**
 * Sends every message through the codec and protobuf of the real peer, there and back. `count` gets the bytes of each.
 * The answer to a probe is a boolean and passes no codec.
 */
export function protobufCodec(count: (bytes: number) => void = () => undefined): MessageCodec {
  const counted = (bytes: Buffer): Buffer => {
    count(bytes.length);
    return bytes;
  };
  return {
    request: (request) =>
      decodeRequest(Exchange.requestDeserialize(counted(Exchange.requestSerialize(encodeRequest(request))))),
    probe: (request) => decodeProbe(Probe.requestDeserialize(counted(Probe.requestSerialize(encodeProbe(request))))),
    reply: (reply) =>
      decodeReply(Exchange.responseDeserialize(counted(Exchange.responseSerialize(encodeReply(reply))))),
  };
}
