// Original file: proto/gossip/v1/membership.proto

import type { Member as _gossip_v1_Member, Member__Output as _gossip_v1_Member__Output } from '../../gossip/v1/Member.js';

export interface Snapshot {
  'address'?: (string);
  'members'?: (_gossip_v1_Member)[];
  'more'?: (boolean);
  'reportsEveryMs'?: (number);
}

export interface Snapshot__Output {
  'address': (string);
  'members': (_gossip_v1_Member__Output)[];
  'more': (boolean);
  'reportsEveryMs': (number);
}
