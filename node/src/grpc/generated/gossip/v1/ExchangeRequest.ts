// Original file: proto/gossip/v1/gossip.proto

import type { Record as _gossip_v1_Record, Record__Output as _gossip_v1_Record__Output } from '../../gossip/v1/Record.js';
import type { Range as _gossip_v1_Range, Range__Output as _gossip_v1_Range__Output } from '../../gossip/v1/Range.js';
import type { Versions as _gossip_v1_Versions, Versions__Output as _gossip_v1_Versions__Output } from '../../gossip/v1/Versions.js';
import type { Long } from '@grpc/proto-loader';

export interface ExchangeRequest {
  'cluster'?: (string);
  'recipient'?: (string);
  'sender'?: (string);
  'records'?: (_gossip_v1_Record)[];
  'viewHash'?: (number | string | Long);
  'buckets'?: (number)[];
  'range'?: (_gossip_v1_Range | null);
  'versions'?: (_gossip_v1_Versions | null);
}

export interface ExchangeRequest__Output {
  'cluster': (string);
  'recipient': (string);
  'sender': (string);
  'records': (_gossip_v1_Record__Output)[];
  'viewHash': (number);
  'buckets': (number)[];
  'range': (_gossip_v1_Range__Output | null);
  'versions': (_gossip_v1_Versions__Output | null);
}
