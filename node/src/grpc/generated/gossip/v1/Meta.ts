// Original file: proto/gossip/v1/gossip.proto


export interface Meta {
  'name'?: (string);
  'tags'?: ({[key: string]: string});
}

export interface Meta__Output {
  'name': (string);
  'tags': ({[key: string]: string});
}
