// Original file: proto/gossip/v1/gossip.proto

import type { Status as _gossip_v1_Status, Status__Output as _gossip_v1_Status__Output } from '../../gossip/v1/Status.js';
import type { Meta as _gossip_v1_Meta, Meta__Output as _gossip_v1_Meta__Output } from '../../gossip/v1/Meta.js';
import type { Accuser as _gossip_v1_Accuser, Accuser__Output as _gossip_v1_Accuser__Output } from '../../gossip/v1/Accuser.js';
import type { Long } from '@grpc/proto-loader';

export interface Record {
  'address'?: (string);
  'generation'?: (number | string | Long);
  'incarnation'?: (number | string | Long);
  'status'?: (_gossip_v1_Status);
  'meta'?: (_gossip_v1_Meta | null);
  'goneForMs'?: (number | string | Long);
  'accusers'?: (_gossip_v1_Accuser)[];
}

export interface Record__Output {
  'address': (string);
  'generation': (number);
  'incarnation': (number);
  'status': (_gossip_v1_Status__Output);
  'meta': (_gossip_v1_Meta__Output | null);
  'goneForMs': (number);
  'accusers': (_gossip_v1_Accuser__Output)[];
}
