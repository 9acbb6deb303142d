// Original file: proto/gossip/v1/membership.proto

import type { Status as _gossip_v1_Status, Status__Output as _gossip_v1_Status__Output } from '../../gossip/v1/Status.js';
import type { Meta as _gossip_v1_Meta, Meta__Output as _gossip_v1_Meta__Output } from '../../gossip/v1/Meta.js';
import type { Long } from '@grpc/proto-loader';

export interface Member {
  'address'?: (string);
  'status'?: (_gossip_v1_Status);
  'generation'?: (number | string | Long);
  'incarnation'?: (number | string | Long);
  'meta'?: (_gossip_v1_Meta | null);
}

export interface Member__Output {
  'address': (string);
  'status': (_gossip_v1_Status__Output);
  'generation': (number);
  'incarnation': (number);
  'meta': (_gossip_v1_Meta__Output | null);
}
