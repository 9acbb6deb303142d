// Original file: proto/gossip/v1/gossip.proto


export interface Range {
  'from'?: (string);
  'to'?: (string);
}

export interface Range__Output {
  'from': (string);
  'to': (string);
}
