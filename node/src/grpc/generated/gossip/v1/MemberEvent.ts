// Original file: proto/gossip/v1/membership.proto

import type { Member as _gossip_v1_Member, Member__Output as _gossip_v1_Member__Output } from '../../gossip/v1/Member.js';

// Original file: proto/gossip/v1/membership.proto

export const _gossip_v1_MemberEvent_Kind = {
  KIND_UNSPECIFIED: 'KIND_UNSPECIFIED',
  KIND_JOINED: 'KIND_JOINED',
  KIND_UPDATED: 'KIND_UPDATED',
  KIND_SUSPECTED: 'KIND_SUSPECTED',
  KIND_RECOVERED: 'KIND_RECOVERED',
  KIND_FAILED: 'KIND_FAILED',
  KIND_LEFT: 'KIND_LEFT',
} as const;

export type _gossip_v1_MemberEvent_Kind =
  | 'KIND_UNSPECIFIED'
  | 0
  | 'KIND_JOINED'
  | 1
  | 'KIND_UPDATED'
  | 2
  | 'KIND_SUSPECTED'
  | 3
  | 'KIND_RECOVERED'
  | 4
  | 'KIND_FAILED'
  | 5
  | 'KIND_LEFT'
  | 6

export type _gossip_v1_MemberEvent_Kind__Output = typeof _gossip_v1_MemberEvent_Kind[keyof typeof _gossip_v1_MemberEvent_Kind]

export interface MemberEvent {
  'kind'?: (_gossip_v1_MemberEvent_Kind);
  'member'?: (_gossip_v1_Member | null);
}

export interface MemberEvent__Output {
  'kind': (_gossip_v1_MemberEvent_Kind__Output);
  'member': (_gossip_v1_Member__Output | null);
}
