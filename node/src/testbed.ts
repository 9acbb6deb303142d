// What the testbed of this repository takes from the package beyond its public API, as `gossip-peer/testbed`. Nobody
// else is to depend on it: it may change with any version.
export { splitAddress } from "./core/address.js";
export { readEnvironment, readOwnFiles, variableName, VARIABLES } from "./environment.js";
export { GossipClient } from "./grpc/client.js";
export { decodeProbe, decodeReply, decodeRequest } from "./grpc/gossip-codec.js";
export { Malformed } from "./grpc/malformed.js";
export { schema } from "./grpc/schema.js";
export { NUMBER_OPTIONS } from "./options.js";
export { columnsOf, padEnd, printable } from "./table.js";
export { ROUND_TRIP_BOUNDS_MS, roundTripWithin, trafficBetween } from "./traffic.js";
