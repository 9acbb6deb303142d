// Original file: proto/gossip/v1/admin.proto

import type { Meta as _gossip_v1_Meta, Meta__Output as _gossip_v1_Meta__Output } from '../../gossip/v1/Meta.js';

export interface UpdateMetaRequest {
  'meta'?: (_gossip_v1_Meta | null);
}

export interface UpdateMetaRequest__Output {
  'meta': (_gossip_v1_Meta__Output | null);
}
