// Original file: proto/gossip/v1/admin.proto


export interface AddSeedRequest {
  'address'?: (string);
}

export interface AddSeedRequest__Output {
  'address': (string);
}
