// Original file: proto/gossip/v1/gossip.proto

import type { Record as _gossip_v1_Record, Record__Output as _gossip_v1_Record__Output } from '../../gossip/v1/Record.js';

export interface ExchangeResponse {
  'sender'?: (string);
  'records'?: (_gossip_v1_Record)[];
}

export interface ExchangeResponse__Output {
  'sender': (string);
  'records': (_gossip_v1_Record__Output)[];
}
