// Original file: proto/gossip/v1/membership.proto

import type { GetStateResponse as _gossip_v1_GetStateResponse, GetStateResponse__Output as _gossip_v1_GetStateResponse__Output } from '../../gossip/v1/GetStateResponse.js';
import type { GetTrafficResponse as _gossip_v1_GetTrafficResponse, GetTrafficResponse__Output as _gossip_v1_GetTrafficResponse__Output } from '../../gossip/v1/GetTrafficResponse.js';
import type { Long } from '@grpc/proto-loader';

export interface Report {
  'viewHash'?: (number | string | Long);
  'state'?: (_gossip_v1_GetStateResponse | null);
  'traffic'?: (_gossip_v1_GetTrafficResponse | null);
}

export interface Report__Output {
  'viewHash': (number);
  'state': (_gossip_v1_GetStateResponse__Output | null);
  'traffic': (_gossip_v1_GetTrafficResponse__Output | null);
}
