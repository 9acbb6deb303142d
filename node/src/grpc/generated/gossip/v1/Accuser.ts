// Original file: proto/gossip/v1/gossip.proto


export interface Accuser {
  'address'?: (string);
  'broken'?: (boolean);
}

export interface Accuser__Output {
  'address': (string);
  'broken': (boolean);
}
