export { Peer, spawnPeer } from "./peer.js";
export { variableName } from "./environment.js";
export type { Logger, PeerOptions } from "./options.js";
export { GossipError, type GossipErrorCode } from "./errors.js";
export { RemotePeer, type Watched } from "./grpc/remote.js";
export type { Address } from "./core/address.js";
export type { Member, MemberEvent, MemberEventKind } from "./core/messages.js";
export type { PeerMeta } from "./core/meta.js";
export type { Status } from "./core/record.js";
export { budgets, PLAIN_RULE, resolveTiming, type Budgets, type ProtocolTiming } from "./core/timing.js";
export {
  ROUND_TRIP_BOUNDS_MS,
  roundTripWithin,
  trafficBetween,
  type BothWays,
  type Calls,
  type Traffic,
} from "./traffic.js";
export { printable } from "./table.js";
