// Original file: proto/gossip/v1/gossip.proto


export interface ProbeResponse {
  'reached'?: (boolean);
  'untried'?: (boolean);
}

export interface ProbeResponse__Output {
  'reached': (boolean);
  'untried': (boolean);
}
