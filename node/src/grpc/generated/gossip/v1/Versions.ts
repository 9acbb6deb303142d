// Original file: proto/gossip/v1/gossip.proto


export interface Versions {
  'oldest'?: (number);
  'newest'?: (number);
}

export interface Versions__Output {
  'oldest': (number);
  'newest': (number);
}
