// Original file: proto/gossip/v1/membership.proto

import type { Snapshot as _gossip_v1_Snapshot, Snapshot__Output as _gossip_v1_Snapshot__Output } from '../../gossip/v1/Snapshot.js';
import type { MemberEvent as _gossip_v1_MemberEvent, MemberEvent__Output as _gossip_v1_MemberEvent__Output } from '../../gossip/v1/MemberEvent.js';
import type { Report as _gossip_v1_Report, Report__Output as _gossip_v1_Report__Output } from '../../gossip/v1/Report.js';

export interface WatchMembersResponse {
  'snapshot'?: (_gossip_v1_Snapshot | null);
  'event'?: (_gossip_v1_MemberEvent | null);
  'report'?: (_gossip_v1_Report | null);
  'content'?: "snapshot"|"event"|"report";
}

export interface WatchMembersResponse__Output {
  'snapshot'?: (_gossip_v1_Snapshot__Output | null);
  'event'?: (_gossip_v1_MemberEvent__Output | null);
  'report'?: (_gossip_v1_Report__Output | null);
  'content'?: "snapshot"|"event"|"report";
}
