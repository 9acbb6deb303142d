// Original file: proto/gossip/v1/gossip.proto

import type { Record as _gossip_v1_Record, Record__Output as _gossip_v1_Record__Output } from '../../gossip/v1/Record.js';
import type { Versions as _gossip_v1_Versions, Versions__Output as _gossip_v1_Versions__Output } from '../../gossip/v1/Versions.js';
import type { Long } from '@grpc/proto-loader';

export interface ExchangeResponse {
  'sender'?: (string);
  'records'?: (_gossip_v1_Record)[];
  'viewHash'?: (number | string | Long);
  'bucketHashes'?: (number)[];
  'versions'?: (_gossip_v1_Versions | null);
}

export interface ExchangeResponse__Output {
  'sender': (string);
  'records': (_gossip_v1_Record__Output)[];
  'viewHash': (number);
  'bucketHashes': (number)[];
  'versions': (_gossip_v1_Versions__Output | null);
}
