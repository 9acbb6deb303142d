export { Peer, spawnPeer } from "./peer.js";
export { findOwnAddress } from "./advertise.js";
export { MEMBER_EVENTS, type PeerEvents } from "./announcer.js";
export type { PeerState, StateOfPeer } from "./peer-state.js";
export type { Logger, PeerOptions } from "./options.js";
export { GossipError, type GossipErrorCode } from "./errors.js";
export type { AdminTlsOptions, LookTls, TlsFiles, TlsMode, TlsOptions } from "./tls/tls-options.js";
export { RemotePeer, type RemoteOptions, type ViewOfPeer } from "./grpc/remote.js";
export type {
  Followed,
  FollowedReport,
  FollowedSnapshot,
  PeerReport,
  Watched,
  WatchedEvent,
  WatchedSnapshot,
} from "./grpc/membership-codec.js";
export type { Address } from "./core/address.js";
export type { Condition } from "./core/condition.js";
export type { Member, MemberEvent, MemberEventKind } from "./core/messages.js";
export type { GivenMeta, PeerMeta } from "./core/meta.js";
export type { Status } from "./core/record.js";
export {
  budgets,
  isPreset,
  PLAIN_RULE,
  PRESETS,
  resolveTiming,
  type Budgets,
  type Millis,
  type Preset,
  type ProtocolTiming,
} from "./core/timing.js";
export type { Counts, ProtocolStats, RecordCounts, SuspicionCounts } from "./core/stats.js";
export type { CallResults, DurationListener, Stats } from "./stats.js";
export type { BothWays, CallCounts, Traffic } from "./traffic.js";
