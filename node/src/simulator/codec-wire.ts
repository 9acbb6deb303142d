import { decodeProbe, decodeReply, decodeRequest, encodeProbe, encodeReply, encodeRequest } from "../grpc/codec.js";
import { schema } from "../grpc/schema.js";
import type { Wire } from "./simulation.js";

const { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize } =
  schema.GossipService.service.Exchange;
const probes = schema.GossipService.service.Probe;

/** Every message through the real codec and protobuf, there and back; counts the bytes. */
export function codecWire(count: (bytes: number) => void = () => undefined): Wire {
  const counted = (bytes: Buffer): Buffer => {
    count(bytes.length);
    return bytes;
  };
  return {
    request: (request) => decodeRequest(requestDeserialize(counted(requestSerialize(encodeRequest(request))))),
    probe: (request) => decodeProbe(probes.requestDeserialize(counted(probes.requestSerialize(encodeProbe(request))))),
    reply: (reply) => decodeReply(responseDeserialize(counted(responseSerialize(encodeReply(reply))))),
  };
}
