// Original file: proto/gossip/v1/admin.proto


export interface RemoveSeedRequest {
  'address'?: (string);
}

export interface RemoveSeedRequest__Output {
  'address': (string);
}
