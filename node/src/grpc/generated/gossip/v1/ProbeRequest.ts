// Original file: proto/gossip/v1/gossip.proto


export interface ProbeRequest {
  'cluster'?: (string);
  'recipient'?: (string);
  'sender'?: (string);
  'target'?: (string);
}

export interface ProbeRequest__Output {
  'cluster': (string);
  'recipient': (string);
  'sender': (string);
  'target': (string);
}
